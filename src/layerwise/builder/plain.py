"""Reads plain build logs: what ``--progress=plain`` writes, by itself or within the log of a CI job.

The printer writes one vertex at a time: a header (``#7 [2/3] RUN make``), then what the vertex does and says, until its
end (``#7 DONE 0.2s``) or until it turns to another (``#7 ...``) and comes back to it under the same header. So what a
line says follows from whether its vertex is the one being printed (moby/buildkit util/progress/progressui/printer.go).
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from operator import itemgetter

from layerwise.builder.observed import Observed
from layerwise.builder.printed import Build, Printed
from layerwise.builder.stamps import bare, lead, seconds, whole

_LINE = re.compile(r"#(\d+)(?: (.*))?", re.ASCII | re.DOTALL)
_BUILDER = re.compile(r'building with "([^"]*)" instance')
_SAID = re.compile(r"-?\d+\.\d+(?: (.*))?", re.ASCII | re.DOTALL)
_END = re.compile(
    r"DONE(?: (?:(?P<total>\d+(?:\.\d+)?)s|\S*))?|CACHED|CANCELED|ERROR(?:: (?P<error>.*))?", re.ASCII | re.DOTALL
)
_FAILURE = re.compile(
    r"(?:ERROR: |error: )?((?:target [^:]+: )?(?:failed to (?:solve|build|receive status)(?:: | with frontend )"
    r"|executor failed running ).*)|ERROR: (.*Canceled: context canceled.*)"
)


def read_plain(lines: Iterable[str]) -> tuple[Observed, ...]:
    r"""Return the builds of a log in the order in which they begin, none where no line is BuildKit's.

    Lines end with ``\n``: a lone ``\r`` belongs to the output of a step. They are taken one by one, so that a log need
    not fit into memory. Seconds are those that BuildKit prints; stamps give absolute times.
    """
    log = _Log()
    says, at, keep = log.reader.says, 0, log.reader.keep
    for line in whole(lines):
        if line.startswith(says, at):  # what the step being printed says: nearly every line of a long log
            keep(line)
        else:
            at = log.take(line, at)
            says, keep = log.reader.says, log.reader.keep
    return log.builds()


@dataclass(slots=True)
class _Reader:
    """Reads the lines of one origin; `says` is how lines begin that the step being printed wrote, `keep` takes them."""

    places: Iterator[int]
    builds: list[tuple[int, Observed]]
    build: Build
    block: Printed | None = None
    interrupted: bool = False
    says: tuple[str, ...] = ()
    keep: Callable[[str], object] = str  # not called: no line begins with one of none

    def take(self, number: str, text: str, stamp: str, line: str) -> None:
        if number == "0":
            self._builder(text, stamp)
        elif text:
            self._vertex(number, text, stamp, line)
            self.build.stamped(stamp)
            self.interrupted = False

    def _vertex(self, number: str, text: str, stamp: str, line: str) -> None:
        printed = self.build.printed.get(number)
        if self._is_header(printed, text):
            self._header(number, text)
        elif printed is not None:
            self._content(printed, text, stamp, line)
        else:
            self.build.unnamed.add(number)

    def other(self, text: str) -> None:
        failure = _FAILURE.match(text)
        if failure and self.build.printed and not self.build.error:
            self.build.error = failure[1] or failure[2]
            self._print(None)

    def begin(self, builder: str = "") -> None:
        self.build.followed = True
        self.finish()
        self.build = Build(next(self.places), builder)

    def finish(self) -> None:
        observed = self.build.observed()
        if observed is not None:
            self.builds.append((self.build.place, observed))

    def _builder(self, text: str, stamp: str) -> None:
        named = _BUILDER.match(text)
        if named:
            self.begin(named[1])
            self.build.stamped(stamp)

    def _is_header(self, printed: Printed | None, text: str) -> bool:
        if printed is not None and printed is self.block:
            return text.startswith("[") and not printed.is_named(text)
        return not (text == "..." or _SAID.fullmatch(text) or _END.fullmatch(text))

    def _header(self, number: str, name: str) -> None:
        if self._restarts(number, name):
            self.begin()
        printed = self.build.printed.setdefault(number, Printed(number, name))
        if not printed.is_named(name):
            self.build.doubled.add(number)
        self._print(printed)

    def _restarts(self, number: str, name: str) -> bool:
        """Whether a header opens another build, whose numbers begin again."""
        known = self.build.printed.get(number)
        if self.build.doubled:
            return self.interrupted and number == "1"
        if self.build.error:
            return True
        if known is None:
            return (self.interrupted and self.build.is_over()) or (number == "1" and bool(self.build.unnamed))
        if not known.is_named(name):
            early = number in {"1", "2"}
            return early and self.interrupted if self.build.open else early or self.interrupted
        # The same Dockerfile again. Vertices come back too, but not the first one after others have ended the build.
        is_first = number == "1" or known is next(iter(self.build.printed.values()))
        return is_first and known.closed and (self.interrupted or self.build.is_over())

    def _content(self, printed: Printed, text: str, stamp: str, line: str) -> None:
        if text == "...":
            self._print(None)
        elif _SAID.fullmatch(text):
            if not printed.closed:  # else old versions' excerpt of what failed
                printed.said.append(line)
        elif match := _END.fullmatch(text):
            printed.end(text, match, seconds(stamp))
            self._print(None)
        else:
            printed.work(text, stamp)

    def _print(self, printed: Printed | None) -> None:
        self.block = printed
        self.says = tuple(f"#{printed.number} {digit}" for digit in "0123456789") if printed else ()
        self.keep = printed.said.append if printed else str


class _Log:
    """Hands the lines of a log to the reader of their origin: jobs that run side by side write in turns."""

    def __init__(self) -> None:
        self._places = count()
        self._builds: list[tuple[int, Observed]] = []
        self._readers: dict[str, _Reader] = {}
        self.reader = self._of("")

    def take(self, line: str, before: int) -> int:
        """Take a line and return the width of what stands before BuildKit's text, ``before`` where there is none."""
        if "#" in line:
            width, stamp, origin = lead(line)
            match = _LINE.fullmatch(bare(line[width:]))
            if match:
                self.reader = self._of(origin)
                self.reader.take(match[1], match[2] or "", stamp, line)
                return width
        if line[before:].strip():
            self._other(line)
        return before

    def builds(self) -> tuple[Observed, ...]:
        for reader in self._readers.values():
            reader.finish()
        return tuple(observed for _, observed in sorted(self._builds, key=itemgetter(0)))

    def _of(self, origin: str) -> _Reader:
        if origin not in self._readers:
            self._readers[origin] = _Reader(self._places, self._builds, Build(next(self._places)))
        return self._readers[origin]

    def _other(self, line: str) -> None:
        self.reader.interrupted = True
        if "failed" in line or "anceled" in line:
            width, _, origin = lead(line)
            self._readers.get(origin, self.reader).other(bare(line[width:]))
