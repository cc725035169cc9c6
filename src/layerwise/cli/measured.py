"""A project with the figures of its recorded builds, and what mends their steps."""

import pathlib
from collections.abc import Mapping

from layerwise.cli.settings import settings
from layerwise.graph.state import instruction_key
from layerwise.model.profile import Profile, profile_of
from layerwise.project import Project, Wanted, open_project
from layerwise.records import BuildRecord, Proof
from layerwise.rules import mended
from layerwise.store import Store

_RATES_FROM = 30  # builds whose overheads say how fast this team's builders are


def measured_project(wanted: Wanted, store: str | None) -> Project:
    """Open a project with the figures of its recorded builds, where there are any.

    Raises:
        LayerwiseError: As ``open_project`` does; or the store can't be read.
    """
    project = open_project(wanted)
    found = settings(store, project.context_path)
    opened = found.existing()
    if opened is None:
        return project
    with opened:
        return project.measured(profile_in(opened, found.project, project))


def known_proofs(project: Project, store: str | None) -> Mapping[str, Proof]:
    """Return what builds have shown of a project's rewrites, by digest; nothing where there is no store.

    Raises:
        StoreError: It can't be read.
    """
    found = settings(store, project.context_path)
    opened = found.existing()
    if opened is None:
        return {}
    with opened:
        return opened.proofs(found.project)


def profile_in(store: Store, name: str, project: Project) -> Profile:
    """Return what the recorded builds of a project have measured; ``name`` is what they are builds of.

    Raises:
        StoreError: The store can't be read.
    """
    instructions = {step.instruction for graph in project.analysis.graphs for step in graph if step.instruction}
    keys = {instruction_key(instruction) for instruction in instructions}
    return profile_of(store.records(name, limit=_RATES_FROM), store.executions(name, keys))


def mended_steps(record: BuildRecord, root: pathlib.Path) -> dict[str, str]:
    """Return what mends the steps of a build, by their keys: a pass, or a rule that finds them.

    Raises:
        LayerwiseError: Its Dockerfile below ``root`` can't be looked at as it is now.
    """
    sources = record.sources
    context, dockerfile = str(root / sources.context), str(root / sources.dockerfile)
    wanted = Wanted(context, dockerfile, sources.target or None, record.platforms)
    return mended(open_project(wanted).analysis)
