"""Write a layerwise.toml from what the repository shows."""

import pathlib
from typing import Any

import click

from layerwise.cli.options import build_options, wanted
from layerwise.config import NAME, Config, render
from layerwise.errors import UsageError
from layerwise.project import open_project
from layerwise.rewrite import create


@click.command("init", help=__doc__)
@build_options
@click.option("--force", is_flag=True, help="Replace a layerwise.toml that is there.")
@click.option("--stdout", "show", is_flag=True, help="Print it and write nothing.")
def command(force: bool, show: bool, **options: Any) -> None:
    """Run ``layerwise init``."""
    project = open_project(wanted(**options))
    request = project.analysis.facts.request
    found = str(project.chosen.source) if project.chosen else ""
    config = Config(
        dockerfile=project.relative(project.dockerfile_path),
        context=project.relative(project.context_path),
        target=request.target,
        platforms=request.platforms,
        build_args=project.config.build_args,
        commits=project.config.commits,
        threshold_s=project.config.threshold_s,
        cold_weight=project.config.cold_weight,
        passes_off=project.config.passes_off,
    )
    settled = [name for name in ("target", "platforms") if getattr(config, name)]
    text = render(config, dict.fromkeys(settled, found) if found else None)
    if show:
        click.echo(text, nl=False)
        return
    target = pathlib.Path(project.root / NAME)
    if target.exists() and not force:
        raise UsageError(f"{target} is there already; --force replaces it, --stdout only prints")
    create(target, text)
    click.echo(f"layerwise: wrote {target}", err=True)
