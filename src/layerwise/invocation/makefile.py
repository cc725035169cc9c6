"""Builds in the recipes of a Makefile, with its simple variables filled in.

Conditionals count as taken, functions other than ``shell`` stay as written. A variable that the caller may override
(``?=``) keeps its default in the shell's form, ``${NAME:-default}``.
"""

import posixpath
import re
from collections.abc import Iterator

from layerwise.invocation.command import Origin
from layerwise.invocation.invocation import Invocation
from layerwise.invocation.script import shell_builds


def read(text: str, origin: Origin) -> Iterator[Invocation]:
    """Yield the builds of one Makefile: run beside it, or at the repository's root."""
    directory = posixpath.dirname(origin.path) or "."
    variables, recipes = _parts(text)
    seen_by_recipes = {name: expanded(variables[name], variables) for name in _exported(text) if name in variables}
    for recipe, line in recipes:
        command = expanded(re.sub(r"^[@+-]+", "", recipe), variables)
        places = tuple(dict.fromkeys((directory, ".")))
        yield from shell_builds(((command, line),), origin, variables=seen_by_recipes, directories=places)


def expanded(text: str, variables: dict[str, str], depth: int = 0) -> str:
    """Return the text as make hands it to the shell; what it cannot fill in stays as written."""
    if depth > _MOST_DEPTH:
        return text

    def value(match: re.Match[str]) -> str:
        if match.group() == "$$":
            return "$"
        name = match[1] or match[2] or ""
        if name.startswith("shell "):
            return f"$({expanded(name.removeprefix('shell ').strip(), variables, depth + 1)})"
        return expanded(variables[name], variables, depth + 1) if name in variables else match.group()

    return _REFERENCE.sub(value, text)


_ASSIGNMENT = re.compile(r"(?:export\s+|override\s+)*([\w.-]+)\s*(\?|\+|::?|!)?=\s*(.*)", re.DOTALL)
_NESTED = r"(?:[^(){}]|\([^()]*\)|\{[^{}]*\})*"
_REFERENCE = re.compile(rf"\$\$|\$\(({_NESTED})\)|\$\{{({_NESTED})\}}")
_RULE = re.compile(r"[^=#]*?:(?!=)[^;]*;(?P<recipe>.*)", re.DOTALL)
_MOST_DEPTH = 10


def _parts(text: str) -> tuple[dict[str, str], list[tuple[str, int]]]:
    """Return the variables, and each recipe line with its number."""
    variables: dict[str, str] = {}
    recipes: list[tuple[str, int]] = []
    for line, number in _logical_lines(text):
        if line.startswith("\t"):
            recipes.append((line[1:], number))
        elif match := _ASSIGNMENT.match(line.strip()):
            _assign(match, variables)
        elif match := _RULE.match(line):
            recipes.append((match["recipe"].strip(), number))
    return variables, recipes


def _assign(match: re.Match[str], variables: dict[str, str]) -> None:
    name, operator, raw = match.groups()
    value = re.sub(r"\s*\\\n\s*", " ", re.sub(r"(^|\s)#.*", "", raw)).strip()
    if operator == "!":
        value = f"$(shell {value})"
    if operator == "+":
        value = f"{variables.get(name, '')} {value}".strip()
    if operator == "?":
        if name in variables:
            return
        # Escaped for make: the reference is for the shell to see.
        value = f"$${{{name}:-{value}}}" if re.fullmatch(_NESTED, value) else value
    variables[name] = value


def _exported(text: str) -> Iterator[str]:
    for match in re.finditer(r"^export[ \t]+([\w.-]+(?:[ \t]+[\w.-]+)*)", text, re.MULTILINE):
        yield from match[1].split()


def _logical_lines(text: str) -> Iterator[tuple[str, int]]:
    """Yield the lines with their continuations, and the number of the first of each."""
    parts: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        parts.append(line)
        if not line.endswith("\\"):
            yield "\n".join(parts), number - len(parts) + 1
            parts = []
    if parts:
        yield "\n".join(parts), text.count("\n") - len(parts) + 2
