"""A repository as layerwise sees it: what is built, how the team builds it, and what its history changes.

This is where the outside is read (files, git, the machine's cores) and turned into one ``Analysis``; everything
below it is a pure function of that.
"""

import os
import pathlib
import posixpath
from dataclasses import replace
from functools import cache

from layerwise.analysis import Analysis, Facts
from layerwise.config import find_config
from layerwise.errors import UsageError
from layerwise.graph.context import read_context
from layerwise.graph.lower import lower
from layerwise.graph.request import Request
from layerwise.graph.state import origin
from layerwise.graph.vertex import Kind
from layerwise.invocation.search import Usage, best, search, usage
from layerwise.model.arguments import ArgumentChange, argument_change
from layerwise.model.change import Change
from layerwise.model.commits import History, read_blobs, read_commits
from layerwise.model.estimate import Estimator
from layerwise.model.priors import priors
from layerwise.model.replay import changes_of, typical_changes, versions_wanted
from layerwise.model.scenarios import manifest_files, requirement_files, scenarios, source_file
from layerwise.model.timeline import Machine
from layerwise.project.looked_at import Project
from layerwise.project.others import elsewhere
from layerwise.project.places import places_of, relative, root_of
from layerwise.project.wanted import Wanted, request_of
from layerwise.syntax.parser import read
from layerwise.syntax.tree import Dockerfile, Pairs

__all__ = ["Project", "Wanted", "open_project"]


def open_project(wanted: Wanted) -> Project:
    """Read everything that an analysis needs.

    Raises:
        UsageError: The context or the Dockerfile is not there.
        DockerfileError: BuildKit would refuse the Dockerfile, or the target does not exist.
        ConfigError: layerwise.toml says something it may not.
    """
    start = pathlib.Path(wanted.path or ".")
    if not start.is_dir():
        raise UsageError(f"{start}: no such directory; PATH is the build context, -f names the Dockerfile")
    root = root_of(start)
    config = find_config(start)
    found = search(root)
    dockerfile_path, context_path = places_of(wanted, config, start, root, found)
    dockerfile = read(dockerfile_path)
    name = relative(dockerfile_path, root)
    used = usage(found.invocations, name)
    chosen = best(found.invocations, name)
    context = read_context(context_path, os.path.relpath(dockerfile_path, context_path))
    history = read_commits(root, limit=wanted.commits or config.commits)
    arguments = _argument_changes(dockerfile, used, history)
    request = request_of(wanted, config, chosen, used, context, arguments)
    directory = relative(context_path, root)
    analysis = _analysis(dockerfile, request, arguments, used, history, root, name, directory)
    others = cache(lambda: elsewhere(found, root, name, directory, request))
    analysis = replace(analysis, facts=replace(analysis.facts, elsewhere=others))
    return Project(root, str(dockerfile_path), str(context_path), config, found, used, chosen, history, analysis)


def _argument_changes(dockerfile: Dockerfile, used: Usage, history: History) -> tuple[ArgumentChange, ...]:
    """Return how often each declared argument changes, each name once."""
    declared = {
        pair.name: pair.value
        for instruction in dockerfile.instructions()
        if isinstance(instruction, Pairs) and instruction.keyword == "ARG"
        for pair in instruction.pairs
    }
    return tuple(argument_change(name, default, used.invocations, history) for name, default in declared.items())


def _analysis(
    dockerfile: Dockerfile,
    request: Request,
    arguments: tuple[ArgumentChange, ...],
    used: Usage,
    history: History,
    root: pathlib.Path,
    name: str,
    context: str,
) -> Analysis:
    graphs = tuple(lower(dockerfile, request, platform) for platform in request.platforms)
    always = frozenset(argument.name for argument in arguments if argument.per_commit >= 1)
    commits: tuple[Change, ...] = ()
    if history.commits:
        has_git = request.context.kind(".git") is not None
        listed = tuple(posixpath.normpath(posixpath.join(context, one)) for one in requirement_files(graphs))
        versions = read_blobs(root, versions_wanted(history, name, *listed))
        commits = changes_of(history, context, dockerfile, name, versions, always, has_git=has_git, read=listed)
    named = scenarios(graphs, commits, always)
    if not commits:
        steps = graphs[0].steps
        first_run = next((step for step in steps if step.kind is Kind.RUN and step.instruction), None)
        source = source_file(steps, ())
        commits = typical_changes(
            priors().commits,
            frozenset({source} if source else ()),
            manifest_files(steps),
            origin(first_run.instruction) if first_run and first_run.instruction else "",
            always,
        )
    estimator = Estimator(
        priors(),
        Machine(os.cpu_count() or 1, priors().rates, priors().fixed_s),
        request.build_platform,
        {argument.name: argument.per_commit for argument in arguments if 0 < argument.per_commit < 1},
    )
    facts = Facts(
        request,
        estimator,
        commits,
        named,
        arguments,
        used.targets_built,
        used.other_builders,
        pushes=used.pushes,
        cold=used.cold,
    )
    return Analysis(dockerfile, graphs, facts)
