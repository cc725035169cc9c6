"""Which records of a build cache some builds made: known by when they came to be, and by what they say of themselves.

A record keeps no name of its build. But it says when it was made, and of what (``mount / from exec /bin/sh -c ...``,
``[stage-0 3/4] COPY . .``), and the engine remembers when each vertex of each build ran. A record is a build's where
both fit. Where a vertex of another build fits as well, or nobody knows what another build did just then, nobody can
tell: it is nobody's. A base image that was pulled is nobody's either: whoever builds on it shares it.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from layerwise.builder.bundle import EngineRecord
from layerwise.builder.history import Span
from layerwise.builder.isolation import Scope
from layerwise.builder.local_state import Reference
from layerwise.builder.names import step_name
from layerwise.builder.observed import Vertex
from layerwise.builder.running import Running
from layerwise.builder.usage import CacheItem
from layerwise.errors import BuilderError

_EARLIER_S, _LATER_S = 0.02, 0.1  # by which a record may lie outside of the times of its vertex
_MOUNTED = re.compile(r"mount \S+ from (?=exec )")
_SOURCE = re.compile(r"local source for .*")
_LOADS = re.compile(r"\[internal\] load (?!metadata)|\[context [^\]]*\] load ")
_KEYWORD = re.compile(r"(?:\[[^\]]*\] )?(?:LINK )?(COPY|ADD|WORKDIR) ")
_FLAGS = re.compile(r"(--\S+ )*")
_TIME = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?:\.(\d+))? ([+-]\d{4})")


@dataclass(frozen=True, slots=True)
class Work:
    """One vertex of a build.

    Attributes:
        span: When it ran.
        marks: Digests of how the cache may describe what it made.
    """

    span: Span
    marks: frozenset[str]


@dataclass(frozen=True, slots=True)
class Trace:
    """What is left of a build to know its records by.

    Attributes:
        reference: The builder's record of it.
        span: When it ran.
        works: Its vertices that ran; None where nobody knows them.
        scope: The part of the cache that it was kept in, "" for none.
    """

    reference: Reference
    span: Span
    works: tuple[Work, ...] | None
    scope: str = ""

    def may_have_made(self, at_s: float, mark: str) -> bool:
        """Whether it may have made a record of this mark at this moment."""
        if self.works is None:
            return self.span.holds(at_s)
        return any(mark in work.marks and work.span.holds(at_s) for work in self.works)

    def without(self, marks: Collection[str]) -> "Trace":
        """Return it as if it had made no records of these marks."""
        works = None if self.works is None else tuple(Work(one.span, one.marks.difference(marks)) for one in self.works)
        return replace(self, works=works)


def works_of(engine: EngineRecord) -> tuple[Work, ...]:
    """Return the vertices of a build that may have made records of the cache."""
    return tuple(
        Work(
            Span(vertex.runs[0][0] - _EARLIER_S, vertex.runs[-1][1] + _LATER_S),
            frozenset(_digest(text) for text in _descriptions(vertex, engine)),
        )
        for vertex in engine.observed.vertices
        if vertex.runs
    )


@dataclass(frozen=True, slots=True)
class Attributed:
    """Whose records are whose.

    Attributes:
        made: By the record's id, the build that made it.
        contested: Ids of records that one of the builds made, or another one.
        doubtful: By the build that may have made them, the marks of these.
    """

    made: Mapping[str, Trace]
    contested: frozenset[str]
    doubtful: Mapping[Reference, frozenset[str]]


def attributed(
    traces: Sequence[Trace], others: Sequence[Trace], items: Iterable[CacheItem], running: Sequence[Running] = ()
) -> Attributed:
    """Return which records builds made.

    Args:
        traces: The builds.
        others: All other builds of the engine that ran meanwhile and are over.
        items: The records of its cache.
        running: Those that run still.
    """
    made: dict[str, Trace] = {}
    contested: set[str] = set()
    doubtful: defaultdict[Reference, set[str]] = defaultdict(set)
    for item in items:
        described = _described(item.description)
        at, mark = created_s(item), _digest(described)
        step = _step(described)
        for trace in traces:
            if trace.span.holds(at) and _says_so(trace.scope, item.description):
                made[item.id] = trace
            elif trace.works is None or not trace.may_have_made(at, mark):
                continue
            elif any(one.may_have_made(at, mark) for one in others) or any(
                one.may_have_made(at, *step) for one in running
            ):
                contested.add(item.id)
                doubtful[trace.reference].add(mark)
            else:
                made[item.id] = trace
    return Attributed(made, frozenset(contested), {one: frozenset(marks) for one, marks in doubtful.items()})


def _says_so(scope: str, description: str) -> bool:
    """Whether a record says itself that it is of a scope."""
    return bool(scope) and (Scope(scope).holds_mount(description) or Scope(scope).holds_base(description))


def created_s(item: CacheItem) -> float:
    """Return when a record was made, in seconds since the epoch by the engine's clock.

    Raises:
        BuilderError: It does not say so in a form that layerwise knows.
    """
    match = _TIME.match(item.created_at)
    if match is None:
        raise BuilderError(f"docker buildx du: {item.created_at!r} is no time that layerwise can read")
    whole = datetime.strptime(f"{match[1]} {match[3]}", "%Y-%m-%d %H:%M:%S %z")
    return whole.timestamp() + float(f"0.{match[2] or 0}")


def _descriptions(vertex: Vertex, engine: EngineRecord) -> Iterator[str]:
    """Yield how the cache may describe what a vertex made, as ``_described`` gives it."""
    yield _plain(vertex.name)
    if _LOADS.match(vertex.name):
        yield _A_SOURCE
    for provenance in engine.provenance.values():
        origin = provenance.origins.get(vertex.digest)
        if origin and origin.command:
            yield _plain(f"exec {' '.join(origin.command)}")
    name = step_name(vertex.name)
    if name and name.instruction.startswith("RUN "):  # of a build that failed the engine keeps no provenance
        command = _FLAGS.sub("", name.instruction.removeprefix("RUN "), count=1)
        yield _plain(f"exec /bin/sh -c {command}")


_A_SOURCE = "a local source"


def _described(description: str) -> str:
    if _SOURCE.fullmatch(description):
        return _A_SOURCE
    return _plain(_MOUNTED.sub("", description, count=1))


def _step(described: str) -> tuple[str, str]:
    """Return the keyword and the text of the step that a record is of, both "" where it is of none."""
    if described.startswith("exec "):
        return "RUN", described
    found = _KEYWORD.match(described)
    return (found[1], described) if found else ("", "")


def _plain(text: str) -> str:
    return " ".join(text.split())


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()
