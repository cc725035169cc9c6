"""The pieces of Markdown: rows of tables, code, and text that stays text."""

import html
import re


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
    escaped = re.sub(r"([\\`*_{}\[\]~])", r"\\\1", html.escape(text, quote=False))
    return re.sub("([@#])", r"\1<!-- -->", escaped)


def _longest(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)
