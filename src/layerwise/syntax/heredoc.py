"""Here-documents of RUN, COPY and ADD (``heredocsFromLine`` in frontend/dockerfile/parser/parser.go)."""

import re
from typing import NamedTuple

from layerwise.syntax import variables
from layerwise.syntax.lines import Lines
from layerwise.syntax.tree import Heredoc, Span

_OPENER = re.compile(r"(?P<fd>[0-9]*)<<(?P<chomp>-?)[\t\n\f\r ]*(?P<rest>[^<]*)", re.DOTALL)
_TABS = re.compile(r"^\t+", re.MULTILINE)


class Opener(NamedTuple):
    """A word that opens a here-document, and where it stands in the logical line."""

    name: str
    expand: bool
    chomp: bool
    file_descriptor: int
    start: int
    end: int


def openers(line: str) -> list[Opener]:
    """Find the here-documents that a logical line opens; none where BuildKit's lexer can't read it.

    Raises:
        ExpansionError: BuildKit can't read a delimiter.
    """
    try:
        pieces = list(variables.shell_pieces(line))
    except variables.ExpansionError:
        return []
    found = (opener(piece.text, piece.start, piece.end) for piece in pieces)
    return [one for one in found if one is not None]


def opener(word: str, start: int = 0, end: int = 0) -> Opener | None:
    """Read a word as the opener of a here-document; None where it is not one.

    Raises:
        ExpansionError: BuildKit can't read the delimiter.
    """
    match = _OPENER.fullmatch(word)
    if match is None or not match["rest"]:
        return None
    names = variables.unquoted_words(match["rest"])
    if len(names) != 1:
        return None
    return Opener(
        names[0],
        _quotes(names[0]) == _quotes(match["rest"]),
        match["chomp"] == "-",
        int(match["fd"] or 0),
        start,
        end,
    )


def _quotes(word: str) -> int:
    return word.count("'") + word.count('"')


def read_body(opened: Opener, span: Span, lines: Lines) -> Heredoc | None:
    """Read the body from the lines that follow, and move past its terminator; None where that is missing."""

    def ends(line: str) -> bool:
        return (line.lstrip("\t") if opened.chomp else line) == opened.name

    body = lines.read_until(ends)
    if body is None:
        return None
    content = lines.text[body.start : body.end]
    return Heredoc(
        opened.name,
        _TABS.sub("", content) if opened.chomp else content,
        opened.expand,
        opened.chomp,
        opened.file_descriptor,
        body,
        span,
    )


def unterminated(opened: Opener) -> str:
    """Say that a here-document is never ended, and the way out where its name shows a known slip."""
    message = f"the here-document {opened.name!r} is never ended: a line with just {opened.name} is missing"
    if opened.name.endswith(")") or opened.name.isdecimal():
        return f"{message} (for a shift write $((1<<2)) without blanks: BuildKit takes << 2 for a here-document)"
    if any(char in opened.name for char in ">|;&"):
        return f"{message} (its name runs up to the next blank: put one behind it)"
    return message
