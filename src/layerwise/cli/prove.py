"""Build and measure the plan, and drop what changes the image or makes a build slower.

The file is built as it stands and as `layerwise optimize` would rewrite it, on each platform. An edit with which the
image is another one, nothing is built, or a scenario is slower than the plan says, is found by bisecting the plan and
dropped; what is left was built and measured together. `optimize` remembers it. What follows `--` goes to
`docker buildx build`.
"""

import json
import pathlib
from collections.abc import Sequence
from typing import Any

import click

from layerwise.cli.benching import buildx_line, say, with_line
from layerwise.cli.formats import format_option
from layerwise.cli.measured import known_proofs, measured_project
from layerwise.cli.options import Building, build_options, buildx_options, wanted
from layerwise.cli.planning import options_of
from layerwise.cli.proof_options import demanded, proof_options
from layerwise.cli.settings import store_option
from layerwise.cli.settling import settle
from layerwise.cli.writing import write_plan
from layerwise.prove.bench.proved import Proved
from layerwise.report.proof_document import proof_document
from layerwise.report.proof_markdown import proof_markdown
from layerwise.report.proof_page import proof_page
from layerwise.report.proof_steps import Recorded
from layerwise.report.proof_text import proof_text
from layerwise.report.terminal import render
from layerwise.rewrite import require_saved


@click.command("prove", cls=Building, help=__doc__)
@build_options
@store_option
@format_option("text", "json", "md")
@click.option("--html", metavar="FILE", help="Write the page of the proof, one file with all it needs.")
@proof_options
@click.option("--only", multiple=True, metavar="PASS", help="Run only this pass; repeatable.")
@click.option("--diff", is_flag=True, help="Show the diff.")
@click.option("-v", "--verbose", is_flag=True, help="Show all that differs.")
@click.option("--write", is_flag=True, help="Write the Dockerfile with the edits that stay.")
@click.option("--force", is_flag=True, help="Write although the file has changes that git does not have.")
def command(**options: Any) -> None:
    """Run ``layerwise prove``."""
    style, html, store, diff, verbose, write, force = (
        options.pop(name) for name in ("style", "html", "store", "diff", "verbose", "write", "force")
    )
    only, demand = options.pop("only"), demanded(options)
    line = buildx_line(buildx_options())
    what = with_line(wanted(**options), line)
    project = measured_project(what, store)
    if write:
        require_saved(pathlib.Path(project.dockerfile_path), force=force)
    how = options_of(project.config, only, (), known_proofs(project, store))
    shown = settle(project, what, how, demand, store, line)
    proved = shown.settled.proved
    _show(style, proved, shown.recorded, verbose=verbose, diff=diff)
    if html:
        pathlib.Path(html).write_text(proof_page(proved, shown.recorded), "utf-8")
        say(f"wrote {html}")
    if write:
        write_plan(shown.settled.plan, force=force)


def _show(style: str, proved: Proved, recorded: Sequence[Recorded], *, verbose: bool, diff: bool) -> None:
    if style == "json":
        click.echo(json.dumps(proof_document(proved, recorded), indent=2))
    elif style == "md":
        click.echo(proof_markdown(proved, recorded))
    else:
        render(proof_text(proved, recorded, verbose=verbose, diff=diff))
