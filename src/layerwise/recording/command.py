"""Runs a command that builds, as its user knows it, and records every build that it makes.

The command keeps its terminal: what it did is read afterwards from the engine's own record. A buildx too old to give
that away is run with plain progress instead, and its output is read on the way.
"""

import pathlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from layerwise.builder import buildx, local_state
from layerwise.builder.cgroups import Sampler
from layerwise.builder.checkout import read_checkout
from layerwise.builder.plain import read_plain
from layerwise.builder.redact import Redactor
from layerwise.errors import StoreError
from layerwise.recording.engine_records import cache_bytes, engine_records
from layerwise.recording.keeper import Keeper
from layerwise.recording.keeping import Kept
from layerwise.store.store import Store


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of a command.

    Attributes:
        code: Its exit code.
        builds: What it built, by start; builds that other commands began meanwhile with the same buildx among them,
            for buildx does not say whose a build is.
        problems: What could not be recorded and why, a sentence each.
    """

    code: int
    builds: tuple[Kept, ...]
    problems: tuple[str, ...] = ()


def record_command(
    command: Sequence[str],
    store: Store,
    redact: Redactor,
    environment: Mapping[str, str],
    directory: pathlib.Path,
    project: str | None = None,
) -> Recorded:
    """Run a command in this terminal and record its builds.

    Args:
        command: The program and its arguments.
        store: Where the builds are kept.
        redact: Masks secrets.
        environment: The command's.
        directory: Where it runs.
        project: What builds of its own directory are of; None for what that directory says.

    Raises:
        BuilderError: There is no docker, or no such command. Once the command has run, nothing is raised any more.
    """
    checkout = read_checkout(directory)
    if not buildx.can_export(environment):
        return _teed(command, environment, Keeper(store, redact, checkout, directory, project))
    known = local_state.references(environment)
    with Sampler(environment.get("DOCKER_HOST", "")) as sampler:
        code = buildx.run(command, environment)
    begun = sorted(local_state.references(environment) - known)
    engines, problems = engine_records(begun, environment)
    held = {name: cache_bytes(name, environment) for name in {reference.builder for reference, _ in engines}}
    keeper = Keeper(store, redact, checkout, directory, project, sampler.samples(), held)
    kept, unkept = _kept(partial(keeper.keep, engine, reference) for reference, engine in engines)
    return Recorded(code, kept, problems + unkept)


def _kept(makes: Iterable[Callable[[], Kept]]) -> tuple[tuple[Kept, ...], tuple[str, ...]]:
    """Return what could be kept, and why the rest could not: the command has its exit code whatever the store does."""
    kept, problems = [], []
    for make in makes:
        try:
            kept.append(make())
        except StoreError as error:
            problems.append(str(error))
    return tuple(kept), tuple(problems)


def _teed(command: Sequence[str], environment: Mapping[str, str], keeper: Keeper) -> Recorded:
    lines: list[str] = []
    code = buildx.run_teed(command, environment, lambda line: lines.append(line.decode(errors="replace")))
    problem = "what a log does not say (lines, platforms, bytes), for this buildx is older than 0.23"
    kept, unkept = _kept(partial(keeper.keep_plain, observed) for observed in read_plain(lines))
    return Recorded(code, kept, (problem, *unkept))
