"""Measure what a build takes in each scenario: cold, unchanged, code, each update of dependencies, and others.

Every change is made in a copy of the build context. A bench that is interrupted goes on where it stopped when the same
command is given again. What follows `--` goes to `docker buildx build`.
"""

import json
import pathlib
from dataclasses import dataclass
from typing import Any

import click

from layerwise.analysis import Analysis
from layerwise.builder.drive.command_line import CommandLine
from layerwise.cli.benching import (
    buildx_line,
    clean,
    ended_in_order,
    options_of,
    own_edits,
    say,
    seconds_of,
    session,
    subject_of,
    with_line,
)
from layerwise.cli.formats import format_option
from layerwise.cli.measured import known_proofs, measured_project
from layerwise.cli.options import Building, build_options, buildx_options, wanted
from layerwise.cli.planning import options_of as plan_options
from layerwise.cli.settings import Settings, settings, store_option
from layerwise.errors import BuildFailed, DockerfileError, UsageError
from layerwise.plan import plan
from layerwise.project import Project, Wanted, open_project
from layerwise.prove.bench.result import Bench, Side
from layerwise.prove.bench.scenarios import listed
from layerwise.prove.bench.stand import place_in
from layerwise.prove.bench.subject import How, Subject
from layerwise.report.bench_document import bench_document
from layerwise.report.bench_markdown import bench_markdown
from layerwise.report.bench_page import bench_page
from layerwise.report.bench_svg import bench_svg
from layerwise.report.bench_text import bench_text
from layerwise.report.terminal import render

_AGAIN = "what was measured is kept: the same command goes on from it; `layerwise bench --clean` removes what was made"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks for besides what is built."""

    style: str
    store: str | None
    scenarios: tuple[str, ...]
    runs: int
    budget: str | None
    planned: bool
    svg: str | None
    html: str | None
    private: bool
    resume: bool
    clean: bool


@click.command("bench", cls=Building, help=__doc__)
@build_options
@click.option("--scenario", "scenarios", multiple=True, metavar="NAME", help="Measure only this; repeatable.")
@click.option("--runs", type=click.IntRange(min=1), default=3, show_default=True, help="Builds of each scenario.")
@click.option("--budget", metavar="TIME", help="Stay within this time (1h, 20m): what does not fit is left out.")
@click.option("--plan/--no-plan", "planned", help="Measure the Dockerfile as `optimize` rewrites it, too.")
@click.option("--private", is_flag=True, help="Build in a builder that is made for it (driver docker-container).")
@click.option("--svg", metavar="FILE", help="Write a picture of the result.")
@click.option("--html", metavar="FILE", help="Write the page of the result, one file with all it needs.")
@click.option("--resume/--no-resume", default=True, show_default=True, help="Go on with a bench that was interrupted.")
@click.option("--clean", is_flag=True, help="Remove what benches of this project made and did not remove.")
@format_option("text", "json", "md")
@store_option
def command(**options: Any) -> int:
    """Run ``layerwise bench``."""
    asked = Asked(**{name: options.pop(name) for name in Asked.__slots__})
    line = buildx_line(buildx_options())
    what = with_line(wanted(**options), line)
    if asked.clean:
        return _clean(_settings_of(what, asked.store), line)
    budget_s = None if asked.budget is None else seconds_of(asked.budget)
    project = measured_project(what, asked.store)
    found = settings(asked.store, project.context_path)
    subject = subject_of(project, found, options_of(project, what, line).arguments())
    how = How(runs=asked.runs, budget_s=budget_s, edits=own_edits(project), private=asked.private)
    try:
        with ended_in_order():
            _measure(asked, project, subject, how, found)
    except (KeyboardInterrupt, BuildFailed):
        say(_AGAIN)
        raise
    return 0


def _measure(asked: Asked, project: Project, subject: Subject, how: How, found: Settings) -> None:
    """Measure and report; what the bench made goes only then, so that whoever is killed earlier loses no figure."""
    sides = _sides(asked, project)
    inside = place_in(project.analysis.facts.request.context, subject.dockerfile)
    wanted_scenarios = listed(project.analysis, inside, asked.scenarios)
    with found.store() as kept:
        if not asked.resume:
            clean(found, kept, subject.options)
        with session(subject, how, found, kept, sides.values()) as opened:
            _show(asked, opened.measure(sides, wanted_scenarios.measured, wanted_scenarios))
        found.retain(kept, {subject.project})


def _sides(asked: Asked, project: Project) -> dict[Side, Analysis]:
    if not asked.planned:
        return {Side.BEFORE: project.analysis}
    made = plan(project.analysis, plan_options(project.config, proofs=known_proofs(project, asked.store)))
    if not made.changed:
        say("the plan changes nothing: the file as it stands is measured alone")
        return {Side.BEFORE: project.analysis}
    return {Side.BEFORE: project.analysis, Side.AFTER: made.after}


def _settings_of(what: Wanted, store: str | None) -> Settings:
    """Return the settings of what was measured, also where its Dockerfile has gone since, or says nonsense."""
    try:
        directory: str | None = open_project(what).context_path
    except (UsageError, DockerfileError):
        directory = what.path
        if not pathlib.Path(directory or ".").is_dir():
            raise
    return settings(store, directory)


def _clean(found: Settings, line: CommandLine) -> int:
    with found.store() as kept:
        removed, waiting = clean(found, kept, line.arguments())
    if removed:
        say(f"removed what {removed} bench{'es' * (removed > 1)} had left")
    elif not waiting:
        say("no bench has left anything")
    return 0


def _show(asked: Asked, bench: Bench) -> None:
    if asked.svg:
        pathlib.Path(asked.svg).write_text(bench_svg(bench), "utf-8")
        say(f"wrote {asked.svg}")
    if asked.html:
        pathlib.Path(asked.html).write_text(bench_page(bench), "utf-8")
        say(f"wrote {asked.html}")
    if asked.style == "json":
        click.echo(json.dumps(bench_document(bench), indent=2))
    elif asked.style == "md":
        click.echo(bench_markdown(bench))
    else:
        render(bench_text(bench))
