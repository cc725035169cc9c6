"""Directories of the project: those above one, and those that a workspace's pattern means."""

import posixpath
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

from layerwise.ecosystems.effects import Files
from layerwise.ecosystems.places import normal


def upward(directory: str) -> tuple[str, ...]:
    """Return a directory and all above it, the nearest first."""
    return (directory, *ancestors(directory))


def ancestors(directory: str) -> tuple[str, ...]:
    """Return every directory above one, the nearest first."""
    found: list[str] = []
    while directory != "/":
        directory = posixpath.dirname(directory)
        found.append(directory)
    return tuple(found)


def above(directory: str, names: Iterable[str]) -> tuple[str, ...]:
    """Return where files of these names would be found from a directory upwards, the nearest first."""
    wanted = tuple(names)
    return tuple(posixpath.join(one, name) for one in upward(directory) for name in wanted)


def nearest(directory: str, name: str, files: Files) -> str | None:
    """Return the nearest directory, from ``directory`` upwards, that is known to hold ``name``."""
    return next((one for one in upward(directory) if files.exists(posixpath.join(one, name))), None)


def matching(pattern: str, directory: str, files: Files, *, holding: str) -> tuple[str, ...]:
    """Return the directories that hold a file ``holding`` and that a pattern means: names, ``*``, ``?`` and ``**``."""
    segments = [one for one in pattern.split("/") if one not in {"", "."}]
    start = "/" if pattern.startswith("/") else directory
    found = (normal(one) for one in _matching(start, segments, files))
    return tuple(dict.fromkeys(one for one in found if files.exists(posixpath.join(one, holding))))


def _matching(directory: str, segments: list[str], files: Files) -> Iterator[str]:
    if not segments:
        yield directory
        return
    first, rest = segments[0], segments[1:]
    if not any(character in first for character in "*?["):
        yield from _matching(normal(posixpath.join(directory, first)), rest, files)
        return
    if first == "**":
        yield from _matching(directory, rest, files)
    for name in files.children(directory):
        if first == "**" or fnmatchcase(name, first):
            yield from _matching(posixpath.join(directory, name), segments if first == "**" else rest, files)
