"""The patterns of ``${x#p}``, ``${x%p}`` and ``${x/p/r}``, as BuildKit's shell lexer reads them (shell/lex.go)."""

import re
from functools import partial

_TEMPLATE = re.compile(r"\$(?:(\$)|\{(\w+)\}|(\w+))")


class PatternError(ValueError):
    """A pattern with an escape that means nothing."""


def without_prefix(pattern: str, value: str, *, longest: bool) -> str:
    """Cut from ``value`` the shortest or longest start that the pattern matches."""
    match = _compiled(pattern, longest=longest).match(value)
    return value[match.end() :] if match else value


def without_suffix(pattern: str, value: str, *, longest: bool) -> str:
    """Cut from ``value`` the shortest or longest end that the pattern matches."""
    return without_prefix(_reversed(pattern), value[::-1], longest=longest)[::-1]


def replaced(pattern: str, value: str, replacement: str, *, every: bool) -> str:
    """Replace the first match of the pattern, or every one.

    With ``every``, BuildKit hands the replacement to Go's ``ReplaceAllString``, where ``$0`` is the match and any
    other ``$name`` empty; and an empty match right behind another match is passed over.
    """
    compiled = _compiled(pattern, longest=True)
    if not every:
        match = compiled.search(value)
        return value if match is None else value[: match.start()] + replacement + value[match.end() :]
    out, done, last = [], 0, -1
    for match in compiled.finditer(value):
        if match.end() == match.start() == last:
            continue
        last = match.end()
        out += [value[done : match.start()], _TEMPLATE.sub(partial(_group, match[0]), replacement)]
        done = match.end()
    return "".join([*out, value[done:]])


def _group(whole: str, part: re.Match[str]) -> str:
    if part[1]:
        return "$"
    return whole if (part[2] or part[3]) == "0" else ""


def _compiled(pattern: str, *, longest: bool) -> re.Pattern[str]:
    out: list[str] = []
    position = 0
    while position < len(pattern):
        char = pattern[position]
        position += 1
        if char == "*":
            out.append(".*" if longest else ".*?")
        elif char == "?":
            out.append(".")
        elif char != "\\":
            out.append(re.escape(char))
        elif pattern[position : position + 1] not in {"}", "/"}:  # before those two the escape is no part of it
            escaped = pattern[position : position + 1]
            if escaped not in {"*", "?", "\\"}:
                raise PatternError(f"\\{escaped} is no escape in a pattern")
            out.append(re.escape(escaped))
            position += 1
    return re.compile("".join(out))


def _reversed(pattern: str) -> str:
    return "".join(reversed(re.findall(r"\\.|.|\\", pattern, re.DOTALL)))
