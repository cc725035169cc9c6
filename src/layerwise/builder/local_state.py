"""What buildx writes down on this machine about the builds that it begins (localstate in docker/buildx)."""

import json
import os
import pathlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

_GROUPS = "__group__"  # where buildx keeps what the builds of one bake have in common; no builder may be called so
_LATEST = 50


@dataclass(frozen=True, slots=True, order=True)
class Reference:
    """An engine's record of a build: the builder, the node of it that built, and the record's id there."""

    builder: str
    node: str
    id: str


def references(environment: Mapping[str, str]) -> frozenset[Reference]:
    """Return the builds that buildx has begun on this machine, running ones too.

    buildx writes one file for each in its configuration directory when it begins.
    """
    directory = _config_directory(environment) / "refs"
    return frozenset(
        Reference(builder.name, node.name, build.name)
        for builder in _entries(directory)
        if builder.name != _GROUPS
        for node in _entries(builder)
        for build in _entries(node)
        if build.is_file()
    )


def begun(context: str, known: frozenset[Reference], environment: Mapping[str, str]) -> tuple[Reference, ...]:
    """Return the builds of a context, a path or a URL, that buildx has begun since it knew of ``known``."""
    paths = {context, context if "://" in context else str(pathlib.Path(context).absolute())}
    new = references(environment) - known
    return tuple(sorted(one for one in new if context_of(one, environment) in paths))


def latest(environment: Mapping[str, str], skip: Collection[Reference] = ()) -> tuple[Reference, ...]:
    """Return the builds that this machine's buildx began last, 50 at the most, the newest first, but for ``skip``."""
    times: dict[Reference, float] = {}
    for reference in references(environment).difference(skip):
        with suppress(FileNotFoundError):  # buildx removes those that it looks up no more
            times[reference] = _written_down(reference, environment).stat().st_mtime
    return tuple(sorted(times, key=lambda one: (-times[one], one))[:_LATEST])


def context_of(reference: Reference, environment: Mapping[str, str]) -> str:
    """Return the build context that buildx wrote down for a build, "" where it did not: a path, a URL or ``-``."""
    try:
        found: object = json.loads(_written_down(reference, environment).read_bytes())
    except (OSError, ValueError):
        return ""
    return str(found.get("LocalPath", "")) if isinstance(found, dict) else ""


def _entries(directory: pathlib.Path | os.DirEntry[str]) -> Iterator[os.DirEntry[str]]:
    """Yield what is in a directory, nothing where it is none; there may be thousands of builds."""
    try:
        with os.scandir(directory) as found:
            yield from found
    except (FileNotFoundError, NotADirectoryError):
        return


def _written_down(reference: Reference, environment: Mapping[str, str]) -> pathlib.Path:
    """Return the file that buildx wrote when it began a build."""
    return _config_directory(environment) / "refs" / reference.builder / reference.node / reference.id


def _config_directory(environment: Mapping[str, str]) -> pathlib.Path:
    if own := environment.get("BUILDX_CONFIG"):
        return pathlib.Path(own)
    docker = environment.get("DOCKER_CONFIG") or pathlib.Path(environment.get("HOME", "~")).expanduser() / ".docker"
    return pathlib.Path(docker) / "buildx"
