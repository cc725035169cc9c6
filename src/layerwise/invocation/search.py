"""Every place of a repository that builds an image, and what they say together about one Dockerfile."""

import os
import pathlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from layerwise.invocation import bake, compose, containers, makefile, pipeline, python_client, script, workflow
from layerwise.invocation.command import Origin
from layerwise.invocation.invocation import (
    Invocation,
    Kind,
    PassedArgument,
    Source,
    Unreadable,
    pattern,
    unresolved,
)


@dataclass(frozen=True, slots=True)
class Note:
    """A file that could not be read, and why."""

    source: Source
    message: str

    def __str__(self) -> str:
        return f"{self.source}: {self.message}"


@dataclass(frozen=True, slots=True)
class Found:
    """The builds of a repository in the order of their files, and what could not be read."""

    invocations: tuple[Invocation, ...] = ()
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Usage:
    """How one Dockerfile is built by all who build it.

    Attributes:
        invocations: Those builds.
        platforms: Of all of them, in the order first named.
        targets_built: The stages that somebody asks for by name.
        any_target: Whether somebody asks for a stage that only a run can tell.
        build_args: Every argument that somebody passes, with its source.
        other_builders: Who builds it with something that is not BuildKit, a line each: place and program.
        pushes: Who pushes its image with the default compression, a line each.
        cold: Who builds it with nothing cached each time, a line each: place and why.
    """

    invocations: tuple[Invocation, ...]
    platforms: tuple[str, ...]
    targets_built: frozenset[str]
    any_target: bool
    build_args: tuple[PassedArgument, ...]
    other_builders: tuple[str, ...] = ()
    pushes: tuple[str, ...] = ()
    cold: tuple[str, ...] = ()


def find_invocations(root: pathlib.Path) -> tuple[Invocation, ...]:
    """Return the builds that the files below ``root`` start."""
    return search(root).invocations


def search(root: pathlib.Path) -> Found:
    """Return the builds that the files below ``root`` start, and a note on each file that is broken."""
    invocations: list[Invocation] = []
    notes: list[Note] = []
    for path in sorted(_files(root)):
        try:
            invocations += _read(root, path)
        except Unreadable as error:
            notes.append(Note(Source(path, error.line), error.message))
    return Found(tuple(dict.fromkeys(invocations)), tuple(notes))


def builds_of(invocations: tuple[Invocation, ...], dockerfile: str) -> tuple[Invocation, ...]:
    """Return the builds of one Dockerfile (relative to the root), those that name it outright before those that may."""
    certain = tuple(one for one in invocations if one.dockerfile == dockerfile)
    possible = (
        one for one in invocations if unresolved(one.dockerfile) and pattern(one.dockerfile).fullmatch(dockerfile)
    )
    return (*certain, *possible)


def best(invocations: tuple[Invocation, ...], dockerfile: str) -> Invocation | None:
    """Return the build to take for the team's own: CI first, then the last stage, the most platforms and arguments."""
    return min(builds_of(invocations, dockerfile), key=_rank, default=None)


def usage(invocations: tuple[Invocation, ...], dockerfile: str) -> Usage:
    """Return what all builds of a Dockerfile say together."""
    builds = builds_of(invocations, dockerfile)
    targets = [one.target for one in builds if one.target]
    return Usage(
        invocations=builds,
        platforms=tuple(dict.fromkeys(platform for one in builds for platform in one.platforms)),
        targets_built=frozenset(target for target in targets if not unresolved(target)),
        any_target=any(unresolved(target) for target in targets),
        build_args=tuple(dict.fromkeys(argument for one in builds for argument in one.build_args)),
        other_builders=tuple(
            dict.fromkeys(f"{one.source} builds it with {one.other_builder}" for one in builds if one.other_builder)
        ),
        pushes=tuple(dict.fromkeys(f"{one.source} pushes the image" for one in builds if one.pushes_gzip)),
        cold=tuple(dict.fromkeys(f"{one.source} {one.cold}" for one in builds if one.cold)),
    )


Reader = Callable[[str, Origin], Iterator[Invocation]]

_READERS: tuple[tuple[str, Kind, Reader], ...] = (
    (r"\.(?:github|gitea|forgejo)/workflows/[^/]+\.ya?ml|(?:.*/)?action\.ya?ml", "workflow", workflow.read),
    (r"(?:.*/)?[\w.-]*\.gitlab-ci[\w.-]*\.ya?ml|\.gitlab/.*\.ya?ml", "workflow", pipeline.read_gitlab),
    (r"\.(?:circleci|azure-pipelines|buildkite|woodpecker)/.*\.ya?ml", "workflow", pipeline.read),
    (r"(?:azure-|bitbucket-)pipelines[\w.-]*\.ya?ml|\.(?:drone|woodpecker|travis)\.ya?ml", "workflow", pipeline.read),
    (r"(?:.*/)?cloudbuild[\w.-]*\.(?:ya?ml|json)|\.cloudbuild/.*\.ya?ml", "workflow", containers.read),
    (r"(?:.*/)?\.?(?:tekton|argo|kaniko)[\w.-]*(?:/.*)?\.ya?ml", "workflow", containers.read),
    (r"(?:.*/)?(?:(?:GNU)?[Mm]akefile(?:\.\w+)?|[^/]+\.mk)", "makefile", makefile.read),
    (r"(?:.*/)?(?:docker-)?compose[\w.-]*\.ya?ml", "compose", compose.read),
    (r"(?:.*/)?docker-bake[\w.-]*\.(?:hcl|json)", "bake", bake.read),
    (r"(?:.*/)?package\.json", "script", script.read_package),
    (r".*\.(?:sh|bash)", "script", script.read),
    (r".*\.py", "script", python_client.read),
)
_MENTIONS = b"docker|podman|buildah|kaniko|img build|container|build-push-action|build:|target".split(b"|")
"""One of these, in any case, is in each file that starts a build."""

_VISIBLE = frozenset(
    {
        ".github",
        ".gitea",
        ".forgejo",
        ".gitlab",
        ".circleci",
        ".azure-pipelines",
        ".buildkite",
        ".woodpecker",
        ".ci",
        ".cloudbuild",
        ".tekton",
    }
)
_FOREIGN = frozenset({"node_modules", "vendor", "third_party", "venv", "site-packages", "__pycache__"})
_MOST_DEPTH = 6
_MOST_BYTES = 1_000_000
_RANKS: tuple[Kind, ...] = ("workflow", "bake", "makefile", "script", "compose")


def _rank(one: Invocation) -> tuple[bool, int, bool, bool, int, int, Source]:
    by_variable = unresolved(one.dockerfile)
    return (
        by_variable,
        _RANKS.index(one.kind),
        unresolved(one.target or ""),
        one.target is not None,
        -len(one.platforms),
        -len(one.build_args),
        one.source,
    )


def _files(root: pathlib.Path) -> Iterator[str]:
    """Yield the files that have a reader, relative to the root; links are not followed."""
    for directory, below, names in os.walk(root):
        place = pathlib.PurePath(directory).relative_to(root)
        below[:] = sorted(name for name in below if _is_own(name)) if len(place.parts) < _MOST_DEPTH else []
        for name in names:
            path = (place / name).as_posix()
            if _reader(path):
                yield path


def _is_own(directory: str) -> bool:
    return directory in _VISIBLE or not (directory.startswith(".") or directory in _FOREIGN)


def _reader(path: str) -> tuple[Kind, Reader] | None:
    return next(((kind, reader) for names, kind, reader in _READERS if re.fullmatch(names, path)), None)


def _read(root: pathlib.Path, path: str) -> tuple[Invocation, ...]:
    found = _reader(path)
    try:
        content = _content(root / path)
    except OSError as error:
        raise Unreadable(1, f"cannot be read: {error.strerror}") from error
    lowered = content.lower()  # plain searches are many times as fast as one of an expression
    if found is None or not any(word in lowered for word in _MENTIONS):
        return ()
    kind, reader = found
    origin = Origin(path, kind, lambda name: (root / name).is_file(), lambda name: _text(root / name))
    return tuple(reader(content.decode("utf-8", "replace"), origin))


def _content(file: pathlib.Path) -> bytes:
    return file.read_bytes() if file.stat().st_size <= _MOST_BYTES else b""


def _text(file: pathlib.Path) -> str | None:
    try:
        return _content(file).decode("utf-8", "replace")
    except OSError:
        return None
