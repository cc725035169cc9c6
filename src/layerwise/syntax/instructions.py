"""One logical line to one instruction (``newNodeFromLine`` in parser/parser.go, then instructions/parse.go)."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypedDict

from layerwise.syntax import flags, heredoc, jsonform, variables, words
from layerwise.syntax.keywords import KEYWORDS
from layerwise.syntax.lines import SPACES, Lines, LogicalLine
from layerwise.syntax.problems import Problems
from layerwise.syntax.tree import (
    Copy,
    Flag,
    From,
    Heredoc,
    Instruction,
    Onbuild,
    Pair,
    Pairs,
    Run,
    Segment,
    Span,
    Unknown,
    Word,
)

_KEYWORD = re.compile(r"[^\t\v\f\r ]+")
_STAGE_NAME = re.compile(r"[a-z][a-z0-9\-_.]*")
_FROM_WITH_NAME = 3
_NOT_TRIGGERS = frozenset({"ONBUILD", "FROM", "MAINTAINER"})


class _Common(TypedDict):
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


class Refused(Exception):
    """BuildKit would refuse the instruction; caught by ``read``.

    Attributes:
        message: What is wrong, and what would be right.
        at: Where, in the instruction's text; None for the keyword.
    """

    def __init__(self, message: str, at: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.at = at


class Malformed(Refused):
    """The line itself can't be read, so that BuildKit refuses it under ONBUILD too."""


class _Draft:
    """An instruction being read: a stretch of a logical line."""

    __slots__ = ("end", "escape", "fields", "keyword", "line", "lines", "text", "written")

    def __init__(self, line: LogicalLine, start: int, lines: Lines) -> None:
        text = line.text
        self.line = line
        self.lines = lines
        self.escape = lines.escape
        self.end = len(text.rstrip(SPACES))
        match = _KEYWORD.match(text, start, self.end)
        self.written = match[0] if match else ""
        self.keyword = KEYWORDS.get(self.written.lower()) or self.written.upper()
        after = match.end() if match else self.end
        found: tuple[Flag, ...] = ()
        rest = _skip(text, after, self.end)
        if text.startswith("--", rest):
            scanned, rest = flags.scan(text[: self.end], rest, self.escape)
            found = tuple(self._flag(one) for one in scanned)
            rest = _skip(text, rest, self.end)
        self.text = text[rest : self.end]
        begin = self.offset(start)
        segments = self._segments(rest)
        self.fields: _Common = {
            "keyword": self.keyword,
            "span": Span(begin, lines.end(line.last)),
            "block": Span(lines.starts[line.comments], lines.next_start(line.last)),
            "line": line.first + 1,
            "end_line": line.last + 1,
            "flags": found,
            "text": self.text,
            "text_start": segments[0].source if self.text else self.offset(self.end),
            "heredocs": (),
            "segments": segments,
        }

    def offset(self, logical: int) -> int:
        """Where a character of the logical line stands in the source."""
        segments = self.line.segments
        if len(segments) == 1:
            return segments[0].source + logical
        if logical and logical >= self.end:
            return self.offset(self.end - 1) + 1
        found = segments[0]
        for segment in segments:
            if segment.logical > logical:
                break
            found = segment
        return found.source + logical - found.logical

    def _segments(self, rest: int) -> tuple[Segment, ...]:
        segments = self.line.segments
        if len(segments) == 1:
            return (Segment(0, segments[0].source + rest),)
        later = (Segment(one.logical - rest, one.source) for one in segments if rest < one.logical < self.end)
        return (Segment(0, self.offset(rest)), *later)

    def _flag(self, word: flags.FlagWord) -> Flag:
        name, equals, value = word.text[2:].partition("=")
        span = Span(self.offset(word.start), self.offset(word.end - 1) + 1)
        return Flag(name, value if equals else None, span)


def _skip(text: str, start: int, end: int) -> int:
    while start < end and text[start] in SPACES:
        start += 1
    return start


def read(line: LogicalLine, lines: Lines, problems: Problems) -> Instruction:
    """Read one instruction, its here-documents included; one that BuildKit would refuse is noted and comes bare."""
    start = _skip(line.text, 0, len(line.text))
    draft = _Draft(line, start, lines)
    for flag, message in flags.mistakes(draft.keyword, draft.fields["flags"]):
        problems.add(flag.span.start, message)
    try:
        instruction = _build(draft)
    except Refused as refused:
        instruction = _bare(draft)
        start = instruction.span.start if refused.at is None else instruction.source_offset(refused.at)
        problems.add(start, refused.message)
    return _with_heredocs(draft, instruction, problems)


def _bare(draft: _Draft) -> Instruction:
    return Unknown(**draft.fields)


def _build(draft: _Draft) -> Instruction:
    if not draft.keyword:
        raise Refused("no instruction stands here: a line with only an escape character continues nothing")
    build = _BUILDERS.get(draft.keyword)
    return _bare(draft) if build is None else build(draft)


def _with_heredocs(draft: _Draft, instruction: Instruction, problems: Problems) -> Instruction:
    """Read the here-documents that the line opens; a refused line's too, so that their bodies are not read as lines."""
    if "<<" not in draft.line.text or not _may_open(instruction):
        return instruction
    try:
        opened = heredoc.openers(draft.line.text)
    except variables.ExpansionError as error:
        problems.add(draft.fields["span"].start, f"the here-document's delimiter can't be read: {error}")
        return instruction
    found: list[Heredoc] = []
    for one in opened:
        span = Span(draft.offset(one.start), draft.offset(one.end - 1) + 1)
        document = heredoc.read_body(one, span, draft.lines)
        if document is None:
            problems.add(span.start, heredoc.unterminated(one))
            break
        found.append(document)
    return _extended(instruction, tuple(found), draft.lines) if found else instruction


def _may_open(instruction: Instruction) -> bool:
    if isinstance(instruction, Onbuild):
        instruction = instruction.trigger
    return instruction.keyword in {"RUN", "COPY", "ADD"} and instruction.exec_form is None


def _extended(instruction: Instruction, documents: tuple[Heredoc, ...], lines: Lines) -> Instruction:
    last = lines.index - 1
    extended = replace(
        instruction,
        heredocs=documents,
        span=Span(instruction.span.start, lines.end(last)),
        block=Span(instruction.block.start, lines.next_start(last)),
        end_line=last + 1,
    )
    if isinstance(extended, Onbuild):
        return replace(extended, trigger=_extended(extended.trigger, documents, lines))
    return extended


def _exec_form(text: str) -> tuple[str, ...] | None:
    try:
        return jsonform.decode(text)
    except jsonform.NotStringsError as error:
        raise Malformed("the JSON form takes strings only: put each element in double quotes", 0) from error


def _command(draft: _Draft) -> Instruction:
    return Instruction(**draft.fields, exec_form=_exec_form(draft.text))


def _run(draft: _Draft) -> Instruction:
    return Run(**draft.fields, exec_form=_exec_form(draft.text))


def _shell(draft: _Draft) -> Instruction:
    form = _exec_form(draft.text)
    if not form:
        raise Refused('SHELL takes the JSON form: SHELL ["/bin/bash", "-c"]')
    return Instruction(**draft.fields, exec_form=form)


def _one_value(draft: _Draft) -> Instruction:
    if not draft.text:
        raise Refused(f"{draft.keyword} takes one value")
    return Instruction(**draft.fields)


def _ports(draft: _Draft) -> Instruction:
    if not draft.text:
        raise Refused("EXPOSE takes one port or more")
    return Instruction(**draft.fields)


def _volume(draft: _Draft) -> Instruction:
    form = _exec_form(draft.text)
    if not (form if form is not None else draft.text):
        raise Refused("VOLUME takes one path or more")
    if form is not None and not all(path.strip(SPACES) for path in form):
        raise Refused("a path of VOLUME is empty")
    return Instruction(**draft.fields, exec_form=form)


def _from(draft: _Draft) -> Instruction:
    args = [piece.text for piece in words.blank_separated(draft.text)]
    if len(args) == 1:
        return From(**draft.fields, image=args[0], name=None)
    if len(args) != _FROM_WITH_NAME or args[1].lower() != "as":
        raise Refused("FROM takes an image, or an image, AS and a name: FROM image AS name")
    name = args[2].lower()
    if not _STAGE_NAME.fullmatch(name):
        at = draft.text.rindex(args[2])
        raise Refused(f"{args[2]!r} can't name a stage: a letter first, then letters, digits, '-', '_' and '.'", at)
    return From(**draft.fields, image=args[0], name=name)


def _copy(draft: _Draft) -> Instruction:
    form = _exec_form(draft.text)
    bare = _bare(draft)
    args = [
        Word(piece.text, bare.source_span(piece.start, piece.end))
        for piece in (words.blank_separated(draft.text) if form is None else _literals(draft.text, form))
    ]
    if len(args) <= 1:
        raise Refused(f"{draft.keyword} takes one source or more and a destination")
    if _opens(args[-1].text):
        raise Refused(f"a here-document can't be the destination of {draft.keyword}: end the line with a path")
    return Copy(**draft.fields, exec_form=form, sources=tuple(args[:-1]), destination=args[-1])


def _literals(text: str, form: tuple[str, ...]) -> Iterator[words.Piece]:
    for decoded, (start, end) in zip(form, jsonform.literals(text), strict=True):
        yield words.Piece(decoded, start, end)


def _opens(word: str) -> bool:
    try:
        return "<<" in word and heredoc.opener(word) is not None
    except variables.ExpansionError:
        return False


def _named_values(draft: _Draft) -> Instruction:
    """ENV and LABEL: ``name=value …``, or the legacy ``name rest of the line`` where the first word has no ``=``."""
    pieces = list(words.quoted(draft.text, draft.escape))
    if not pieces:
        raise Refused(f"{draft.keyword} takes name=value, one or more")
    if "=" not in pieces[0].text:
        return Pairs(**draft.fields, pairs=(_legacy(draft),))
    for piece in pieces:
        if "=" not in piece.text:
            raise Malformed(f"{piece.text!r} has no '=': quote the value before it, or write name=value", piece.start)
    return Pairs(**draft.fields, pairs=_pairs(draft, pieces))


def _legacy(draft: _Draft) -> Pair:
    gap = words.BLANK.search(draft.text)
    if gap is None:
        raise Malformed(f"{draft.keyword} {draft.text} has no value: write {draft.text}=value", 0)
    name = variables.unquote(draft.text[: gap.start()], draft.escape)
    return Pair(name, draft.text[gap.end() :], _bare(draft).source_span(0, len(draft.text)))


def _arguments(draft: _Draft) -> Instruction:
    pieces = list(words.quoted(draft.text, draft.escape))
    if not pieces:
        raise Refused("ARG takes a name, or name=default, one or more")
    return Pairs(**draft.fields, pairs=_pairs(draft, pieces))


def _pairs(draft: _Draft, pieces: list[words.Piece]) -> tuple[Pair, ...]:
    bare = _bare(draft)
    found: list[Pair] = []
    for piece in pieces:
        name, equals, value = piece.text.partition("=")
        if not name:
            raise Refused(f"{draft.keyword} {piece.text} has no name before the '='", piece.start)
        span = bare.source_span(piece.start, piece.end)
        found.append(Pair(variables.unquote(name, draft.escape), value if equals else None, span))
    return tuple(found)


def _healthcheck(draft: _Draft) -> Instruction:
    kind, _, rest = _partition(draft.text)
    if kind.upper() == "NONE":
        if rest:
            raise Refused("HEALTHCHECK NONE takes no arguments")
        return Instruction(**draft.fields)
    if kind.upper() != "CMD":
        raise Refused("HEALTHCHECK takes CMD and a command, or NONE")
    form = _exec_form(rest)
    if not (rest if form is None else form):
        raise Refused("HEALTHCHECK CMD takes a command")
    return Instruction(**draft.fields, exec_form=form)


_GAP = re.compile(rf"[{SPACES}]+")


def _partition(text: str) -> tuple[str, str, str]:
    gap = _GAP.search(text)
    return (text, "", "") if gap is None else (text[: gap.start()], gap[0], text[gap.end() :])


def _onbuild(draft: _Draft) -> Instruction:
    if not draft.text:
        raise Refused("ONBUILD takes an instruction")
    trigger = _Draft(draft.line, draft.end - len(draft.text), draft.lines)
    if trigger.keyword in _NOT_TRIGGERS:
        raise Refused(f"{trigger.keyword} can't be triggered by ONBUILD", 0)
    trigger.fields["block"] = draft.fields["block"]
    return Onbuild(**draft.fields, trigger=_triggered(trigger))


def _triggered(draft: _Draft) -> Instruction:
    """Read what ONBUILD stores. BuildKit checks it in the child's build only; a refused one is opaque till then."""
    try:
        return _build(draft)
    except Malformed:
        raise
    except Refused:
        return _bare(draft)


_BUILDERS: dict[str, Callable[[_Draft], Instruction]] = {
    "ADD": _copy,
    "ARG": _arguments,
    "CMD": _command,
    "COPY": _copy,
    "ENTRYPOINT": _command,
    "ENV": _named_values,
    "EXPOSE": _ports,
    "FROM": _from,
    "HEALTHCHECK": _healthcheck,
    "LABEL": _named_values,
    "MAINTAINER": _one_value,
    "ONBUILD": _onbuild,
    "RUN": _run,
    "SHELL": _shell,
    "STOPSIGNAL": _one_value,
    "USER": _one_value,
    "VOLUME": _volume,
    "WORKDIR": _one_value,
}
