"""List the recorded builds, the newest first."""

import json

import click

from layerwise.cli.formats import format_option
from layerwise.cli.settings import settings, store_option
from layerwise.report.builds import builds_document, builds_markdown, builds_text
from layerwise.report.terminal import render
from layerwise.store import BuildRow


@click.command("builds", help=__doc__)
@click.option("-n", "--limit", type=click.IntRange(min=1), default=30, show_default=True, help="How many to list.")
@click.option("--all", "everything", is_flag=True, help="Of every project, not only this directory's.")
@click.option("--bench", "benches", is_flag=True, help="Those that benches made, too.")
@format_option("text", "json", "md")
@store_option
def command(limit: int, everything: bool, benches: bool, style: str, store: str | None) -> None:
    """Run ``layerwise builds``."""
    found = settings(store)
    rows: tuple[BuildRow, ...] = ()
    if opened := found.existing():
        with opened:
            rows = opened.builds(None if everything else found.project, limit=limit, benches=benches)
    if style == "json":
        click.echo(json.dumps(builds_document(rows), indent=2))
    elif style == "md":
        click.echo(builds_markdown(rows))
    else:
        render(builds_text(rows))
