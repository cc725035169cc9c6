"""A build as far as a plain log prints it, and the vertices that this comes to."""

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from layerwise.builder.names import ends_a_build
from layerwise.builder.observed import Observed, Status, Vertex
from layerwise.builder.stamps import bare, lead, seconds
from layerwise.records import Ending, Outcome

_LOG_LINES = 20  # kept of each vertex, for the one that fails
_STATUS = re.compile(
    r"(?P<name>.+?)(?: (?P<now>[\d.*]+[kMGTP]?B)(?: / (?P<total>[\d.*]+[kMGTP]?B))?)?(?: (?P<took>\d+\.\d)s)? done",
    re.ASCII,
)
_SIZE = re.compile(r"(\d+(?:\.\d+)?)([kMGTP]?)B", re.ASCII)
_UNITS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15}
_PREPARES = re.compile(r"\[internal\] (?:booting buildkit|load (?:local|git|remote) bake definitions|pushing )")
_BRACKETED = re.compile(r"\[[^\]]*\] ")
_LAST = ("exporting ", "pushing ", "importing to docker", "resolving provenance")


@dataclass(slots=True)
class Printed:
    """A vertex as far as it was printed; `said` holds whole lines of the log."""

    number: str
    name: str
    begun: bool = False
    closed: bool = False
    cached: bool = False
    cancelled: bool = False
    error: str = ""
    seconds: float | None = None
    runs: list[tuple[float, float]] = field(default_factory=list)
    statuses: dict[str, Status] = field(default_factory=dict)
    said: deque[str] = field(default_factory=lambda: deque(maxlen=_LOG_LINES))

    def is_named(self, name: str) -> bool:
        """Whether a header means this vertex."""
        return self.name.startswith(name)  # the last line of a cut log may break off

    def end(self, text: str, match: re.Match[str], now: float | None) -> None:
        """Take the line that ends a block of the vertex; ``now`` is its stamp in seconds since the epoch."""
        self.closed = True
        self.cached = self.cached or text == "CACHED"
        if text.startswith("ERROR"):
            self.error = match["error"] or "no reason is given"
        self.cancelled = text == "CANCELED" or self.error.endswith("context canceled")
        if match["total"]:
            self._add(float(match["total"]), now)

    def _add(self, total: float, now: float | None) -> None:
        """Take the seconds so far: a vertex that runs again is printed with the sum of its runs."""
        ran = total - (self.seconds or 0.0)
        if now is not None:
            begun = max([now - ran, *(end for _, end in self.runs)])
            if begun < now or not self.runs:
                self.runs.append((begun, now))
        self.seconds = max(total, self.seconds or 0.0)

    def work(self, text: str, stamp: str) -> None:
        """Take a line about what the vertex does."""
        self.begun = True
        match = _STATUS.fullmatch(text) if text.endswith(" done") else None
        if match:  # a line that comes twice tells of one piece of work; `bake` hears of it once a target
            took, now = float(match["took"] or 0), seconds(stamp)
            sizes = [size for size in (_size(match["now"]), _size(match["total"])) if size is not None]
            span = None if now is None else (now - took, now)
            size = max(sizes, default=None)
            self.statuses[text] = Status(name=match["name"], span=span, seconds=took, size_bytes=size)

    def vertex(self, *, build_failed: bool) -> Vertex:
        """Return what the lines come to."""
        outcome = self._outcome(build_failed=build_failed)
        runs = tuple(self.runs)
        return Vertex(
            digest=self.number,
            name=self.name,
            outcome=outcome,
            runs=runs if outcome is Outcome.EXECUTED else (),
            transfers=runs if outcome is Outcome.CACHED else (),
            seconds=self.seconds if outcome is Outcome.EXECUTED else None,
            statuses=tuple(self.statuses.values()),
            error=self.error,
            log=tuple(map(_said, self.said)) if outcome is Outcome.FAILED else (),
        )

    def _outcome(self, *, build_failed: bool) -> Outcome:
        if self.cancelled:
            return Outcome.CANCELLED
        if self.error:
            return Outcome.FAILED
        if self.cached:
            return Outcome.CACHED
        if self.closed:
            return Outcome.EXECUTED
        return Outcome.SKIPPED if build_failed and not (self.begun or self.said) else Outcome.CANCELLED


@dataclass(slots=True)
class Build:
    """A build as far as it was printed; `place` is the order in which builds begin."""

    place: int
    builder: str = ""
    printed: dict[str, Printed] = field(default_factory=dict)
    unnamed: set[str] = field(default_factory=set)
    doubled: set[str] = field(default_factory=set)
    first: str = ""
    last: str = ""
    error: str = ""
    followed: bool = False

    def stamped(self, stamp: str) -> None:
        """Take the stamp of a line."""
        self.first = self.first or stamp
        self.last = stamp or self.last

    @property
    def open(self) -> bool:
        """Whether some vertex has no end yet."""
        return not self.error and not all(one.closed for one in self.printed.values())

    def is_over(self) -> bool:
        """Whether what ends a build was printed."""
        return bool(self.error) or (not self.open and any(one.name.startswith(_LAST) for one in self.printed.values()))

    def observed(self) -> Observed | None:
        """Return the build, None where it is none."""
        if not self._is_build():
            return None
        failed = any(one.error and not one.cancelled and ends_a_build(one.name) for one in self.printed.values())
        ending = self._ending(failed=failed)
        kept = [one for number, one in self.printed.items() if number not in self.doubled]
        vertices = tuple(one.vertex(build_failed=ending is Ending.FAILED) for one in kept)
        errors = [one.error for one in vertices if one.outcome is Outcome.FAILED] if failed else []
        return Observed(
            vertices=vertices,
            ending=ending,
            started_at=seconds(self.first),
            ended_at=seconds(self._latest()),
            builder=self.builder,
            error=self.error or next(iter(errors), ""),
            notes=tuple(self._notes(ending)),
        )

    def _is_build(self) -> bool:
        """Whether this is more than a builder that boots, an image that is copied or a trace with numbered lines."""
        if all(_PREPARES.match(one.name) for one in self.printed.values()):
            return False
        return bool(self.builder) or any(one.closed or _BRACKETED.match(one.name) for one in self.printed.values())

    def _ending(self, *, failed: bool) -> Ending:
        if self.doubled:
            return Ending.CUT
        if failed:
            return Ending.FAILED
        if self.error:
            return Ending.CANCELLED if "anceled" in self.error else Ending.FAILED
        if self.open:
            return Ending.CUT
        return Ending.CANCELLED if any(one.cancelled for one in self.printed.values()) else Ending.COMPLETED

    def _latest(self) -> str:
        said = [one.said[-1] for one in self.printed.values() if one.said and not one.closed]
        return max([self.last, *(lead(line).stamp for line in said)])

    def _notes(self, ending: Ending) -> Iterator[str]:
        if self.unnamed:
            yield f"the log does not name {_numbers(self.unnamed)}: its beginning is missing"
        if self.doubled:
            yield f"two builds write into the log at once and both call something {_numbers(self.doubled)}: left out"
        running = next((one.name for one in self.printed.values() if not one.closed), None)
        if ending is Ending.CUT and running is not None:
            yield f"{'another build begins' if self.followed else 'the log ends'} while {running!r} runs"


def _said(line: str) -> str:
    """Return what a step wrote, without the number of its vertex and the seconds before it."""
    return bare(line[lead(line).width :]).partition(" ")[2].partition(" ")[2]


def _size(text: str | None) -> int | None:
    match = _SIZE.fullmatch(text or "")  # a CI system stars out what looks like a secret
    return round(float(match[1]) * _UNITS[match[2]]) if match else None


def _numbers(numbers: Iterable[str]) -> str:
    return ", ".join(f"#{number}" for number in sorted(numbers, key=int))
