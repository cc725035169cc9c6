"""What a build that runs is doing, from BuildKit's events: what runs now, and what has just ended.

Times are seconds since the epoch by this machine's clock, to which buildx moves the engine's own.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import MINYEAR, datetime
from enum import Enum

from layerwise.builder.events import SolveStatus, VertexEvent, cancelled
from layerwise.builder.names import StepName, overhead_kind, step_name
from layerwise.syntax.display import one_line

Expected = Callable[[str, StepName], float | None]
"""The seconds that a step of a platform is expected to run, None where nobody knows."""

_SILENT_S = 0.5
"""Work around the steps that takes less is not worth a line."""


class End(Enum):
    """How something ended."""

    DONE = "done"
    CACHED = "cached"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """Something that has ended.

    Attributes:
        platform: For which it was, "" where that is not said.
        place: ``[stage 2/7]``, "" for work around the steps.
        what: The instruction, or what the work is called.
        end: How it ended.
        seconds: How long it ran.
        error: What BuildKit says of a failure.
    """

    platform: str
    place: str
    what: str
    end: End
    seconds: float
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """Something that runs.

    Attributes:
        platform: As in ``Ended``, and so are the next two.
        place: See there.
        what: See there.
        seconds: How long it has run.
        left_s: How long it is still expected to run, 0 where it takes longer than ever; None where nobody knows.
    """

    platform: str
    place: str
    what: str
    seconds: float
    left_s: float | None


@dataclass(slots=True)
class _Vertex:
    name: str = ""
    started: float | None = None
    ran: float = 0.0
    cached: bool = False
    told: bool = False
    step: StepName | None = None


@dataclass(slots=True)
class _Counts:
    done: int = 0
    cached: int = 0


@dataclass(slots=True)
class Board:
    """The vertices of a build's calls.

    Attributes:
        platforms: That of each call, "" where a call makes several or buildx decides.
        expected: How long steps take.
    """

    platforms: Sequence[str]
    expected: Expected
    _vertices: dict[tuple[int, str], _Vertex] = field(default_factory=dict)
    _counts: dict[str, _Counts] = field(default_factory=dict)

    def take(self, number: int, status: SolveStatus) -> tuple[Ended, ...]:
        """Take events of a call, and return what has ended by them."""
        return tuple(ended for event in status.vertexes for ended in self._take(number, event))

    def running(self, now: float) -> tuple[Running, ...]:
        """Return what runs, the longest first."""
        rows = (self._running(number, vertex, now) for (number, _), vertex in self._vertices.items())
        return tuple(sorted(filter(None, rows), key=lambda row: -row.seconds))

    def counted(self) -> tuple[tuple[str, int, int], ...]:
        """Return how many steps of each platform have ended, and how many of them were hits."""
        return tuple((name, counts.done, counts.cached) for name, counts in self._counts.items())

    def _take(self, number: int, event: VertexEvent) -> Iterator[Ended]:
        vertex = self._vertices.setdefault((number, event.digest), _Vertex())
        if event.name and not vertex.name:
            vertex.name, vertex.step = event.name, step_name(event.name)
        vertex.cached = vertex.cached or event.cached
        started, completed = moment(event.started), moment(event.completed)
        if started is not None and completed is None:
            vertex.started = started
        if completed is not None:
            vertex.ran += completed - (started if started is not None else vertex.started or completed)
            vertex.started = None
        ended = self._ended(number, vertex, event)
        if ended is not None and not vertex.told and (completed is not None or event.cached or event.error):
            vertex.told = True
            if vertex.step:
                counts = self._counts.setdefault(ended.platform, _Counts())
                counts.done += 1
                counts.cached += ended.end is End.CACHED
            yield ended

    def _ended(self, number: int, vertex: _Vertex, event: VertexEvent) -> Ended | None:
        """Return what there is to tell of a vertex that has ended, None for nothing."""
        end = End.CACHED if vertex.cached else End.DONE
        if event.error:
            end = End.CANCELLED if cancelled(event.error) else End.FAILED
        kind = "" if vertex.step else overhead_kind(vertex.name)
        missed = kind == "cache-import" and end is End.FAILED
        if missed or (end is not End.FAILED and not self._worth_telling(vertex)):
            return None
        return Ended(
            platform=self._platform(number, vertex),
            place=_place(vertex),
            what=_what(vertex),
            end=end,
            seconds=vertex.ran,
            error=event.error,
        )

    def _worth_telling(self, vertex: _Vertex) -> bool:
        if vertex.step is None or vertex.step.instruction.startswith("FROM "):
            return vertex.ran >= _SILENT_S
        return True

    def _running(self, number: int, vertex: _Vertex, now: float) -> Running | None:
        if vertex.started is None:
            return None
        seconds = max(now - vertex.started, 0.0)
        if vertex.step is None and seconds < _SILENT_S:
            return None
        platform = self._platform(number, vertex)
        wanted = self.expected(platform, vertex.step) if vertex.step and not vertex.cached else None
        return Running(
            platform=platform,
            place=_place(vertex),
            what=_what(vertex),
            seconds=seconds,
            left_s=None if wanted is None else max(wanted - seconds, 0.0),
        )

    def _platform(self, number: int, vertex: _Vertex) -> str:
        return (vertex.step.platform if vertex.step else "") or self.platforms[number]


def moment(time: datetime | None) -> float | None:
    """Return a time in seconds since the epoch, None for the first of all, which Go writes where none was set."""
    return time.timestamp() if time and time.year > MINYEAR else None


def _place(vertex: _Vertex) -> str:
    step = vertex.step
    return f"[{step.stage} {step.number}/{step.count}]" if step else ""


def _what(vertex: _Vertex) -> str:
    if vertex.step:
        return one_line(vertex.step.instruction)
    kind = overhead_kind(vertex.name)
    if kind == "other":
        return one_line(vertex.name)
    from layerwise.report.build_words import overhead  # noqa: PLC0415 - with the summaries it takes 10 ms

    return overhead(kind)
