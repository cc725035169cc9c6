"""The pieces of Markdown: rows of tables, code, and text that stays text."""

import html
import re
from collections.abc import Iterable, Iterator


def table_row(*cells: str) -> str:
    """Return a row of a table, with nothing in a cell that would end it."""
    return f"| {' | '.join(' '.join(cell.split()).replace('|', chr(92) + '|') for cell in cells)} |"


def code(text: str) -> str:
    """Return a code span, fenced by more backticks than ``text`` has in a row."""
    ticks = "`" * (_longest(text) + 1)
    return f"{ticks}{text}{ticks}" if len(ticks) == 1 else f"{ticks} {text} {ticks}"


def fenced(language: str, text: str) -> str:
    """Return a block of code; ``text`` ends with a line end."""
    fence = "`" * max(3, _longest(text) + 1)
    return f"{fence}{language}\n{text}{fence}"


def plain(text: str) -> str:
    """Return words of others as they are: no markup in them is obeyed, nobody is notified and no issue linked.

    A comment behind the sign stops GitHub from reading a mention or a reference, which a backslash does not.
    """
    return re.sub(r"([\\`*_{}\[\]~])", r"\\\1", _quiet(text))


def folded(title: str, lines: Iterable[str]) -> Iterator[str]:
    """Yield lines that are folded away below a title; nothing where there are none."""
    inside = tuple(lines)
    if any(inside):
        yield from ("", "<details>", f"<summary>{_quiet(title)}</summary>", *inside, "", "</details>")


def _quiet(text: str) -> str:
    return re.sub("([@#])", r"\1<!-- -->", html.escape(text, quote=False))


def _longest(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)
