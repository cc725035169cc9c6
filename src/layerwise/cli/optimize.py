"""Propose a better Dockerfile, with what each edit saves and why it is safe.

With --verify and --prove, what follows `--` goes to `docker buildx build`.
"""

import json
from dataclasses import dataclass
from typing import Any

import click

from layerwise.cli.baseline import accepted, baseline_option
from layerwise.cli.formats import format_option
from layerwise.cli.measured import known_proofs, measured_project
from layerwise.cli.options import Building, build_options, buildx_options, wanted
from layerwise.cli.planning import options_of
from layerwise.cli.proof_options import Demand
from layerwise.cli.settings import store_option
from layerwise.cli.writing import write_plan
from layerwise.plan import Options, Plan, plan
from layerwise.project import Project, Wanted
from layerwise.report.document import optimize_document
from layerwise.report.fingerprint import fingerprints, places_chosen
from layerwise.report.markdown import optimize_markdown
from layerwise.report.sarif import optimize_sarif
from layerwise.report.terminal import render
from layerwise.report.text import Shown, optimize_text


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks for besides what is built."""

    style: str
    store: str | None
    baseline: str | None
    write: bool
    force: bool
    diff: bool
    check: bool
    verify: bool
    prove: bool
    only: tuple[str, ...]
    allow: tuple[str, ...]
    verbose: bool


@click.command("optimize", cls=Building, help=__doc__)
@build_options
@store_option
@format_option("text", "json", "md", "sarif")
@click.option("--write", is_flag=True, help="Write the Dockerfile, and the ignore file where it changes.")
@click.option("--force", is_flag=True, help="Write although the file has changes that git does not have.")
@click.option("--diff", is_flag=True, help="Show the diff.")
@click.option("--check", is_flag=True, help="Exit with 1 where the plan would change what no baseline accepts.")
@baseline_option
@click.option("--verify", is_flag=True, help="Build what needs a proof, and apply what leaves the image as it is.")
@click.option("--prove", is_flag=True, help="Build and measure the plan, and drop what fails, as `prove` does.")
@click.option("--only", multiple=True, metavar="PASS", help="Run only this pass; repeatable.")
@click.option(
    "--allow", multiple=True, metavar="CLASS[:PASS]", help="Apply this class too: frozen, behaviour:PASS; repeatable."
)
@click.option("-v", "--verbose", is_flag=True, help="Show all evidence, and what was refused and why.")
def command(**options: Any) -> int:
    """Run ``layerwise optimize``."""
    asked = Asked(**{name: options.pop(name) for name in Asked.__slots__})
    what = _wanted(asked, options)
    project = measured_project(what, asked.store)
    how = options_of(project.config, asked.only, asked.allow, known_proofs(project, asked.store))
    known = accepted(asked.baseline, project.config)
    made = _plan(asked, what, project, how)
    _show(asked, project, made)
    if asked.write:
        write_plan(made, force=asked.force)
    new = set(fingerprints(places_chosen(made, made.kept))) - known
    return int(asked.check and made.changed and bool(new))


def _wanted(asked: Asked, options: dict[str, Any]) -> Wanted:
    """Return what is planned; with ``--prove`` the options of buildx say of it too."""
    if not asked.prove:
        return wanted(**options)
    from layerwise.cli.benching import buildx_line, with_line  # noqa: PLC0415 - a plan that builds nothing needs none

    return with_line(wanted(**options), buildx_line(buildx_options()))


def _plan(asked: Asked, what: Wanted, project: Project, how: Options) -> Plan:
    """Return the plan, built and measured before where that is asked for."""
    if asked.prove:
        from layerwise.cli.benching import buildx_line, say  # noqa: PLC0415 - as above
        from layerwise.cli.settling import settle  # noqa: PLC0415 - as above
        from layerwise.report.proof_claims import verdict  # noqa: PLC0415 - as above

        settled = settle(project, what, how, Demand(), asked.store, buildx_line(buildx_options())).settled
        say(verdict(settled.proved))
        return settled.plan
    if asked.verify:
        from layerwise.cli.proving import proved  # noqa: PLC0415 - as above

        how = proved(project, what, how, asked.store, buildx_options())
    return plan(project.analysis, how)


def _show(asked: Asked, project: Project, made: Plan) -> None:
    if asked.style == "json":
        click.echo(json.dumps(optimize_document(made), indent=2))
    elif asked.style == "sarif":
        click.echo(json.dumps(optimize_sarif(made, project.relative(project.dockerfile_path)), indent=2))
    elif asked.style == "md":
        click.echo(optimize_markdown(project, made))
    else:
        shown = Shown(verbose=asked.verbose, diff=asked.diff, written=asked.write)
        render(optimize_text(project, made, shown))
