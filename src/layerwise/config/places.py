"""Where in a TOML text a key or a mistake stands: tomllib keeps no places."""

import re

from layerwise.errors import Problem


def placed(message: str, text: str, path: tuple[str, ...]) -> Problem:
    """Return a problem at the line of a key, or else of the nearest table above it, written as header or dotted key."""
    table: tuple[str, ...] = ()
    best = Problem(1, 1, message, _line(text, 1))
    longest = 0
    for number, line in enumerate(text.splitlines(), 1):
        match = _HEADER.match(line) or _ASSIGNMENT.match(line)
        if match is None:
            continue
        here = tuple(part.strip("\"' ") for part in match[1].split("."))
        if match.re is _HEADER:
            table, here = here, ()
        reached = (*table, *here)
        if reached == path[: len(reached)] and len(reached) > longest:
            longest = len(reached)
            best = Problem(number, match.start(1) + 1, message, line)
    return best


def placed_in_list(message: str, text: str, path: tuple[str, ...], value: str) -> Problem:
    """Return a problem at a text in the list of a key, at the key where it is not written out."""
    at_key = placed(message, text, path)
    for number, line in enumerate(text.splitlines(), 1):
        match = re.search(rf"""(["']){re.escape(value)}\1""", line)
        if match and number >= at_key.line:
            return Problem(number, match.start() + 1, message, line)
    return at_key


_HEADER = re.compile(r"\s*\[([^\[\]]+)\]")
_ASSIGNMENT = re.compile(r"\s*((?:[\w-]+|\"[^\"]*\"|'[^']*')(?:\s*\.\s*(?:[\w-]+|\"[^\"]*\"|'[^']*'))*)\s*=")


def syntax_problem(message: str, text: str) -> Problem:
    """Return a problem with its place taken out of tomllib's message, its only home in Python 3.11."""
    match = re.search(r" \(at (?:line (\d+), column (\d+)|end of document)\)$", message)
    plain = f"no TOML: {message[: match.start()] if match else message}"
    if match and match[1]:
        return Problem(int(match[1]), int(match[2]), plain, _line(text, int(match[1])))
    last = max(len(text.splitlines()), 1)
    return Problem(last, len(_line(text, last)) + 1, plain, _line(text, last))


def _line(text: str, number: int) -> str:
    lines = text.splitlines()
    return lines[number - 1] if number <= len(lines) else ""
