"""One logical line to one instruction (``newNodeFromLine`` in parser/parser.go, then instructions/parse.go)."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from layerwise.syntax import flags, heredoc, jsonform, variables, words
from layerwise.syntax.draft import Draft, skip_spaces
from layerwise.syntax.keywords import FLAGS_UNREAD
from layerwise.syntax.lines import SPACES, Lines, LogicalLine
from layerwise.syntax.problems import Problems
from layerwise.syntax.tree import (
    Copy,
    From,
    Heredoc,
    Instruction,
    Onbuild,
    Pair,
    Pairs,
    Run,
    Span,
    Unknown,
    Word,
)

_STAGE_NAME = re.compile(r"[a-z][a-z0-9\-_.]*")
_FROM_WITH_NAME = 3
_NOT_TRIGGERS = frozenset({"ONBUILD", "FROM", "MAINTAINER"})


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


def read(line: LogicalLine, lines: Lines, problems: Problems) -> Instruction:
    """Read one instruction, its here-documents included; one that BuildKit would refuse is noted and comes bare."""
    draft = Draft(line, lines, skip_spaces(line.text, 0))
    if draft.fields["flags"] and not _drops_flags(draft):
        for flag, message in flags.mistakes(draft.keyword, draft.fields["flags"]):
            problems.add(flag.span.start, message)
    try:
        instruction = _build(draft)
    except Refused as refused:
        instruction = Unknown(**draft.fields)
        problems.add(instruction.span.start if refused.at is None else draft.offset(refused.at), refused.message)
    return _with_heredocs(draft, instruction, problems)


def _drops_flags(draft: Draft) -> bool:
    return draft.keyword in FLAGS_UNREAD or (draft.keyword == "HEALTHCHECK" and draft.text.upper() == "NONE")


def _build(draft: Draft) -> Instruction:
    if not draft.keyword:
        raise Refused("no instruction stands here: a line with only an escape character continues nothing")
    build = _BUILDERS.get(draft.keyword)
    return Unknown(**draft.fields) if build is None else build(draft)


def _with_heredocs(draft: Draft, instruction: Instruction, problems: Problems) -> Instruction:
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
        span = Span(draft.place(one.start), draft.place(one.end - 1) + 1)
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


def _command(draft: Draft) -> Instruction:
    return Instruction(**draft.fields, exec_form=_exec_form(draft.text))


def _run(draft: Draft) -> Instruction:
    return Run(**draft.fields, exec_form=_exec_form(draft.text))


def _shell(draft: Draft) -> Instruction:
    form = _exec_form(draft.text)
    if not form:
        raise Refused('SHELL takes the JSON form: SHELL ["/bin/bash", "-c"]')
    return Instruction(**draft.fields, exec_form=form)


def _one_value(draft: Draft) -> Instruction:
    if not draft.text:
        raise Refused(f"{draft.keyword} takes one value")
    return Instruction(**draft.fields)


def _ports(draft: Draft) -> Instruction:
    if not draft.text:
        raise Refused("EXPOSE takes one port or more")
    return Instruction(**draft.fields)


def _volume(draft: Draft) -> Instruction:
    form = _exec_form(draft.text)
    if not (form if form is not None else draft.text):
        raise Refused("VOLUME takes one path or more")
    if form is not None and not all(path.strip(SPACES) for path in form):
        raise Refused("a path of VOLUME is empty")
    return Instruction(**draft.fields, exec_form=form)


def _from(draft: Draft) -> Instruction:
    args = words.BLANK.split(draft.text)
    if len(args) == 1 and draft.text:
        return From(**draft.fields, image=args[0], name=None)
    if len(args) != _FROM_WITH_NAME or args[1].lower() != "as":
        raise Refused("FROM takes an image, or an image, AS and a name: FROM image AS name")
    name = args[2].lower()
    if not _STAGE_NAME.fullmatch(name):
        at = draft.text.rindex(args[2])
        raise Refused(f"{args[2]!r} can't name a stage: a letter first, then letters, digits, '-', '_' and '.'", at)
    return From(**draft.fields, image=args[0], name=name)


def _copy(draft: Draft) -> Instruction:
    form = _exec_form(draft.text)
    pieces = words.blank_separated(draft.text) if form is None else _literals(draft.text, form)
    args = [Word(text, draft.span(start, end)) for text, start, end in pieces]
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


def _named_values(draft: Draft) -> Instruction:
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


def _legacy(draft: Draft) -> Pair:
    gap = words.BLANK.search(draft.text)
    if gap is None:
        raise Malformed(f"{draft.keyword} {draft.text} has no value: write {draft.text}=value", 0)
    name = variables.unquote(draft.text[: gap.start()], draft.escape)
    return Pair(name, draft.text[gap.end() :], draft.span(0, len(draft.text)))


def _arguments(draft: Draft) -> Instruction:
    pieces = list(words.quoted(draft.text, draft.escape))
    if not pieces:
        raise Refused("ARG takes a name, or name=default, one or more")
    return Pairs(**draft.fields, pairs=_pairs(draft, pieces))


def _pairs(draft: Draft, pieces: list[words.Piece]) -> tuple[Pair, ...]:
    found: list[Pair] = []
    for piece in pieces:
        name, equals, value = piece.text.partition("=")
        if not name:
            raise Refused(f"{draft.keyword} {piece.text} has no name before the '='", piece.start)
        span = draft.span(piece.start, piece.end)
        found.append(Pair(variables.unquote(name, draft.escape), value if equals else None, span))
    return tuple(found)


def _healthcheck(draft: Draft) -> Instruction:
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


def _onbuild(draft: Draft) -> Instruction:
    if not draft.text:
        raise Refused("ONBUILD takes an instruction")
    trigger = draft.trigger()
    if trigger.keyword in _NOT_TRIGGERS:
        raise Refused(f"{trigger.keyword} can't be triggered by ONBUILD", 0)
    return Onbuild(**draft.fields, trigger=_triggered(trigger))


def _triggered(draft: Draft) -> Instruction:
    """Read what ONBUILD stores. BuildKit checks it in the child's build only; a refused one is opaque till then."""
    try:
        return _build(draft)
    except Malformed:
        raise
    except Refused:
        return Unknown(**draft.fields)


_BUILDERS: dict[str, Callable[[Draft], Instruction]] = {
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
