"""The lossless tree of a Dockerfile: nodes hold offsets into the text, so the text is never rebuilt.

``str(dockerfile)`` is the source. A change is a set of edits on spans (``edit.py``), so bytes that no edit names
cannot change. Offsets count characters of the decoded text; files are decoded as UTF-8 with ``surrogateescape``,
so that any byte survives the round trip.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from layerwise.syntax.keywords import known_flags


class Span(NamedTuple):
    """A half-open range of the text, in characters."""

    start: int
    end: int


class Position(NamedTuple):
    """A 1-based line and column."""

    line: int
    column: int


class Segment(NamedTuple):
    """Where one physical line's part of a joined text begins: in the text, and in the source."""

    logical: int
    source: int


@dataclass(frozen=True, slots=True)
class Directive:
    """A parser directive: ``# syntax=``, ``# escape=`` or ``# check=``."""

    name: str
    value: str
    span: Span


@dataclass(frozen=True, slots=True)
class Flag:
    """A ``--name[=value]`` right after the keyword, quotes and escapes removed as BuildKit removes them."""

    name: str
    value: str | None
    span: Span


@dataclass(frozen=True, slots=True)
class Heredoc:
    """A here-document of a RUN, COPY or ADD.

    Attributes:
        name: The delimiter without quotes.
        content: The body as BuildKit hands it on (leading tabs stripped for ``<<-``).
        expand: Whether variables in the body are expanded (the delimiter was not quoted).
        chomp: Whether it was opened by ``<<-``.
        file_descriptor: The number before ``<<``, 0 where none is given.
        body: The span of the body, without the line of the terminator.
        opener: The span of the ``<<NAME`` word.
    """

    name: str
    content: str
    expand: bool
    chomp: bool
    file_descriptor: int
    body: Span
    opener: Span


@dataclass(frozen=True, slots=True)
class Word:
    """One argument word as written after line joining, quotes and variables untouched.

    In the JSON form ``text`` is the decoded string and ``span`` the string literal, quotes included.
    """

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Pair:
    """``name=value`` of ENV, ARG or LABEL.

    ``name`` is without quotes; ``value`` is raw (unexpanded), ``None`` for a bare ``ARG name``.
    """

    name: str
    value: str | None
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """One Dockerfile instruction as written.

    Attributes:
        keyword: In upper case: ``RUN``.
        span: From the keyword to the end of the last line (here-document terminators included), without its line end.
        block: ``span`` with the comment lines directly above, whole lines with their line ends: what moves together.
        line: 1-based first line: the keyword's, or that of a lone escape character above it.
        end_line: 1-based last line, as BuildKit counts it: comments and empty lines that a dangling continuation
            swallowed are included.
        flags: In the order written.
        text: What follows the flags after joining continued lines, comments and empty lines dropped.
        text_start: Offset in the source of the first character of ``text``.
        exec_form: The decoded JSON array, or None in shell form.
        heredocs: In the order opened.
        segments: Where the parts of a ``text`` joined from several lines stand in the source, empty for one line;
            read it through ``source_offset`` and ``source_span``.
    """

    keyword: str
    span: Span
    block: Span
    line: int
    end_line: int
    flags: tuple[Flag, ...] = ()
    text: str = ""
    text_start: int = 0
    exec_form: tuple[str, ...] | None = None
    heredocs: tuple[Heredoc, ...] = ()
    segments: tuple[Segment, ...] = ()

    def flag(self, name: str) -> str | None:
        """Return the value of the last flag called ``name``: ``""`` where it has none, None where it is absent."""
        for flag in reversed(self.flags):
            if flag.name == name:
                return flag.value or ""
        return None

    def flag_values(self, name: str) -> tuple[str, ...]:
        """Return the values of a repeatable flag, in order."""
        return tuple(flag.value or "" for flag in self.flags if flag.name == name)

    @property
    def opaque_flags(self) -> tuple[Flag, ...]:
        """The flags that layerwise does not know for this keyword: newer than it, or a mistake."""
        if not self.flags:
            return ()
        known = known_flags(self.keyword)
        return tuple(flag for flag in self.flags if flag.name not in known)

    @property
    def opaque(self) -> bool:
        """Whether layerwise can't say what this instruction does, so that nothing may be moved across it."""
        return bool(self.opaque_flags)

    def source_offset(self, logical: int) -> int:
        """Return where character ``logical`` of ``text`` stands in the source; ``len(text)`` is just past its end."""
        if not self.segments:
            return self.text_start + logical
        if logical and logical >= len(self.text):
            return locate(self.segments, len(self.text) - 1) + 1
        return locate(self.segments, logical)

    def source_span(self, start: int, end: int) -> Span:
        """Return the span of ``text[start:end]`` in the source, continuations and comments between them included."""
        first = self.source_offset(start)
        return Span(first, first if start == end else self.source_offset(end - 1) + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class From(Instruction):
    """``FROM [--platform=P] IMAGE [AS NAME]``; ``image`` is raw, ``name`` lower-cased."""

    image: str
    name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run(Instruction):
    """``RUN``: its command is ``text``, ``exec_form``, or the first here-document when ``text`` is only its opener."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy(Instruction):
    """``COPY`` or ``ADD``: raw sources and destination; here-document sources appear as their opener in ``sources``."""

    sources: tuple[Word, ...]
    destination: Word


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs(Instruction):
    """``ENV``, ``ARG`` or ``LABEL``."""

    pairs: tuple[Pair, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Onbuild(Instruction):
    """``ONBUILD``: the triggered instruction, parsed, with spans in the same text."""

    trigger: Instruction

    @property
    def opaque(self) -> bool:
        """Whether the ONBUILD or what it triggers is opaque."""
        return self.trigger.opaque or bool(self.opaque_flags)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown(Instruction):
    """A keyword layerwise does not know (newer than it, or a mistake): kept, opaque, never moved across."""

    @property
    def opaque(self) -> bool:
        """Always true."""
        return True


@dataclass(frozen=True, slots=True)
class Stage:
    """What a FROM opens.

    Attributes:
        index: Counted from 0.
        opening: The FROM.
        instructions: What follows it, up to the next FROM.
        label: Its name, else its number among the stages without one: it stays when a stage with a name is added.
    """

    index: int
    opening: From
    instructions: tuple[Instruction, ...]
    label: str

    @property
    def name(self) -> str:
        """The stage's name as BuildKit shows it: the declared one, or ``stage-<index>``."""
        return self.opening.name or f"stage-{self.index}"


@dataclass(frozen=True, slots=True)
class Dockerfile:
    """A parsed file.

    Attributes:
        path: As the user named it; used in messages only.
        text: The whole source.
        directives: In order; at most one of a name.
        escape: The escape character: a backslash or a backtick.
        preamble: The instructions above the first FROM (ARG only, in what BuildKit accepts).
        stages: At least one.
    """

    path: str
    text: str
    directives: tuple[Directive, ...]
    escape: str
    preamble: tuple[Instruction, ...]
    stages: tuple[Stage, ...]
    line_starts: tuple[int, ...] = field(repr=False, compare=False)

    def __str__(self) -> str:
        return self.text

    def instructions(self) -> Iterator[Instruction]:
        """Yield every instruction in the order written, FROMs included."""
        yield from self.preamble
        for stage in self.stages:
            yield stage.opening
            yield from stage.instructions

    def position(self, offset: int) -> Position:
        """Return the line and column of an offset."""
        line = bisect_right(self.line_starts, offset)
        return Position(line, offset - self.line_starts[line - 1] + 1)

    def source(self, span: Span) -> str:
        """Return the text of a span."""
        return self.text[span.start : span.end]


def locate(segments: tuple[Segment, ...], logical: int) -> int:
    """Return where a character of a joined text stands in the source."""
    segment = segments[bisect_right(segments, logical, key=_logical) - 1]
    return segment.source + logical - segment.logical


def _logical(segment: Segment) -> int:
    return segment.logical
