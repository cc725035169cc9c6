"""Look at a builder's build cache."""

import json

import click

from layerwise.builder import buildx
from layerwise.builder.usage import read_usage
from layerwise.cli.formats import format_option
from layerwise.cli.settings import settings, store_option
from layerwise.records import BuildRecord
from layerwise.report.disk import disk_document, disk_text
from layerwise.report.terminal import render
from layerwise.summary.disk import disk

_LOOKED_AT = 200  # builds, for what the records of the cache took to make


@click.group("cache", help=__doc__)
def command() -> None:
    """Run ``layerwise cache``."""


@command.command("du")
@click.option("--builder", help="The builder to ask. [default: buildx's current one]")
@format_option("text", "json")
@store_option
def du(builder: str | None, style: str, store: str | None) -> None:
    """Show what each record of the build cache holds, and what it would cost to make again."""
    found = settings(store)
    redact = found.redactor()
    items = read_usage(buildx.usage(found.environment, builder))
    builds: tuple[BuildRecord, ...] = ()
    if opened := found.existing():
        with opened:
            builds = opened.records(None, limit=_LOOKED_AT)
    usage = disk(items, builds, redact.text)
    if style == "json":
        click.echo(json.dumps(disk_document(usage), indent=2))
    else:
        render(disk_text(usage))
