"""Which caches one call of buildx brings in, and which it sends out."""

import pathlib
from collections.abc import Iterator
from dataclasses import dataclass

from layerwise.builder.cache import attributes
from layerwise.builder.cache.branches import Branches
from layerwise.builder.cache.refs import cache_tag
from layerwise.builder.drive.output import joined, split


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheUse:
    """The cache of a build.

    Attributes:
        kind: ``registry``, ``local`` or ``gha``.
        mode: ``max`` or ``min``; ``off`` to send nothing out.
        place: The repository, as ``host/name``, or the directory; "" for GitHub's.
        dockerfile: Its path from the root of the repository.
        target: The stage asked for, "" for the last.
        branches: Whose caches may serve it.
    """

    kind: str
    mode: str
    place: str
    dockerfile: str
    target: str
    branches: Branches

    def tag(self, platforms: str, branch: str = "") -> str:
        """Return the name of a branch's cache of some platforms, the built branch's where none is named."""
        return cache_tag(self.dockerfile, self.target, branch or self.branches.current, platforms)

    def imports(self, platforms: str) -> tuple[str, ...]:
        """Return what to bring in for some platforms, as ``--cache-from`` takes it."""
        return tuple(self._imports(platforms))

    def exports(self, platforms: str) -> tuple[str, ...]:
        """Return what to send out of some platforms, as ``--cache-to`` takes it; nothing from a fork."""
        if self.mode == attributes.OFF or self.branches.foreign:
            return ()
        tag = self.tag(platforms)
        if self.kind == attributes.REGISTRY:
            return (attributes.registry_export(self.place, tag, self.mode),)
        if self.kind == attributes.LOCAL:
            return (attributes.local_export(str(pathlib.Path(self.place) / tag), self.mode),)
        return (attributes.gha_export(self._scope(platforms), self.mode),)

    def _imports(self, platforms: str) -> Iterator[str]:
        if self.kind == attributes.GHA:  # GitHub itself looks through the branch, its base and the main one
            yield attributes.gha_import(self._scope(platforms))
            return
        for branch in self.branches.imported():
            tag = self.tag(platforms, branch)
            directory = pathlib.Path(self.place) / tag
            if self.kind == attributes.REGISTRY:
                yield attributes.registry_import(self.place, tag)
            elif (directory / "index.json").is_file():
                yield attributes.local_import(str(directory))

    def _scope(self, platforms: str) -> str:
        return cache_tag(self.dockerfile, self.target, "any", platforms)


_OF_KIND = {"registry": "ref", "local": "dest", "gha": "scope", "s3": "name", "azblob": "name"}


def apart(entry: str, platform: str) -> str:
    """Return a user's own ``--cache-to`` or ``--cache-from`` for one platform of several that are built apart.

    Platforms that write to one ref would overwrite each other; inline caches are in each image anyway.
    """
    pairs = split(entry) if "=" in entry else (("type", "registry"), ("ref", entry))
    kind = dict(pairs or ()).get("type", "")
    if pairs is None or kind not in _OF_KIND:
        return entry
    wanted = {_OF_KIND[kind], "src"} if kind == "local" else {_OF_KIND[kind]}
    named = dict(pairs).keys() & wanted
    made = [(name, _of(kind, value, platform) if name in wanted else value) for name, value in pairs]
    if not named and kind == "gha":
        made.append(("scope", _of(kind, "buildkit", platform)))
    return joined(made)


def _of(kind: str, value: str, platform: str) -> str:
    mark = platform.replace("/", "-")
    if kind == "local":
        return str(pathlib.Path(value) / mark)
    if kind == "registry" and ":" not in value.rpartition("/")[2]:
        return f"{value}:{mark}"
    return f"{value}-{mark}"
