"""An instruction half read: keyword, flags and text cut out of a logical line, with their places in the source."""

import re
from typing import TypedDict

from layerwise.syntax import flags
from layerwise.syntax.keywords import canonical
from layerwise.syntax.lines import SPACES, Lines, LogicalLine
from layerwise.syntax.tree import Flag, Heredoc, Segment, Span, locate

_KEYWORD = re.compile(r"([^\t\v\f\r ]*)[\t\v\f\r ]*")


class Common(TypedDict):
    """The fields that every instruction has."""

    keyword: str
    span: Span
    block: Span
    line: int
    end_line: int
    flags: tuple[Flag, ...]
    text: str
    text_start: int
    heredocs: tuple[Heredoc, ...]
    segments: tuple[Segment, ...]


class Draft:
    """An instruction being read.

    Attributes:
        keyword: In upper case; empty where a line is only an escape character.
        text: What follows the flags.
        fields: What every kind of instruction is made with.
        line: The logical line it stands in; a triggered instruction shares it with its ONBUILD.
        lines: Where here-documents are read from.
        escape: The escape character.
    """

    __slots__ = ("_end", "_start", "escape", "fields", "keyword", "line", "lines", "text")

    def __init__(self, line: LogicalLine, lines: Lines, start: int = 0) -> None:
        """Cut the instruction that begins at character ``start`` of a logical line."""
        self.line = line
        self.lines = lines
        self.escape = lines.escape
        whole = line.text.rstrip(SPACES)
        self._end = len(whole)
        match = _KEYWORD.match(whole, start)
        assert match is not None, "the pattern matches the empty string"
        self.keyword = canonical(match[1])
        rest = match.end()
        found: tuple[Flag, ...] = ()
        if whole.startswith("--", rest):
            scanned, rest = flags.scan(whole, rest, self.escape)
            found = tuple([self._flag(word) for word in scanned])
        rest = skip_spaces(whole, rest)
        self._start = rest
        self.text = whole[rest:]
        self.fields: Common = {
            "keyword": self.keyword,
            "span": Span(self.place(start), lines.end(line.last)),
            "block": Span(lines.starts[line.comments], lines.next_start(line.last)),
            "line": line.first + 1,
            "end_line": line.last + 1,
            "flags": found,
            "text": self.text,
            "text_start": self.place(rest),
            "heredocs": (),
            "segments": self._segments() if line.segments else (),
        }

    def place(self, index: int) -> int:
        """Return where a character of the logical line stands in the source."""
        segments = self.line.segments
        if not segments:
            return self.line.start + index
        if index and index >= self._end:
            return locate(segments, self._end - 1) + 1
        return locate(segments, index)

    def offset(self, index: int) -> int:
        """Return where a character of ``text`` stands in the source."""
        return self.place(self._start + index)

    def span(self, start: int, end: int) -> Span:
        """Return where a stretch of ``text``, not an empty one, stands in the source."""
        return Span(self.offset(start), self.offset(end - 1) + 1)

    def trigger(self) -> "Draft":
        """Cut the instruction that ``text`` is."""
        return Draft(self.line, self.lines, self._start)

    def _segments(self) -> tuple[Segment, ...]:
        rest, end = self._start, self._end
        later = [Segment(one.logical - rest, one.source) for one in self.line.segments if rest < one.logical < end]
        return (Segment(0, self.place(rest)), *later)

    def _flag(self, word: flags.FlagWord) -> Flag:
        name, equals, value = word.text[2:].partition("=")
        return Flag(name, value if equals else None, Span(self.place(word.start), self.place(word.end - 1) + 1))


def skip_spaces(text: str, start: int) -> int:
    """Return where the white space that begins at ``start`` ends."""
    while start < len(text) and text[start] in SPACES:
        start += 1
    return start
