"""Replay the last commits: what each would rebuild, now and after the plan."""

import json
from typing import Any

import click

from layerwise.cli.optimize import options_of
from layerwise.cli.options import build_options, format_option, wanted
from layerwise.plan import plan
from layerwise.project import open_project
from layerwise.report.document import replay_document
from layerwise.report.markdown import replay_markdown
from layerwise.report.text import render, replay_text


@click.command("replay", help=__doc__)
@build_options
@format_option("text", "json", "md")
def command(style: str, **options: Any) -> None:
    """Run ``layerwise replay``."""
    project = open_project(wanted(**options))
    made = plan(project.analysis, options_of(project.config))
    if style == "json":
        click.echo(json.dumps(replay_document(made), indent=2))
    elif style == "md":
        click.echo(replay_markdown(project, made))
    else:
        render(replay_text(project, made))
