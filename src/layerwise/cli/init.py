"""Write a layerwise.toml from what the repository shows."""

import os
import pathlib
from dataclasses import replace
from typing import Any

import click

from layerwise.cli.options import build_options, wanted
from layerwise.config import NAME, render
from layerwise.errors import UsageError
from layerwise.invocation.suggest import suggested
from layerwise.project import open_project
from layerwise.rewrite import create


@click.command("init", help=__doc__)
@build_options
@click.option("--force", is_flag=True, help="Replace a layerwise.toml that is there.")
@click.option("--stdout", "show", is_flag=True, help="Print it and write nothing.")
def command(force: bool, show: bool, **options: Any) -> None:
    """Run ``layerwise init``: what the command line says stands above what the team's builds say."""
    asked = wanted(**options)
    project = open_project(asked)
    suggestion = suggested(project.found.invocations, project.relative(project.dockerfile_path))
    config = replace(
        suggestion.config,
        context=project.relative(project.context_path),
        target=asked.target or suggestion.config.target,
        platforms=asked.platforms or suggestion.config.platforms,
        commits=asked.commits or suggestion.config.commits,
    )
    text = render(config, suggestion.seen)
    if show:
        click.echo(text, nl=False)
        return
    target = pathlib.Path(os.path.relpath(project.root / NAME))
    if target.exists() and not force:
        raise UsageError(f"{target} is there already; --force replaces it, --stdout only prints")
    create(target, text)
    click.echo(f"layerwise: wrote {target}", err=True)
