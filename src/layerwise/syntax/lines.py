"""Physical lines to logical ones, as BuildKit joins them (``Parse`` in frontend/dockerfile/parser/parser.go).

Lines end at a line feed only; carriage returns at the end of a line are no part of it. Comment lines and empty lines
inside a continued instruction are dropped. Joining adds nothing: the white space that opens a continuation line stays.
"""

from collections.abc import Callable
from typing import NamedTuple

from layerwise.syntax.tree import Segment, Span

SPACES = "\t\n\v\f\r \x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"
"""What Go's ``unicode.IsSpace`` accepts; ``str.strip`` without argument takes four control characters more."""

BYTE_ORDER_MARK = "\ufeff"
LONGEST = 65535
"""The bytes that one physical line may have (``bufio.MaxScanTokenSize`` less its line feed)."""


class LogicalLine(NamedTuple):
    """One instruction's line after joining.

    Attributes:
        text: The joined text.
        start: Where it begins in the source.
        segments: Where its parts stand in the source; empty where it is one line.
        first: Index of the first physical line.
        last: Index of the last physical line, dropped ones included.
        comments: Index of the first of the comment lines directly above; ``first`` where there is none.
    """

    text: str
    start: int
    segments: tuple[Segment, ...]
    first: int
    last: int
    comments: int


class Lines:
    """A reader over the physical lines of a text."""

    __slots__ = ("_carriage", "_lines", "escape", "index", "starts", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.escape = "\\"
        self.index = 0
        self._carriage = "\r" in text
        self._lines = text.split("\n")
        if not self._lines[-1]:
            self._lines.pop()
        self.starts = _starts(self._lines)
        if text.startswith(BYTE_ORDER_MARK):
            self._lines[0] = self._lines[0][1:]
            self.starts[0] = 1

    @property
    def line_starts(self) -> tuple[int, ...]:
        """The offset of each line's first character, a byte order mark included."""
        return (0, *self.starts[1:])

    def line(self, index: int) -> str:
        """Return a physical line without its line end."""
        return self._lines[index].rstrip("\r")

    def end(self, index: int) -> int:
        """Return the offset just past a line, before its line end."""
        line = self._lines[index]
        return self.starts[index] + len(line.rstrip("\r") if self._carriage else line)

    def next_start(self, index: int) -> int:
        """Return the offset just past a line and its line end."""
        return self.starts[index + 1] if index + 1 < len(self.starts) else len(self.text)

    def peek(self) -> str | None:
        """Return the next physical line without its line end and without moving on; None at the end."""
        return self.line(self.index) if self.index < len(self._lines) else None

    def next(self) -> LogicalLine | None:
        """Read the next instruction's line, passing over empty lines and comments; None at the end."""
        lines = self._lines
        comments = -1
        for index in range(self.index, len(lines)):
            line = lines[index].lstrip(SPACES)
            if not line:
                comments = -1
            elif line[0] == "#":
                comments = index if comments < 0 else comments
            else:
                start = self.starts[index] + len(lines[index]) - len(line)
                return self._joined(line.rstrip("\r"), start, index, index if comments < 0 else comments)
        self.index = len(lines)
        return None

    def _joined(self, line: str, start: int, first: int, comments: int) -> LogicalLine:
        body, more = _cut(line, self.escape)
        self.index = first + 1
        if not more:
            return LogicalLine(line, start, (), first, first, comments)
        parts, segments, length = [body], [Segment(0, start)], len(body)
        while more and self.index < len(self._lines):
            line = self._lines[self.index]
            bare = line.lstrip(SPACES)
            if bare and bare[0] != "#":
                body, more = _cut(line.rstrip("\r"), self.escape)
                parts.append(body)
                segments.append(Segment(length, self.starts[self.index]))
                length += len(body)
            self.index += 1
        return LogicalLine("".join(parts), start, tuple(segments), first, self.index - 1, comments)

    def read_until(self, ends: Callable[[str], bool]) -> Span | None:
        """Read up to the first line that ``ends`` and past it; return what stands before it, or None at the end."""
        start = self.index
        for index in range(start, len(self._lines)):
            if ends(self.line(index)):
                self.index = index + 1
                return Span(self.starts[start], self.starts[index])
        self.index = len(self._lines)
        return None

    def too_long(self) -> list[int]:
        """Return the indexes of the physical lines that BuildKit's scanner can't hold."""
        if len(self.text) * 4 <= LONGEST:
            return []
        return [
            index
            for index, line in enumerate(self._lines)
            if len(line) * 4 > LONGEST and len(line.encode("utf-8", "surrogateescape")) > LONGEST
        ]


def _starts(lines: list[str]) -> list[int]:
    starts, offset = [], 0
    for line in lines:
        starts.append(offset)
        offset += len(line) + 1
    return starts


def _cut(line: str, escape: str) -> tuple[str, bool]:
    r"""Cut the continuation off a line; say whether there was one.

    An escape character preceded by another ends the line, whatever precedes that one: ``foo \\\` too.
    """
    if escape not in line:
        return line, False
    bare = line.rstrip(" \t")
    if not bare.endswith(escape) or bare[-2:-1] == escape:
        return line, False
    return bare[:-1], True
