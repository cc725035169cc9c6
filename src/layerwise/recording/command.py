"""Runs a command that builds, as its user knows it, and records every build that it makes.

The command keeps its terminal: what it did is read afterwards from the engine's own record. A buildx too old to give
that away is run with plain progress instead, and its output is read on the way.
"""

import pathlib
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from io import BytesIO

from layerwise.builder import buildx
from layerwise.builder.assemble import assemble
from layerwise.builder.bundle import EngineRecord, read_bundle
from layerwise.builder.cgroups import Sample, Sampler
from layerwise.builder.checkout import Checkout, read_checkout
from layerwise.builder.engine_record import Surroundings, context_path, dockerfile_path, record_of
from layerwise.builder.facts import Facts
from layerwise.builder.observed import Observed
from layerwise.builder.plain import read_plain
from layerwise.builder.redact import Redactor
from layerwise.builder.usage import read_usage
from layerwise.errors import BuilderError, LogError, StoreError
from layerwise.recording.keeping import Kept, Tree, keep
from layerwise.records import Source, Sources
from layerwise.store.store import Store

_PATIENCE_S = 3.0
_PAUSE_S = 0.2


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
        return _teed(command, environment, _Keeper(store, redact, checkout, directory, project))
    known = buildx.references(environment)
    with Sampler(environment.get("DOCKER_HOST", "")) as sampler:
        code = buildx.run(command, environment)
    begun = sorted(buildx.references(environment) - known)
    engines, problems = _engine_records(begun, environment)
    held = {name: _cache_bytes(name, environment) for name in {reference.builder for reference, _ in engines}}
    keeper = _Keeper(store, redact, checkout, directory, project, sampler.samples(), held)
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


def _engine_records(
    references: Sequence[buildx.Reference], environment: Mapping[str, str]
) -> tuple[list[tuple[buildx.Reference, EngineRecord]], tuple[str, ...]]:
    """Return the engine's records of the builds that are over, by start, and why there is none of the others."""
    found: list[tuple[buildx.Reference, EngineRecord]] = []
    problems = []
    deadline = time.monotonic() + _PATIENCE_S
    for reference in references:
        try:
            found.append((reference, _engine_record(reference, environment, deadline)))
        except (BuilderError, LogError) as error:
            problems.append(str(error))
    return sorted(found, key=lambda one: one[1].observed.started_at or 0.0), tuple(problems)


def _engine_record(reference: buildx.Reference, environment: Mapping[str, str], deadline: float) -> EngineRecord:
    """Return the record of a build that is over.

    One that still runs is another command's, or its client was killed and its engine has not noticed yet: then there
    is no record yet, or one without an end.
    """
    while True:
        try:
            archive = buildx.export(reference, environment)
            (engine,) = read_bundle(BytesIO(archive), f"build {reference.id}")
            if engine.record.completed is not None:
                return engine
            problem: BuilderError | LogError = BuilderError(
                f"build {reference.id} still runs; `layerwise import` reads its export once it has ended"
            )
        except (BuilderError, LogError) as error:
            problem = error
        if time.monotonic() > deadline:
            raise problem
        time.sleep(_PAUSE_S)


def _cache_bytes(builder: str, environment: Mapping[str, str]) -> int | None:
    """Return what a builder's cache holds, None where it does not say."""
    try:
        items = read_usage(buildx.usage(environment, builder))
    except BuilderError:
        return None
    return sum(item.size_bytes or 0 for item in items)


@dataclass(frozen=True, slots=True)
class _Keeper:
    """Keeps the builds of one call: where it was made, and what was measured meanwhile."""

    store: Store
    redact: Redactor
    checkout: Checkout | None
    directory: pathlib.Path
    project: str | None
    samples: tuple[Sample, ...] = ()
    held: Mapping[str, int | None] = field(default_factory=dict)

    def keep(self, engine: EngineRecord, reference: buildx.Reference) -> Kept:
        """Keep a build that its engine recorded."""
        context, dockerfile = context_path(engine), dockerfile_path(engine)
        checkout = self._checkout_of(context)
        ours = self._is_ours(context)
        around = Surroundings(
            project=self._name() if ours else str(context),
            source=Source.ENGINE,
            builder=reference.builder,
            checkout=checkout,
            local=True,
            samples=self.samples,
        )
        tree = Tree(checkout, context, dockerfile) if checkout and context and dockerfile else None
        record = replace(record_of(engine, around, self.redact), cache_bytes=self.held.get(reference.builder))
        return keep(replace(record, project=self.project or record.project) if ours else record, tree, self.store)

    def keep_plain(self, observed: Observed) -> Kept:
        """Keep a build of which only the log is known."""
        checkout = self.checkout
        facts = Facts(
            id=uuid.uuid4().hex,
            project=self.project or self._name(),
            source=Source.PLAIN,
            sources=Sources(commit=checkout.commit, dirty=checkout.dirty) if checkout else Sources(),
        )
        return keep(assemble(observed, facts, self.redact), None, self.store)

    def _name(self) -> str:
        """Return what builds of the call's own directory are of."""
        return self.checkout.project if self.checkout else str(self.directory)

    def _is_ours(self, context: pathlib.Path | None) -> bool:
        """Whether a build's context is of the call's own project; one that comes over a network or a pipe is.

        Others are their own directory's: another terminal's, for buildx does not say whose a build is.
        """
        root = self.checkout.root if self.checkout else self.directory
        return context is None or context.resolve().is_relative_to(root.resolve())

    def _checkout_of(self, context: pathlib.Path | None) -> Checkout | None:
        """Return the work tree of a context: the one looked at before the command ran, where it is that."""
        if context is None or not context.is_dir():
            return None
        if self.checkout is not None and context.resolve().is_relative_to(self.checkout.root.resolve()):
            return self.checkout
        return read_checkout(context)


def _teed(command: Sequence[str], environment: Mapping[str, str], keeper: _Keeper) -> Recorded:
    lines: list[str] = []
    code = buildx.run_teed(command, environment, lambda line: lines.append(line.decode(errors="replace")))
    problem = "what a log does not say (lines, platforms, bytes), for this buildx is older than 0.23"
    kept, unkept = _kept(partial(keeper.keep_plain, observed) for observed in read_plain(lines))
    return Recorded(code, kept, (problem, *unkept))
