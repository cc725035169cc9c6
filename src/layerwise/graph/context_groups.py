"""Files of a build context that images seldom need, in the groups of ``context_groups.toml``."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from layerwise.graph.context import Context
from layerwise.graph.patterns import compile_glob, has_wildcards


@dataclass(frozen=True, slots=True)
class Group:
    """Files that are left out together.

    Attributes:
        name: Tells it from the others.
        what: What a person calls them.
        read: How a build would show that it needs them: ``named``, ``git`` or ``made``.
        patterns: Of an ignore file.
    """

    name: str
    what: str
    read: str
    patterns: tuple[str, ...]


@cache
def groups() -> tuple[Group, ...]:
    """Return the groups of context_groups.toml."""
    table = tomllib.loads(files("layerwise.graph").joinpath("context_groups.toml").read_text("utf-8"))
    return tuple(Group(**{**entry, "patterns": tuple(entry["patterns"])}) for entry in table["group"])


def found_in(context: Context) -> Mapping[str, tuple[str, ...]]:
    """Return what of the context each pattern of a group matches by itself, patterns that match nothing left out."""
    return context.memo.once(("context groups",), lambda: dict(_found(context)))


def _found(context: Context) -> Iterator[tuple[str, tuple[str, ...]]]:
    named: dict[str, list[str]] = {}
    for path in context.entries:
        named.setdefault(path.rpartition("/")[2], []).append(path)
    for pattern in (pattern for group in groups() for pattern in group.patterns):
        name = pattern.removeprefix("**/")
        if name == pattern and not has_wildcards(name):
            matched = [pattern] if pattern in context.entries else []
        elif name == pattern:
            matched = [child for child in context.children("") if compile_glob(name).fullmatch(child)]
        elif has_wildcards(name):
            glob = compile_glob(name)
            matched = [path for one, paths in named.items() if glob.fullmatch(one) for path in paths]
        else:
            matched = named.get(name, [])
        if matched:
            yield pattern, tuple(matched)
