"""Builds for a bench with docker."""

import os
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from layerwise.builder import buildx, local_state
from layerwise.builder.drive.command_line import CommandLine
from layerwise.builder.history import Remembered, remembered
from layerwise.builder.isolation import Scope
from layerwise.builder.local_state import Reference
from layerwise.builder.made import Trace, attributed
from layerwise.builder.redact import Redactor
from layerwise.builder.room import driver_of, driver_options_of, free_bytes, kept_bytes, rules_of
from layerwise.builder.running import running_of
from layerwise.builder.usage import CacheItem, read_usage
from layerwise.errors import BuilderError
from layerwise.prove.bench.bases import is_pinned
from layerwise.prove.bench.engine import Looked, Need, Order
from layerwise.recording.timed import Label, Timed, timed_build, trace_of
from layerwise.store.store import Store

_RESERVE, _LITTLE = 2_000_000_000, 100_000_000
_MOST = 0.8  # of what garbage collection keeps: with more, a bench would lose what it has just built
_PATIENCE_S = 30.0
_RESULTS = ("attest", "load", "output", "provenance", "push", "sbom")
_AT_ONCE, _AT_ONCE_ASKED = 200, 8
_ROUNDS, _PAUSE_S = 5, 0.5
_FORGETS = (
    "the engine may forget cached steps of others on base images that it has unpacked for itself, each time the bench "
    "removes records of its own: they run again once (docs/bench.md)"
)
_PRIVATE = "in a builder of its own, each side and platform in a cache scope of its own"
_SHARED = (
    "on the shared engine, each side and platform in a cache scope of its own; steps above the first RUN of a stage "
    "may be hits of others' cache"
)


@dataclass
class DockerEngine:
    """An ``Engine`` that is buildx's current builder, or the one that the user's options name.

    Attributes:
        environment: For docker.
        options: Of ``docker buildx build``, the user's.
        store: Where the builds are kept.
        redact: Masks secrets.
        label: What their records say; bench and scenario are filled in.
    """

    environment: Mapping[str, str]
    options: CommandLine
    store: Store
    redact: Redactor
    label: Label
    _over: dict[Reference, tuple[Remembered, ...]] = field(default_factory=dict)
    _mine: set[Reference] = field(default_factory=set)
    _others: dict[Reference, Trace] = field(default_factory=dict)
    _own: str = ""

    @property
    def isolation(self) -> str:
        """How the builds are kept apart, a sentence."""
        return _PRIVATE if self._own else _SHARED

    def check(self, need: Need) -> tuple[str, ...]:
        """Look for a builder that answers, a buildx that can export, and room."""
        if not buildx.can_export(self.environment):
            raise BuilderError("bench needs docker buildx 0.23 or newer, which can export what it built")
        inspected = buildx.inspect(self.environment, self._builder)
        free = free_bytes(self.environment)
        if free is not None and free < need.disk + _RESERVE:
            raise BuilderError(
                f"the bench needs about {_gigabytes(need.disk)} of the engine's disk, of which {_gigabytes(free)} are "
                "free; make room, or measure fewer scenarios with --scenario"
            )
        items = self._items()
        forgets = () if self._own or not _has_unpacked(items) else (_FORGETS,)
        held = sum(item.size_bytes or 0 for item in items if not item.shared)
        limit = kept_bytes(rules_of(inspected), held, free)
        if limit is None or need.cache < _LITTLE:
            return forgets
        if need.cache > _MOST * limit:
            raise BuilderError(
                f"the bench adds about {_gigabytes(need.cache)} to the build cache, of which the engine keeps "
                f"{_gigabytes(limit)}: it would lose what it has just built; raise the limits of its garbage "
                "collection (builder.gc of daemon.json), or measure fewer scenarios with --scenario"
            )
        if held + need.cache <= limit:
            return forgets
        warning = (
            f"the build cache holds {_gigabytes(held)}, the engine keeps {_gigabytes(limit)} and the bench adds about "
            f"{_gigabytes(need.cache)}: garbage collection may remove what others have not used for longest"
        )
        return (*forgets, warning)

    def own(self, name: str) -> None:
        """Build in a builder that is made as the current one was."""
        inspected = buildx.inspect(self.environment, self.options.last("builder") or None)
        if driver_of(inspected) != "docker-container":
            raise BuilderError(
                f"a builder of its own is made as buildx's current one was, whose driver is {driver_of(inspected)}; "
                "choose one of the driver docker-container with `docker buildx use`, or leave --private out"
            )
        if not buildx.is_builder(name, self.environment):
            buildx.create_builder(name, driver_options_of(inspected), self.environment)
        self._own = name

    def disown(self, name: str) -> None:
        """Remove a builder."""
        buildx.remove_builder(name, self.environment)

    def unfresh(self) -> str:
        """Return why there is no empty builder with the cache of a registry."""
        if not self.options.values("cache-from"):
            return "no --cache-from is given, and without a cache an empty builder is a cold build"
        return ""

    def unmovable(self, references: Sequence[str]) -> str:
        """Return why no base can be had that has moved."""
        if not references:
            return "there is no base image"
        if all(map(is_pinned, references)):
            return "every base is pinned by digest, so none moves by itself"
        if self.options.on("pull"):
            return "--pull takes the bases from their registry, where nothing is moved for a bench"
        driver = driver_of(buildx.inspect(self.environment, self._builder))
        return "" if driver == "docker" else f"a builder of the driver {driver} does not see images made for a bench"

    def build(self, order: Order) -> Timed:
        """Build."""
        own = self.options.only(frozenset({"builder"})) if order.plain else self.options
        if self._own:
            own = own.without("builder").with_flags(("builder", self._own))
        own = own.without(*_RESULTS) if order.archive else own
        scope = Scope(order.scope).options() if order.scope else ()
        words = (f"--platform={order.platform}", f"--file={order.dockerfile}", *scope, *self._output(order))
        label = replace(self.label, scenario=order.scenario, bench=order.bench) if order.scenario else None
        return timed_build(
            (*own.arguments(), *words, *order.options),
            order.context,
            self.environment,
            order.scope,
            label,
            (self.store, self.redact),
        )

    def unfinished(self, directory: Path, known: frozenset[str]) -> tuple[Trace, ...]:
        """Return what is left of builds that nobody waited for."""
        below = f"{directory}{os.sep}"
        found = [
            reference
            for reference in sorted(local_state.references(self.environment))
            if reference.id not in known and local_state.context_of(reference, self.environment).startswith(below)
        ]
        traces = {one: trace_of(one, self.environment, patience_s=_PATIENCE_S)[0] for one in found}
        lost = [reference for reference, trace in traces.items() if trace is None]
        running = {one.reference for one in self._remembered(lost) if one.runs}
        if still := running.intersection(lost):
            raise BuilderError(
                f"build {min(still).id} of the bench that was interrupted still runs; call again once it has ended"
            )
        return tuple(trace for trace in traces.values() if trace is not None)

    def look(self, traces: Sequence[Trace]) -> Looked:
        """Return what the cache holds, and which of it these builds made."""
        items = self._items()
        self._mine |= {trace.reference for trace in traces}
        history = self._remembered(local_state.latest(self.environment, self._mine)) if traces else ()
        beside = {trace.reference: [one for one in history if _overlap(one, trace)] for trace in traces}
        waiting = frozenset(one.id for one, then in beside.items() if any(other.runs for other in then))
        others = {one.reference: one for then in beside.values() for one in then}
        over = [self._other(one) for one in others.values() if not one.runs]
        found = attributed(traces, over, items, [running_of(one) for one in others.values() if one.runs])
        claims = {trace.reference.id: list[str]() for trace in traces}
        for record, trace in found.made.items():
            claims[trace.reference.id].append(record)
        return Looked(
            {build: tuple(ids) for build, ids in claims.items()},
            {item.id: item.size_bytes or 0 for item in items},
            waiting,
            0 if waiting else len(found.contested),
            frozenset(reference.id for reference, then in beside.items() if then),
            {reference.id: marks for reference, marks in found.doubtful.items()},
        )

    def remove(self, ids: Sequence[str]) -> int:
        """Remove records of the cache, those first that no other one stands on."""
        items = self._items()
        left = _among(ids, items)
        for _ in range(_ROUNDS):
            for start in range(0, len(left), _AT_ONCE):
                buildx.prune(left[start : start + _AT_ONCE], self.environment, self._builder)
            items = self._items()
            before, left = left, _among(left, items)
            if not left or _built_upon(left, items):
                break
            if len(left) == len(before):  # another's `du` or prune holds a record while it looks at it
                time.sleep(_PAUSE_S)
        return len(left)

    def remove_image(self, tag: str) -> None:
        """Remove an image."""
        buildx.remove(tag, self.environment)

    def _output(self, order: Order) -> tuple[str, ...]:
        if order.archive:
            return ("--provenance=false", f"--output=type=oci,dest={order.archive}")
        if not order.plain and self.options.values("output"):
            return ()
        return (f"--tag={order.tag}", "--load") if order.tag else ("--output=type=cacheonly",)

    @property
    def _builder(self) -> str | None:
        return self._own or self.options.last("builder") or None

    def _items(self) -> tuple[CacheItem, ...]:
        return read_usage(buildx.usage(self.environment, self._builder))

    def _remembered(self, references: Iterable[Reference]) -> tuple[Remembered, ...]:
        """Return when builds ran, as far as their builders remember; one that is over is looked up once."""
        asked = tuple(references)

        def look_up(reference: Reference) -> tuple[Remembered, ...]:
            return tuple(remembered((reference,), lambda one: buildx.look_up(one, self.environment)))

        with ThreadPoolExecutor(_AT_ONCE_ASKED) as pool:  # each is a call of docker
            new = [reference for reference in asked if reference not in self._over]
            looked = dict(zip(new, pool.map(look_up, new), strict=True))
        self._over |= {one: found for one, found in looked.items() if not any(one.runs for one in found)}
        return tuple(one for reference in asked for one in (looked | self._over)[reference])

    def _other(self, other: Remembered) -> Trace:
        """Return what is left of another's build; nothing but its time where the engine does not give it away."""
        if other.reference not in self._others:
            trace, _ = trace_of(other.reference, self.environment, patience_s=0)
            self._others[other.reference] = trace or Trace(other.reference, other.span, None)
        return self._others[other.reference]


def _has_unpacked(items: Sequence[CacheItem]) -> bool:
    """Whether the image store may have unpacked a base before BuildKit did: one that it has, and no step made."""
    return any(item.shared and item.kind == "regular" and not item.description for item in items)


def _among(ids: Iterable[str], items: Sequence[CacheItem]) -> list[str]:
    """Return those ids that records have, in the order of the records."""
    wanted = frozenset(ids)
    return [item.id for item in items if item.id in wanted]


def _built_upon(ids: Sequence[str], items: Sequence[CacheItem]) -> bool:
    """Whether other records stand on each of these, at whatever distance: none of them can go."""
    below, going = {item.id: item.parents for item in items}, frozenset(ids)
    held: set[str] = set()
    at_hand = [parent for item in items if item.id not in going for parent in item.parents]
    while at_hand:
        if (one := at_hand.pop()) not in held:
            held.add(one)
            at_hand += below.get(one, ())
    return held >= going


def _overlap(other: Remembered, trace: Trace) -> bool:
    return other.span.start_s <= trace.span.end_s and trace.span.start_s <= other.span.end_s


def _gigabytes(size: int) -> str:
    return f"{size / 1e9:.1f} GB"
