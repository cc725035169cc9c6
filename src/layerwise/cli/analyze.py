"""Show what each step costs, how often it runs again, and what is wasted."""

import json
import pathlib
from typing import Any

import click

from layerwise.cli.baseline import accepted, baseline_option
from layerwise.cli.formats import format_option
from layerwise.cli.measured import known_proofs, measured_project
from layerwise.cli.options import build_options, wanted
from layerwise.cli.planning import options_of, rules_off
from layerwise.cli.settings import store_option
from layerwise.plan import plan
from layerwise.project import Project
from layerwise.report.baseline import render_baseline
from layerwise.report.document import analyze_document
from layerwise.report.fingerprint import fingerprints, places_chosen, places_found
from layerwise.report.markdown import analyze_markdown
from layerwise.report.sarif import analyze_sarif
from layerwise.report.terminal import render
from layerwise.report.text import analyze_text
from layerwise.rewrite import create
from layerwise.rules import Finding, diagnose


@click.command("analyze", help=__doc__)
@build_options
@store_option
@format_option("text", "json", "md", "sarif")
@baseline_option
@click.option("--write-baseline", metavar="FILE", help="Accept all that stands: write it to FILE and show nothing.")
@click.option("--check", is_flag=True, help="Exit with 1 where a rule finds what the baseline does not accept.")
def command(
    style: str, store: str | None, baseline: str | None, write_baseline: str | None, check: bool, **options: Any
) -> int:
    """Run ``layerwise analyze``."""
    project = measured_project(wanted(**options), store)
    found = diagnose(project.analysis, rules_off(project.config))
    if write_baseline:
        return _write(write_baseline, project, found, store)
    known = accepted(baseline, project.config)
    prints = fingerprints(places_found(project.analysis, found))
    new = tuple(one for one, print_ in zip(found, prints, strict=True) if print_ not in known)
    if len(new) < len(found):
        click.echo(f"layerwise: the baseline accepts {len(found) - len(new)} of {len(found)} findings", err=True)
    _show(style, project, new)
    return int(check and bool(new))


def _show(style: str, project: Project, found: tuple[Finding, ...]) -> None:
    if style == "json":
        click.echo(json.dumps(analyze_document(project.analysis, found), indent=2))
    elif style == "sarif":
        path = project.relative(project.dockerfile_path)
        click.echo(json.dumps(analyze_sarif(project.analysis, found, path), indent=2))
    elif style == "md":
        click.echo(analyze_markdown(project, found))
    else:
        render(analyze_text(project, found))


def _write(file: str, project: Project, found: tuple[Finding, ...], store: str | None) -> int:
    """Write what the rules find and what a plan would change, so that ``optimize --check`` accepts it too."""
    made = plan(project.analysis, options_of(project.config, proofs=known_proofs(project, store)))
    chosen = (*made.kept, *made.offered)
    places = (*places_found(project.analysis, found), *places_chosen(made, chosen))
    create(pathlib.Path(file), render_baseline(places))
    click.echo(f"layerwise: wrote {file}: {len(found)} findings and {len(chosen)} rewrites are accepted", err=True)
    return 0
