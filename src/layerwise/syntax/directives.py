"""The parser directives at the top of a file (``DirectiveParser`` in frontend/dockerfile/parser/directives.go)."""

import re

from layerwise.syntax.lines import BYTE_ORDER_MARK, SPACES, Lines
from layerwise.syntax.problems import Problems
from layerwise.syntax.tree import Directive, Dockerfile, Span

_DIRECTIVE = re.compile(
    rf"[{SPACES}]*#[{SPACES}]*(?P<name>[a-zA-Z][a-zA-Z0-9]*)[\t\n\f\r ]*=[\t\n\f\r ]*(?P<value>.+?)[\t\n\f\r ]*\Z"
)
_NAMES = frozenset({"syntax", "escape", "check"})


def read(lines: Lines, problems: Problems) -> tuple[Directive, ...]:
    """Read the directives, moving past their lines and setting the escape character of ``lines``.

    The first line that is none ends them. Below a ``#!`` line, which BuildKit skips when it looks for ``syntax`` and
    ``check``, an ``escape`` has no effect.
    """
    shebang = (lines.peek() or "").startswith("#!")
    if shebang:
        lines.index += 1
    found: dict[str, Directive] = {}
    while directive := _next(lines):
        lines.index += 1
        if directive.name in found:
            problems.add(directive.span.start, f"a second {directive.name} directive: BuildKit takes one, remove this")
        elif not shebang or directive.name != "escape":
            found[directive.name] = directive
    if "escape" in found:
        _escape(found["escape"], lines, problems)
    return tuple(found.values())


def _next(lines: Lines) -> Directive | None:
    line = lines.peek()
    match = _DIRECTIVE.match(line) if line else None
    if line is None or match is None or match["name"].lower() not in _NAMES:
        return None
    start = lines.starts[lines.index]
    indent = len(line) - len(line.lstrip(SPACES))
    return Directive(match["name"].lower(), match["value"], Span(start + indent, start + len(line)))


def _escape(directive: Directive, lines: Lines, problems: Problems) -> None:
    if directive.value in {"\\", "`"}:
        lines.escape = directive.value
    else:
        problems.add(directive.span.start, f"the escape character is \\ or `, not {directive.value}")


def would_begin(dockerfile: Dockerfile, place: int, lines: str) -> bool:
    """Whether lines inserted at a place would open with a comment that BuildKit takes for a directive there."""
    match = _DIRECTIVE.match(lines.partition("\n")[0].rstrip("\r"))
    if match is None or match["name"].lower() not in _NAMES:
        return False
    last = dockerfile.directives[-1].span.end if dockerfile.directives else 0
    return dockerfile.text[last:place].lstrip(BYTE_ORDER_MARK) in {"", "\n", "\r\n"}
