"""Splitting an instruction's text into words, as BuildKit's line parsers do (parser/line_parsers.go)."""

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from layerwise.syntax.lines import SPACES

BLANK = re.compile(r"[\t\v\f\r ]+")
"""What separates the words of COPY, FROM, EXPOSE and VOLUME; other white space is part of a word."""

_UNSEPARATED = re.compile(r"[^\t\v\f\r ]+")


class Piece(NamedTuple):
    """A word and where it stands in the text it was cut from."""

    text: str
    start: int
    end: int


def blank_separated(text: str) -> Iterator[Piece]:
    """Split on blanks alone: quotes and escapes do not group."""
    for match in _UNSEPARATED.finditer(text):
        yield Piece(match[0], match.start(), match.end())


def quoted(text: str, escape: str) -> Iterator[Piece]:
    """Split as ENV, ARG and LABEL do: quotes group, quotes and escapes stay, an unclosed quote runs to the end.

    An escape character that ends the text is dropped.
    """
    for match in _quoted_word(escape).finditer(text):
        yield Piece(match["kept"], match.start("kept"), match.end("kept"))


@cache
def _quoted_word(escape: str) -> re.Pattern[str]:
    esc, spaces = re.escape(escape), re.escape(SPACES)
    part = (
        rf"(?:[^{spaces}'\"{esc}]+"  # plain characters
        rf"|{esc}."  # an escaped one, a quote or a space too
        r"|'[^']*(?:'|\Z)"  # nothing is special between single quotes
        rf'|"(?:[^"{esc}]+|{esc}.)*+(?:"|(?={esc}?\Z)))'
    )
    return re.compile(rf"(?P<kept>{part}+){esc}?", re.DOTALL)
