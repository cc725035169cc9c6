"""Builds in shell scripts and in the scripts of package.json."""

import posixpath
from collections.abc import Iterable, Iterator, Mapping

from layerwise.invocation.bake_call import bakes_of
from layerwise.invocation.command import Origin, build_of
from layerwise.invocation.document import documents
from layerwise.invocation.invocation import Invocation
from layerwise.invocation.shell import calls_of


def read(text: str, origin: Origin) -> Iterator[Invocation]:
    """Yield the builds of one shell script: run at the repository's root, or else where it lies."""
    # Its own name is absolute, so that `cd "$(dirname "$0")"` leads to the same place from anywhere.
    itself = f"/{origin.path}"
    own = {"0": itself, "BASH_SOURCE": itself}
    return shell_builds(((text, 1),), origin, variables=own, directories=(".", *_parents(origin.path)))


def read_package(text: str, origin: Origin) -> Iterator[Invocation]:
    """Yield the builds of package.json's scripts, which npm runs beside it.

    Raises:
        Unreadable: The file is no JSON.
    """
    directory = posixpath.dirname(origin.path) or "."
    # JSON is YAML but for tabs, which stand in JSON only between values.
    for document in documents(text.replace("\t", " ")):
        for _, script in document.mapping("scripts"):
            yield from shell_builds(((script.text or "", script.line),), origin, directories=(directory,))


def shell_builds(
    parts: Iterable[tuple[str, int]],
    origin: Origin,
    *,
    variables: Mapping[str, str] | None = None,
    directories: tuple[str, ...] = (".",),
) -> Iterator[Invocation]:
    """Yield the builds of shell texts, each with its first line, that one shell runs in turn."""
    for call in calls_of(parts, variables=variables, directories=directories):
        if build := build_of(call, origin):
            yield build
        else:
            yield from bakes_of(call, origin)


def _parents(path: str) -> Iterator[str]:
    """Yield the directory of a file and those above it, below the root."""
    while path := posixpath.dirname(path):
        yield path
