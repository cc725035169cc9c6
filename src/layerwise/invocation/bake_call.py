"""Calls of bake, in workflows and on command lines: the targets asked for, with the caller's variables in them."""

import fnmatch
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from layerwise.invocation.bake import parsed, target_builds
from layerwise.invocation.bake_file import Bake
from layerwise.invocation.command import Origin, located, words_after
from layerwise.invocation.invocation import (
    Invocation,
    PassedArgument,
    Source,
    Unreadable,
    joined,
    known_network,
    known_platforms,
)
from layerwise.invocation.options import DOCKER, read
from layerwise.invocation.shell import Call


@dataclass(frozen=True, slots=True)
class BakeCall:
    """One call of bake.

    Attributes:
        source: Where it is written.
        files: The bake files named, relative to the repository's root; none for those that bake looks for.
        targets: The targets and groups asked for; none for the group ``default``.
        overrides: ``PATTERN.KEY=VALUE`` with the line of each.
        environment: The variables that the call sets.
        directory: Where it runs, relative to the root.
    """

    source: Source
    files: tuple[str, ...]
    targets: tuple[str, ...]
    overrides: tuple[tuple[str, int], ...]
    environment: Mapping[str, str]
    directory: str = "."


def bakes_of(call: Call, origin: Origin) -> Iterator[Invocation]:
    """Yield the builds that ``docker buildx bake`` starts, nothing for any other command."""
    rest = words_after(call, ("buildx", "bake"))
    if rest is None:
        return
    options = read(rest, DOCKER)
    yield from builds(
        BakeCall(
            source=Source(origin.path, call.words[0].line),
            files=options.all("file"),
            targets=tuple(argument.text for argument in options.plain),
            overrides=tuple((argument.open, argument.line) for argument in options.arguments("set")),
            environment=call.variables,
            directory=call.directories[0],
        ),
        origin,
    )


def builds(call: BakeCall, origin: Origin) -> Iterator[Invocation]:
    """Yield the builds of the targets that a call names, as its own: its source, its kind, its overrides."""
    for name in call.files or _DEFAULT_FILES:
        path = joined(call.directory, name.removeprefix("cwd://"))
        bake = _read(path, origin)
        named = bake.members(call.targets or ("default",))
        for target in bake.targets:
            if target.name in named:
                for build in target_builds(target, bake, replace(origin, path=path), call.environment):
                    yield _overridden(replace(build, source=call.source), target.name, call, origin)


# Bake looks for compose files too; those have a reader of their own.
_DEFAULT_FILES = ("docker-bake.json", "docker-bake.hcl")


def _read(path: str, origin: Origin) -> Bake:
    """Return a bake file, an empty one where it is not there or broken: then its own reader notes it."""
    text = None if path.startswith("..") or not path.endswith((".hcl", ".json")) else origin.text(path)
    try:
        return parsed(text, path) if text else Bake()
    except Unreadable:
        return Bake()


def _overridden(build: Invocation, target: str, call: BakeCall, origin: Origin) -> Invocation:
    """Apply ``--set``: the last one that names a target and key counts (docs.docker.com, buildx bake)."""
    arguments = {argument.name: argument for argument in build.build_args}
    for text, line in call.overrides:
        left, _, value = text.partition("=")
        pattern, _, key = left.strip().partition(".")
        if not fnmatch.fnmatchcase(target, pattern):
            continue
        kind, _, name = key.partition(".")
        if kind == "args":
            arguments[name] = PassedArgument(name, value, Source(call.source.path, line))
        elif kind == "platform":
            build = replace(build, platforms=known_platforms((value,)))
        elif kind == "target":
            build = replace(build, target=value)
        elif kind == "network":
            build = replace(build, network=known_network(value))
        elif kind in {"context", "dockerfile"}:
            build = _moved(build, kind, value, call, origin)
    return replace(build, build_args=tuple(arguments.values()))


def _moved(build: Invocation, kind: str, value: str, call: BakeCall, origin: Origin) -> Invocation:
    """Give a build another context or Dockerfile; a Dockerfile is named from the context, and follows it."""
    within = "" if build.context == "." else f"{build.context}/"
    named = value if kind == "dockerfile" else build.dockerfile.removeprefix(within)
    context = value if kind == "context" else build.context
    directory = call.directory if kind == "context" else "."
    context, dockerfile = located(context, named, (directory,), origin.exists, beside=True)
    return replace(build, context=context, dockerfile=dockerfile)
