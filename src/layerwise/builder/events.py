"""BuildKit's events, and the vertices that they come to.

The shape is ``SolveStatus`` as rawjson writes it, times by the engine's clock. How to time a vertex and what its events
say of it: BuildKit client/solve.go and util/progress/progressui.
"""

import base64
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import MINYEAR, datetime
from typing import Annotated, TypeAlias

import msgspec

from layerwise.builder.names import ends_a_build
from layerwise.builder.observed import Observed, Status, Vertex
from layerwise.records import Ending, Outcome

Interval: TypeAlias = tuple[float, float]
Time: TypeAlias = Annotated[datetime, msgspec.Meta(tz=True)]

_LOG_LINES = 20  # kept of each vertex, for the one that fails
_LONGEST = 2000  # characters kept of a line that does not end, such as a progress bar


class Group(msgspec.Struct):
    """The progress group of a vertex: what is shown as one."""

    id: str = ""


class VertexEvent(msgspec.Struct):
    """A change of a vertex's state."""

    digest: str
    name: str = ""
    inputs: list[str] = []
    started: Time | None = None
    completed: Time | None = None
    cached: bool = False
    error: str = ""
    progress_group: Group | None = msgspec.field(name="progressGroup", default=None)


class StatusEvent(msgspec.Struct):
    """A change of a piece of work inside a vertex."""

    id: str
    vertex: str
    current: int = 0
    total: int = 0
    timestamp: Time | None = None
    started: Time | None = None
    completed: Time | None = None


class LogEvent(msgspec.Struct):
    """Output of a step: ``data`` in base64, any number of lines or a part of one; ``stream`` 2 is standard error."""

    vertex: str
    stream: int = 1
    data: str = ""
    timestamp: Time | None = None


class WarningEvent(msgspec.Struct):
    """What BuildKit warns of, a Dockerfile's flaws as a rule: ``short`` in base64."""

    short: str = ""


class SolveStatus(msgspec.Struct):
    """One line of a stream."""

    vertexes: list[VertexEvent] = []
    statuses: list[StatusEvent] = []
    logs: list[LogEvent] = []
    warnings: list[WarningEvent] = []


@dataclass(slots=True)
class _Work:
    first: float
    size: int
    span: Interval | None = None


@dataclass(slots=True)
class _Gathered:
    digest: str
    name: str = ""
    inputs: tuple[str, ...] = ()
    group: str = ""
    error: str = ""
    cached: bool = False
    intervals: dict[datetime, datetime | None] = field(default_factory=dict)
    works: dict[tuple[str, datetime], _Work] = field(default_factory=dict)
    log: deque[str] = field(default_factory=lambda: deque(maxlen=_LOG_LINES))
    unended: dict[int, str] = field(default_factory=dict)

    def says(self, stream: int, text: str) -> None:
        """Take output of a step, which may begin and end in the middle of a line."""
        *lines, rest = (self.unended.get(stream, "") + text).split("\n")
        self.log.extend(line.rstrip("\r") for line in lines if line.strip())
        self.unended[stream] = rest[-_LONGEST:]

    def last_lines(self) -> tuple[str, ...]:
        rest = [line.rstrip("\r") for line in self.unended.values() if line.strip()]
        return (*self.log, *rest)[-_LOG_LINES:]


class Gathering:
    """Takes the events of one build, in order, and gives what they come to."""

    def __init__(self) -> None:
        self._vertices: dict[str, _Gathered] = {}
        self._first: datetime | None = None
        self._last: datetime | None = None
        self._refused = ""
        self._notes: list[str] = []
        self._cut = False

    def take(self, status: SolveStatus) -> None:
        """Take one line's events."""
        for vertex in status.vertexes:
            self._take_vertex(vertex)
        for work in status.statuses:
            self._take_status(work)
        for log in status.logs:
            self._seen(log.timestamp)
            self._of(log.vertex).says(log.stream, text_of(log.data))

    def say(self, text: str) -> None:
        """Take a line that is no event: buildx's own words, of which the last that begin with ``ERROR:`` count."""
        if text.startswith("ERROR:"):
            self._refused = text.removeprefix("ERROR:").strip()

    def note(self, text: str) -> None:
        """Keep a sentence about what could not be read."""
        self._notes.append(text)

    def cut(self) -> None:
        """Say that the stream ends in the middle of an event."""
        self._cut = True

    def observed(self) -> Observed | None:
        """Return the build, None where there was no event."""
        if not self._vertices:
            return None
        vertices = tuple(_finished(gathered) for gathered in self._vertices.values())
        error = self._refused or _error(vertices)
        missing = "" if error else self._missing()
        ending = _ending(vertices, error, cut=bool(missing))
        return Observed(
            vertices=vertices,
            ending=ending,
            started_at=self._first.timestamp() if self._first else None,
            ended_at=self._last.timestamp() if self._last else None,
            error=error,
            notes=(*self._notes, missing) if ending is Ending.CUT else tuple(self._notes),
        )

    def _missing(self) -> str:
        """Return what shows that the end of the stream is missing, "" where nothing does.

        BuildKit announces all vertices of a result before it runs any; that of the last step is not passed over.
        """
        needed = {digest for one in self._vertices.values() for digest in one.inputs}
        for one in self._vertices.values():
            if None in one.intervals.values():
                return f"the log ends while {one.name} runs"
        if self._cut:
            return "the log ends in the middle of a line"
        for one in self._vertices.values():
            if one.name and not one.intervals and one.digest not in needed:
                return f"the log ends before {one.name} begins"
        return ""

    def _of(self, digest: str) -> _Gathered:
        if digest not in self._vertices:
            self._vertices[digest] = _Gathered(digest)
        return self._vertices[digest]

    def _seen(self, time: datetime | None) -> None:
        if time := _known(time):
            self._first = min(self._first or time, time)
            self._last = max(self._last or time, time)

    def _take_vertex(self, event: VertexEvent) -> None:
        gathered = self._of(event.digest)
        gathered.name = gathered.name or event.name
        gathered.inputs = gathered.inputs or tuple(event.inputs)
        gathered.error = event.error or gathered.error
        gathered.cached = gathered.cached or event.cached
        if event.progress_group is not None:
            gathered.group = event.progress_group.id
        if started := _known(event.started):
            gathered.intervals[started] = _known(event.completed) or gathered.intervals.get(started)
            self._seen(started)
            self._seen(event.completed)

    def _take_status(self, event: StatusEvent) -> None:
        self._seen(event.timestamp)
        started, completed = _known(event.started), _known(event.completed)
        if started is None:
            return
        self._seen(completed)
        works = self._of(event.vertex).works
        size = max(event.current, event.total)
        work = works.setdefault((event.id, started), _Work(started.timestamp(), size))
        work.size = max(work.size, size)
        if completed:
            work.span = (work.first, completed.timestamp())


def merged(intervals: Iterable[Interval]) -> tuple[Interval, ...]:
    """Return intervals in order, overlapping ones as one."""
    found: list[Interval] = []
    for begun, ended in sorted(intervals):
        if found and begun <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], ended))
        else:
            found.append((begun, ended))
    return tuple(found)


def _finished(gathered: _Gathered) -> Vertex:
    outcome = _outcome(gathered)
    spans = [(begun.timestamp(), ended.timestamp()) for begun, ended in gathered.intervals.items() if ended]
    statuses = tuple(_status(name, work) for (name, _), work in gathered.works.items() if work.span)
    if outcome is not Outcome.CACHED:
        runs = merged(spans)
        ran = sum(ended - begun for begun, ended in runs) if runs else None
        return _vertex(gathered, outcome, runs, (), None if None in gathered.intervals.values() else ran, statuses)
    # A hit is loaded where its result is elsewhere; later intervals, and statuses outside of any, move its data.
    moves = [span for span in spans if span[1] > span[0]]
    moves += [work.span for (name, _), work in gathered.works.items() if work.span and _moves(name)]
    return _vertex(gathered, outcome, (), merged(moves), None, statuses)


def _vertex(
    gathered: _Gathered,
    outcome: Outcome,
    runs: tuple[Interval, ...],
    transfers: tuple[Interval, ...],
    ran: float | None,
    statuses: tuple[Status, ...],
) -> Vertex:
    failed = outcome is Outcome.FAILED
    return Vertex(
        digest=gathered.digest,
        name=gathered.name,
        outcome=outcome,
        inputs=gathered.inputs,
        runs=runs,
        transfers=transfers,
        seconds=ran,
        statuses=statuses,
        group=gathered.group,
        error=gathered.error,
        log=gathered.last_lines() if failed else (),
    )


def _outcome(gathered: _Gathered) -> Outcome:
    if gathered.error:
        return Outcome.CANCELLED if cancelled(gathered.error) else Outcome.FAILED
    if gathered.cached:
        return Outcome.CACHED
    if not gathered.intervals:
        return Outcome.SKIPPED
    return Outcome.CANCELLED if None in gathered.intervals.values() else Outcome.EXECUTED


def cancelled(error: str) -> bool:
    """Whether an error only says that something else ended the build."""
    return error.rstrip().endswith(("context canceled", "Canceled"))


def _known(time: datetime | None) -> datetime | None:
    """Return a time, None for the first of all, which Go writes where none was set."""
    return time if time and time.year > MINYEAR else None


def _moves(name: str) -> bool:
    return name.startswith(("sha256:", "extracting sha256:"))


def _status(name: str, work: _Work) -> Status:
    assert work.span is not None
    return Status(name=name, span=work.span, seconds=work.span[1] - work.span[0], size_bytes=work.size or None)


def text_of(data: str) -> str:
    """Return the text that an event holds in base64, "" where it is none."""
    try:
        return base64.b64decode(data).decode(errors="replace")
    except ValueError:
        return ""


def _error(vertices: Sequence[Vertex]) -> str:
    failed = [vertex.error for vertex in vertices if vertex.outcome is Outcome.FAILED and ends_a_build(vertex.name)]
    stopped = [vertex.error for vertex in vertices if vertex.outcome is Outcome.CANCELLED and vertex.error]
    return (failed or stopped or [""])[0]


def _ending(vertices: Sequence[Vertex], error: str, *, cut: bool) -> Ending:
    if any(vertex.outcome is Outcome.FAILED and ends_a_build(vertex.name) for vertex in vertices):
        return Ending.FAILED
    if error:
        return Ending.CANCELLED if cancelled(error) else Ending.FAILED
    return Ending.CUT if cut else Ending.COMPLETED
