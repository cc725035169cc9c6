"""Reads which vertices of a build ran, from the lines of `docker buildx build --progress=rawjson`.

Lines that do not begin with `{` are buildx's own text about a failure and are left out. A vertex is classified by all
its events together: an error first, then any event that says cached (later intervals without it are transfers), then
whether it started at all.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from math import inf

_INSTRUCTION = re.compile(r"^\[(?:[^\]]* )?\d+/\d+\] ")


class Outcome(Enum):
    """What became of a vertex."""

    EXECUTED = "executed"
    CACHED = "cached"
    FAILED = "failed"
    CANCELLED = "cancelled"  # stopped because another vertex failed
    SKIPPED = "skipped"  # never started


@dataclass(frozen=True, slots=True)
class Vertex:
    """One vertex of a finished build; `seconds` is the sum of its merged intervals."""

    digest: str
    name: str
    inputs: tuple[str, ...]
    outcome: Outcome
    seconds: float
    error: str = ""

    @property
    def is_step(self) -> bool:
        """Whether an instruction other than FROM made it: its name has a position such as `[stage-0 2/5]`.

        BuildKit resolves a FROM anew in every build, so whether that "ran" says nothing.
        """
        return bool(_INSTRUCTION.match(self.name)) and not self.instruction.startswith("FROM ")

    @property
    def instruction(self) -> str:
        """The instruction as BuildKit prints it, without stage and position."""
        return _INSTRUCTION.sub("", self.name)


def read(lines: Iterable[str]) -> tuple[Vertex, ...]:
    """The vertices in the order in which they first started; those that never did come last."""
    gathered: dict[str, _Gathered] = {}
    for line in lines:
        if line.startswith("{"):
            for event in json.loads(line).get("vertexes", ()):
                gathered.setdefault(event["digest"], _Gathered(event["digest"])).add(event)
    in_order = sorted(gathered.values(), key=lambda vertex: min(map(_time, vertex.intervals), default=inf))
    return tuple(vertex.finished() for vertex in in_order)


@dataclass(slots=True)
class _Gathered:
    digest: str
    name: str = ""
    inputs: tuple[str, ...] = ()
    cached: bool = False
    error: str = ""
    intervals: dict[str, str] = field(default_factory=dict)  # start to end, both as BuildKit wrote them

    def add(self, event: dict[str, object]) -> None:
        self.name = self.name or str(event["name"])
        self.inputs = self.inputs or tuple(map(str, _listed(event.get("inputs"))))
        self.cached = self.cached or bool(event.get("cached"))
        self.error = str(event.get("error", "")) or self.error
        if "started" in event:
            begun = str(event["started"])
            self.intervals[begun] = str(event.get("completed") or self.intervals.get(begun, ""))

    def finished(self) -> Vertex:
        return Vertex(self.digest, self.name, self.inputs, self._outcome(), self._seconds(), self.error)

    def _outcome(self) -> Outcome:
        if self.error:
            return Outcome.CANCELLED if self.error.endswith("context canceled") else Outcome.FAILED
        if self.cached:
            return Outcome.CACHED
        return Outcome.EXECUTED if self.intervals else Outcome.SKIPPED

    def _seconds(self) -> float:
        ended = sorted((_time(begun), _time(end)) for begun, end in self.intervals.items() if end)
        return sum(end - begun for begun, end in _merged(ended))


def _merged(intervals: Iterable[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    open_begun, open_end = None, 0.0
    for begun, end in intervals:
        if open_begun is None or begun > open_end:
            if open_begun is not None:
                yield open_begun, open_end
            open_begun, open_end = begun, end
        open_end = max(open_end, end)
    if open_begun is not None:
        yield open_begun, open_end


def _listed(value: object) -> Iterable[object]:
    return value if isinstance(value, list) else ()


def _time(text: str) -> float:
    # Python's datetime holds microseconds; BuildKit writes up to nine digits
    seconds, _, fraction = text.removesuffix("Z").partition(".")
    return datetime.fromisoformat(seconds + "+00:00").timestamp() + float(f"0.{fraction or 0}")
