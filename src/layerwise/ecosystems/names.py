"""Names of environment variables that programs are known to read, from names.toml."""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import translate
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def every_program() -> frozenset[str]:
    """Return the patterns of what any program may read: the C library, the linker, the locale."""
    return _table("every-program")


@cache
def shell() -> frozenset[str]:
    """Return the patterns of what sh and bash read besides when they run a script."""
    return _table("shell")


@cache
def fetchers() -> frozenset[str]:
    """Return the patterns of what programs that use the network read besides: proxies, certificates."""
    return _table("fetchers")


@cache
def group(name: str) -> tuple[str, ...]:
    """Return the patterns of the well-known group that names.toml calls ``name``."""
    return next(group.names for group in _groups() if group.name == name)


def well_known(name: str) -> bool:
    """Whether third-party code may look at a variable of this name although nobody told it about it.

    A name on no list means something to the project alone: an installer of third-party packages cannot know it.
    """
    return matches(name, _well_known())


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Whether ``name`` is among the patterns (``*``, ``?``), in any case: npm and proxies are read in both."""
    return _pattern(frozenset(patterns)).match(name.casefold()) is not None


@dataclass(frozen=True, slots=True)
class _Group:
    name: str
    names: tuple[str, ...]


@cache
def _groups() -> tuple[_Group, ...]:
    return tuple(_Group(one.get("name", ""), tuple(one["names"])) for one in _data()["well-known"])


@cache
def _well_known() -> frozenset[str]:
    return every_program() | shell() | fetchers() | {name for one in _groups() for name in one.names}


@cache
def _pattern(patterns: frozenset[str]) -> re.Pattern[str]:
    return re.compile("|".join(translate(pattern.casefold()) for pattern in sorted(patterns)) or "(?!)")


def _table(name: str) -> frozenset[str]:
    return frozenset(_data()[name])


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads((files(__package__) / "names.toml").read_text(encoding="utf-8"))
