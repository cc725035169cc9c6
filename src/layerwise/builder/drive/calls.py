"""The calls of ``docker buildx build`` that a command line comes to."""

import pathlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from layerwise.builder.cache.refs import platform_tag
from layerwise.builder.cache.using import CacheUse, apart
from layerwise.builder.drive.asked import Asked, Manner
from layerwise.builder.drive.builders import Builder
from layerwise.builder.drive.command_line import CommandLine
from layerwise.builder.drive.output import read_output
from layerwise.errors import UsageError
from layerwise.oci.reference import parse_reference

_OURS = ("metadata-file", "iidfile", "progress", "platform", "builder", "push", "load", "output", "tag", "quiet")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a platform is built.

    Attributes:
        builder: The builder, as it describes itself.
        named: The name to call it by, "" for the current one.
        environment: For docker: with the node's context, where it is one.
    """

    builder: Builder
    named: str
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of ``docker buildx build``.

    Attributes:
        platform: The platform that it builds, "" where buildx decides, or for several.
        line: Its words.
        place: Where it runs.
        names: Under which what it pushes is found, by repository; empty where it is pushed by digest alone.
        cached_as: The platforms by which its cache is named, "" where it has none of ours.
    """

    platform: str
    line: CommandLine
    place: Place
    names: tuple[str, ...] = ()
    cached_as: str = ""

    @property
    def written(self) -> tuple[pathlib.Path, ...]:
        """What is written on this machine besides the caches: files and directories, by absolute path."""
        outputs = (read_output(text) for text in self.line.values("output"))
        named = (
            self.line.last("metadata-file"),
            self.line.last("iidfile"),
            *(one.get("dest") for one in outputs if one),
        )
        return tuple(pathlib.Path(name).absolute() for name in named if name not in ("", "-"))

    def arguments(self, *further: str) -> tuple[str, ...]:
        """Return the program and its arguments; ``further`` ones come first."""
        where = (f"--builder={self.place.named}",) if self.place.named else ()
        return ("docker", "buildx", "build", *further, *where, *self.line.with_context().arguments())


def whole(asked: Asked, place: Place, cache: CacheUse | None) -> Call:
    """Return the one call that carries out a command line as buildx does."""
    line = asked.line.without("builder", "progress")
    key = ",".join(asked.platforms) or place.builder.native or "native"
    platform = asked.platforms[0] if len(asked.platforms) == 1 else ""
    return Call(platform=platform, line=_cached(line, cache, key), place=place, cached_as=key if cache else "")


def each(asked: Asked, places: Mapping[str, Place], cache: CacheUse | None) -> tuple[Call, ...]:
    """Return a call for each platform, all of them with caches of their own.

    Args:
        asked: What is asked for.
        places: Where each platform is built.
        cache: The cache of the build.
    """
    several = len(places) > 1
    return tuple(_one(asked, platform, place, cache, several=several) for platform, place in places.items())


def _one(asked: Asked, platform: str, place: Place, cache: CacheUse | None, *, several: bool) -> Call:
    flags = [("platform", platform)]
    names: tuple[str, ...] = ()
    if asked.manner is Manner.PUSH:
        line = asked.line.without(*_OURS)
        output, names = _pushed(asked, platform, place.builder)
        flags += output
    else:
        line = asked.line.without("platform", "builder", "metadata-file", "iidfile", "progress")
        line = _outputs_apart(line, platform) if several else line
    if several:
        line = _apart(line, platform)
    line = _cached(line.with_flags(*flags), cache, platform)
    return Call(platform=platform, line=line, place=place, names=names, cached_as=platform if cache else "")


def _pushed(asked: Asked, platform: str, builder: Builder) -> tuple[list[tuple[str, str]], tuple[str, ...]]:
    """Return the flags that push one platform without moving a tag of the user's, and the names that it then has."""
    assert asked.output is not None
    if builder.pushes_by_digest:
        by_digest = {"push_by_digest": "true", "name_canonical": "true"}
        output = asked.output.with_attributes(name=",".join(repositories(asked.names)), **by_digest)
        return [("output", str(output))], ()
    names = temporary(asked.names, platform)
    if not builder.keeps_manifests:  # docker itself pushes what the image store holds, and knows no attributes
        return [*(("tag", name) for name in names), ("push", "true")], names
    output = asked.output.with_attributes(name=",".join(names))
    if not output.get("store") and not output.on("unpack"):
        # it was asked to be pushed: a copy under a name that nobody knows is no use in the local store
        output = output.with_attributes(store="false")
    return [("output", str(output))], names


def repositories(names: Sequence[str]) -> tuple[str, ...]:
    """Return the repositories of names, each once.

    Raises:
        UsageError: One of them is none.
    """
    return tuple(dict.fromkeys(parse_reference(name).name for name in names))


def temporary(names: Sequence[str], platform: str) -> tuple[str, ...]:
    """Return the names that one platform is pushed under, one for each repository: ``app:1.lw-linux-arm64``."""
    found: dict[str, str] = {}
    for name in names:
        reference = parse_reference(name)
        found.setdefault(reference.name, f"{reference.name}:{platform_tag(reference.tag or 'latest', platform)}")
    return tuple(found.values())


def _cached(line: CommandLine, cache: CacheUse | None, platforms: str) -> CommandLine:
    if cache is None:
        return line
    imported = (("cache-from", entry) for entry in cache.imports(platforms))
    exported = (("cache-to", entry) for entry in cache.exports(platforms))
    return line.with_flags(*imported, *exported)


def _outputs_apart(line: CommandLine, platform: str) -> CommandLine:
    """Return a line whose outputs are those of one platform: of a directory the part that buildx would call so.

    Raises:
        UsageError: Platforms would write to one file.
    """
    outputs = line.values("output")
    return line.without("output").with_flags(*(("output", _output_apart(text, platform)) for text in outputs))


def _output_apart(text: str, platform: str) -> str:
    output = read_output(text)
    if output is None or not (place := output.get("dest")):
        return text
    if output.kind != "local":
        raise UsageError(
            f"--output {text}: platforms that nodes of their own build would write to one file; push the image, or "
            "build one platform at a time"
        )
    return str(output.with_attributes(dest=f"{place}/{platform.replace('/', '_')}"))


def _apart(line: CommandLine, platform: str) -> CommandLine:
    """Return a line whose own caches are those of one platform."""
    caches = [(name, apart(entry, platform)) for name in ("cache-from", "cache-to") for entry in line.values(name)]
    return line.without("cache-from", "cache-to").with_flags(*caches) if caches else line
