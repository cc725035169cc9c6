"""Show what each step costs, how often it runs again, and what is wasted."""

import json
from typing import Any

import click

from layerwise.cli.formats import format_option
from layerwise.cli.measured import measured_project
from layerwise.cli.options import build_options, wanted
from layerwise.cli.settings import store_option
from layerwise.report.document import analyze_document
from layerwise.report.markdown import analyze_markdown
from layerwise.report.terminal import render
from layerwise.report.text import analyze_text


@click.command("analyze", help=__doc__)
@build_options
@store_option
@format_option("text", "json", "md")
def command(style: str, store: str | None, **options: Any) -> None:
    """Run ``layerwise analyze``."""
    project = measured_project(wanted(**options), store)
    if style == "json":
        click.echo(json.dumps(analyze_document(project.analysis), indent=2))
    elif style == "md":
        click.echo(analyze_markdown(project))
    else:
        render(analyze_text(project))
