"""From what is asked for to the calls that carry it out, once the builders have said what they can do."""

import os
import pathlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from layerwise.builder.cache import attributes
from layerwise.builder.cache.branches import branches_of
from layerwise.builder.cache.place import own_directory
from layerwise.builder.cache.using import CacheUse
from layerwise.builder.checkout import Checkout, branches
from layerwise.builder.drive import checks
from layerwise.builder.drive.asked import Asked, Manner
from layerwise.builder.drive.calls import Call, Place, each, repositories, whole
from layerwise.builder.drive.files import Files
from layerwise.builder.drive.places import Finder
from layerwise.errors import UsageError
from layerwise.oci.reference import DOCKER_HUB, parse_reference


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheWish:
    """The cache that a build is to have.

    Attributes:
        kind: ``registry``, ``local`` or ``gha``; ``none`` and "" for none of ours.
        ref: The repository of a registry cache, "" for the image's own.
        directory: Of a local cache, "" for one of the user's own.
        main: The main branch, "" for what git or CI says.
        mode: Says how the cache is sent out; asked once, where there is one.
    """

    kind: str = attributes.NONE
    ref: str = ""
    directory: str = ""
    main: str = ""
    mode: Callable[[], str] = lambda: attributes.MAX

    @property
    def wanted(self) -> bool:
        """Whether there is to be one."""
        return self.kind not in ("", attributes.NONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A build that can begin.

    Attributes:
        calls: Its calls.
        cache: Its cache, None where it has none of ours.
        notes: What is odd, a sentence each.
    """

    calls: tuple[Call, ...]
    cache: CacheUse | None = None
    notes: tuple[str, ...] = ()


def prepare(
    asked: Asked,
    finder: Finder,
    nodes: Mapping[str, str],
    wish: CacheWish,
    files: Files,
    checkout: Checkout | None,
    project: str,
) -> Prepared:
    """Return the calls of a build.

    Args:
        asked: What is asked for.
        finder: Finds builders.
        nodes: The builder or docker context of a platform.
        wish: The cache that it is to have.
        files: Where its files are.
        checkout: The work tree of the context, None where there is none.
        project: What it is a build of.

    Raises:
        BuilderError: A builder is not there, or can't do what is asked of it.
        UsageError: What is asked for is not clear.
    """
    named = asked.line.last("builder")
    if asked.manner is Manner.WHOLE and not wish.wanted and len(asked.platforms) < 2:  # noqa: PLR2004 - several
        return Prepared(calls=(whole(asked, finder.unasked(named), None),), notes=_left_to_buildx(asked))
    places = _places(asked, finder, nodes, named)
    _require(asked, places, wish, files)
    cache = _cache(asked, wish, finder.environment, files, checkout, project) if wish.wanted else None
    if asked.manner is Manner.WHOLE:
        calls: tuple[Call, ...] = (whole(asked, next(iter(places.values())), cache),)
    else:
        calls = each(asked, places, cache)
    return Prepared(calls=calls, cache=cache, notes=(*_left_to_buildx(asked), *_notes(places, cache)))


def _places(asked: Asked, finder: Finder, nodes: Mapping[str, str], named: str) -> Mapping[str, Place]:
    """Return where each platform is built; the builder's own platform stands there where none is asked for."""
    if asked.manner is Manner.WHOLE or not asked.platforms:
        place = finder.one(named)
        return {asked.platforms[0] if asked.platforms else place.builder.native or "local": place}
    places = finder.several({platform: nodes.get(platform, named) for platform in asked.platforms})
    return {(place.builder.native or name) if name == "local" else name: place for name, place in places.items()}


def _require(asked: Asked, places: Mapping[str, Place], wish: CacheWish, files: Files) -> None:
    if wish.kind == attributes.GHA:
        attributes.require_gha(next(iter(places.values())).environment)
    together = asked.manner is Manner.WHOLE and len(asked.platforms) > 1
    for platform, place in places.items():
        asking = asked.platforms if together else (platform,)
        builder = place.builder
        foreign = [one for one in asking if one != "local" and not checks.builds(builder, one)]
        running = _running(asked, files, foreign, builder.native) if foreign else frozenset()
        kind = wish.kind if wish.wanted else ""
        checks.require(builder, [one for one in foreign if one in running], kind, several=together)


def _running(asked: Asked, files: Files, platforms: Sequence[str], native: str) -> frozenset[str]:
    """Return on which of some platforms something has to run; on all where the Dockerfile does not say."""
    from layerwise.builder.drive.sources import emulated_platforms, read_sources  # noqa: PLC0415 - takes its time

    sources = read_sources(asked, files, platforms, native, whole=False)
    graphs = sources.graphs() if sources else ()
    return emulated_platforms(graphs) if graphs else frozenset(platforms)


def _cache(
    asked: Asked,
    wish: CacheWish,
    environment: Mapping[str, str],
    files: Files,
    checkout: Checkout | None,
    project: str,
) -> CacheUse:
    current, main = branches(checkout.root) if checkout else ("", "")
    return CacheUse(
        kind=wish.kind,
        mode=wish.mode(),
        place=_place(asked, wish, environment, project),
        dockerfile=_shown(files, asked, checkout),
        target=asked.line.last("target"),
        branches=branches_of(environment, current, wish.main or main),
    )


def _place(asked: Asked, wish: CacheWish, environment: Mapping[str, str], project: str) -> str:
    """Return where a cache is kept."""
    if wish.kind == attributes.GHA:
        return ""
    if wish.kind == attributes.LOCAL:
        return wish.directory or str(own_directory(environment, project))
    if wish.ref:
        return repositories([wish.ref])[0]
    if not asked.names:
        raise UsageError("--cache registry: where to? name the image with -t, or the cache's repository: --cache-ref")
    reference = parse_reference(asked.names[0])
    if asked.manner is not Manner.PUSH and (reference.host, reference.repository.partition("/")[0]) == (
        DOCKER_HUB,
        "library",
    ):
        raise UsageError(f"--cache registry: {asked.names[0]} is in no registry; name one that takes it: --cache-ref")
    return reference.name


def _shown(files: Files, asked: Asked, checkout: Checkout | None) -> str:
    """Return how a cache's name knows the Dockerfile: by its path from the root, the same on every machine."""
    if files.dockerfile is None or checkout is None:
        return asked.dockerfile or "Dockerfile"
    return pathlib.Path(os.path.relpath(files.dockerfile.resolve(), checkout.root.resolve())).as_posix()


def _left_to_buildx(asked: Asked) -> tuple[str, ...]:
    return (f"buildx itself pushes, for {asked.why}: its tags may move one by one",) if asked.why else ()


def _notes(places: Mapping[str, Place], cache: CacheUse | None) -> Sequence[str]:
    builders = {place.builder.name: place.builder for place in places.values()}
    notes = [note for builder in builders.values() for note in checks.notes(builder)]
    if cache and cache.branches.foreign:
        notes.append("a fork's merge request sends no cache out: what it makes is nothing that other builds may take")
    return notes
