"""Replay the last commits: what each would rebuild, now and after the plan."""

import json
from typing import Any

import click

from layerwise.cli.formats import format_option
from layerwise.cli.measured import known_proofs, measured_project
from layerwise.cli.options import build_options, wanted
from layerwise.cli.planning import options_of
from layerwise.cli.settings import store_option
from layerwise.plan import plan
from layerwise.report.document import replay_document
from layerwise.report.markdown import replay_markdown
from layerwise.report.terminal import render
from layerwise.report.text import replay_text


@click.command("replay", help=__doc__)
@build_options
@store_option
@format_option("text", "json", "md")
def command(style: str, store: str | None, **options: Any) -> None:
    """Run ``layerwise replay``."""
    project = measured_project(wanted(**options), store)
    made = plan(project.analysis, options_of(project.config, proofs=known_proofs(project, store)))
    if style == "json":
        click.echo(json.dumps(replay_document(made), indent=2))
    elif style == "md":
        click.echo(replay_markdown(project, made))
    else:
        render(replay_text(project, made))
