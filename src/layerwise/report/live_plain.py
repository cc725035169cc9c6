"""Progress as lines, in the form of buildx's own: for logs, which ``layerwise import`` and other programs read.

One vertex is printed at a time, under its name; what others do meanwhile waits until it ends, or for two seconds
(moby/buildkit util/progress/progressui/printer.go).
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from layerwise.builder.events import LogEvent, SolveStatus, StatusEvent, VertexEvent, cancelled, text_of
from layerwise.builder.names import overhead_kind, step_name
from layerwise.report.live_board import moment
from layerwise.syntax.display import one_line

_PATIENCE_S = 2.0
_LONGEST = 4000  # characters kept of a line that does not end, such as a progress bar
_UNITS = (("GB", 1e9), ("MB", 1e6), ("kB", 1e3))


@dataclass(slots=True)
class _Vertex:
    number: int
    name: str = ""
    began: float | None = None
    ran: float = 0.0
    ended: bool = False
    cached: bool = False
    waiting: list[str] = field(default_factory=list)
    waits_since: float = 0.0
    unended: dict[int, str] = field(default_factory=dict)


class PlainView:
    """Writes a line for each thing that happens, ``#7 DONE 1.2s``; each call's steps are named with its platform."""

    def __init__(
        self, platforms: Sequence[str], write: Callable[[str], object], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Show calls.

        Args:
            platforms: That of each call, "" where its steps are named as buildx names them.
            write: Takes a line without its end.
            clock: Seconds.
        """
        self._platforms = platforms
        self._write = write
        self._clock = clock
        self._vertices: dict[tuple[int, str], _Vertex] = {}
        self._current: _Vertex | None = None

    def take(self, number: int, status: SolveStatus, line: bytes) -> None:  # noqa: ARG002 - as View asks
        """Show events: what a vertex did stands before its end, though they come together."""
        for event in status.vertexes:
            self._begin(number, event)
        for work in status.statuses:
            self._take_status(number, work)
        for log in status.logs:
            self._take_log(number, log)
        for event in status.vertexes:
            self._end(number, event)
        for warning in status.warnings:
            self._write(f"WARNING: {one_line(text_of(warning.short))}")

    def say(self, number: int, text: str) -> None:
        """Take a line of buildx's own words; they are shown at the end."""

    def note(self, text: str) -> None:
        """Show a sentence of ours."""
        self._write(f"layerwise: {text}")

    def tick(self) -> None:
        """Turn to a vertex that has waited for long."""
        waiting = [vertex.waits_since for vertex in self._vertices.values() if vertex.waiting]
        if self._current and waiting and self._clock() - min(waiting) > _PATIENCE_S:
            self._write(f"#{self._current.number} ...")
            self._turn()

    def close(self) -> None:
        """Write what still waits."""
        while any(vertex.waiting for vertex in self._vertices.values()):
            self._turn()

    def _of(self, number: int, digest: str, name: str = "") -> _Vertex:
        vertex = self._vertices.setdefault((number, digest), _Vertex(len(self._vertices) + 1))
        vertex.name = vertex.name or _named(name, self._platforms[number])
        return vertex

    def _begin(self, number: int, event: VertexEvent) -> None:
        vertex = self._of(number, event.digest, event.name)
        if (started := moment(event.started)) is not None:
            vertex.began = started

    def _end(self, number: int, event: VertexEvent) -> None:
        vertex = self._of(number, event.digest)
        completed = moment(event.completed)
        if completed is not None:
            vertex.ran += completed - (vertex.began or completed)
            self._log(vertex, [text for text in vertex.unended.values() if text], completed)
            vertex.unended.clear()
        found = event.cached and not vertex.cached  # a base may turn out to be a hit after its manifest was looked up
        if not found and (vertex.ended or (completed is None and not event.error)):
            return
        vertex.ended, vertex.cached = True, vertex.cached or event.cached
        self._put(vertex, _said(vertex, event))
        if vertex is self._current:
            self._turn()

    def _take_status(self, number: int, event: StatusEvent) -> None:
        started, completed = moment(event.started), moment(event.completed)
        if started is None or completed is None:
            return
        vertex = self._of(number, event.vertex)
        if not vertex.ended:
            counted = f" {_size(event.current)}" if event.current else ""
            self._put(vertex, f"{one_line(event.id)}{counted} {completed - started:.1f}s done")

    def _take_log(self, number: int, event: LogEvent) -> None:
        vertex = self._of(number, event.vertex)
        *lines, rest = (vertex.unended.get(event.stream, "") + text_of(event.data)).split("\n")
        vertex.unended[event.stream] = rest[-_LONGEST:]
        self._log(vertex, lines, moment(event.timestamp))

    def _log(self, vertex: _Vertex, lines: Sequence[str], at: float | None) -> None:
        since = max(at - vertex.began, 0.0) if at is not None and vertex.began is not None else 0.0
        for line in lines:
            self._put(vertex, f"{_precise(since)} {line.rstrip()}")

    def _put(self, vertex: _Vertex, text: str) -> None:
        """Write a line of a vertex, or let it wait while another one is printed."""
        if self._current is None:
            self._open(vertex)
        if vertex is self._current:
            self._write(f"#{vertex.number} {text}")
            return
        if not vertex.waiting:
            vertex.waits_since = self._clock()
        vertex.waiting.append(text)

    def _open(self, vertex: _Vertex) -> None:
        self._current = vertex
        self._write(f"#{vertex.number} {vertex.name}")

    def _turn(self) -> None:
        """Leave the vertex that is printed for those that wait, and stay with the first that has not ended."""
        self._write("")
        self._current = None
        for vertex in self._in_order():
            self._open(vertex)
            for text in vertex.waiting:
                self._write(f"#{vertex.number} {text}")
            vertex.waiting.clear()
            if not vertex.ended:
                return
            self._write("")
            self._current = None

    def _in_order(self) -> Iterator[_Vertex]:
        """Yield the vertices that wait, those that have ended first."""
        waiting = [vertex for vertex in self._vertices.values() if vertex.waiting]
        yield from sorted(waiting, key=lambda vertex: (not vertex.ended, vertex.waits_since))


def _said(vertex: _Vertex, event: VertexEvent) -> str:
    if event.error and cancelled(event.error):
        return "CANCELED"
    if event.error and overhead_kind(vertex.name) == "cache-import":
        return f"DONE {vertex.ran:.1f}s"  # a branch's first build has no cache: that is no error
    if event.error:
        return f"ERROR: {one_line(event.error)}"
    return "CACHED" if event.cached else f"DONE {vertex.ran:.1f}s"


def _named(name: str, platform: str) -> str:
    """Return a vertex' name on one line, with its call's platform where it is a step's and has none."""
    step = step_name(name)
    shown = one_line(name)
    return f"[{platform} {shown[1:]}" if platform and step and not step.platform else shown


def _precise(seconds: float) -> str:
    """Return seconds as BuildKit writes them before a line of output: four characters that tell most."""
    for limit, digits in ((10.0, 3), (100.0, 2)):
        if seconds < limit:
            return f"{seconds:.{digits}f}"
    return f"{seconds:.1f}"


def _size(value: int) -> str:
    """Return bytes as BuildKit writes them: ``67.36MB``."""
    for unit, factor in _UNITS:
        if value >= factor:
            return f"{value / factor:.2f}{unit}"
    return f"{value}B"
