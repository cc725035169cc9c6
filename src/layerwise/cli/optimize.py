"""Propose a better Dockerfile, with what each edit saves and why it is safe."""

import json
import pathlib
from typing import Any

import click

from layerwise import catalogue
from layerwise.cli.formats import format_option
from layerwise.cli.measured import measured_project
from layerwise.cli.options import build_options, wanted
from layerwise.cli.settings import store_option
from layerwise.config import Config
from layerwise.errors import UsageError
from layerwise.passes import PASSES
from layerwise.passes.base import Safety
from layerwise.plan import Options, plan
from layerwise.report.document import optimize_document
from layerwise.report.markdown import optimize_markdown
from layerwise.report.terminal import render
from layerwise.report.text import Shown, optimize_text
from layerwise.rewrite import write as write_file


@click.command("optimize", help=__doc__)
@build_options
@store_option
@format_option("text", "json", "md")
@click.option("--write", is_flag=True, help="Write the Dockerfile.")
@click.option("--force", is_flag=True, help="Write although the file has changes that git does not have.")
@click.option("--diff", is_flag=True, help="Show the diff.")
@click.option("--check", is_flag=True, help="Exit with 1 where the plan would change something.")
@click.option("--only", multiple=True, metavar="PASS", help="Run only this pass; repeatable.")
@click.option(
    "--allow", multiple=True, metavar="CLASS[:PASS]", help="Apply this class too: frozen, behaviour:PASS; repeatable."
)
@click.option("-v", "--verbose", is_flag=True, help="Show all evidence, and what was refused and why.")
def command(
    style: str,
    store: str | None,
    write: bool,
    force: bool,
    diff: bool,
    check: bool,
    only: tuple[str, ...],
    allow: tuple[str, ...],
    verbose: bool,
    **options: Any,
) -> int:
    """Run ``layerwise optimize``."""
    project = measured_project(wanted(**options), store)
    made = plan(project.analysis, options_of(project.config, only, allow))
    if style == "json":
        click.echo(json.dumps(optimize_document(made), indent=2))
    elif style == "md":
        click.echo(optimize_markdown(project, made))
    else:
        render(optimize_text(project, made, Shown(verbose=verbose, diff=diff, written=write)))
    if write and made.changed:
        write_file(pathlib.Path(project.dockerfile_path), made.after.dockerfile.text, force=force)
        click.echo(f"layerwise: wrote {project.dockerfile_path}", err=True)
    return int(check and made.changed)


def options_of(config: Config, only: tuple[str, ...] = (), allow: tuple[str, ...] = ()) -> Options:
    """Return how to plan: layerwise.toml, with the command line on top.

    Raises:
        UsageError: A pass or class that does not exist.
    """
    known = catalogue.by_name(*PASSES)
    classes = (Safety.FROZEN.value, Safety.BEHAVIOUR.value)
    for name in (*only, *(text.partition(":")[2] for text in allow if ":" in text)):
        if name not in known:
            raise UsageError(f"no pass is called {name!r}; there are {', '.join(known)}")
    for name in config.passes_off:
        if name not in known:
            raise UsageError(f"{config.source}: passes.off: no pass is called {name!r}; there are {', '.join(known)}")
    for text in allow:
        if text.partition(":")[0] not in classes:
            raise UsageError(f"--allow {text!r}: the classes to allow are {' and '.join(classes)}")
        if text == Safety.BEHAVIOUR.value:
            raise UsageError("--allow behaviour: name the pass (behaviour:PASS), each such change by itself")
    return Options(
        threshold_s=config.threshold_s,
        cold_weight=config.cold_weight,
        gigabyte_weight_s=config.gigabyte_weight_s,
        only=frozenset(only),
        off=frozenset(config.passes_off),
        allow=frozenset(allow),
    )
