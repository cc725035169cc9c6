"""Removes the caches that layerwise made for branches that are gone, and what no cache of a directory holds."""

import pathlib
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from layerwise.builder.cache.kept import Kept, blob_path
from layerwise.builder.cache.refs import branch_digest
from layerwise.errors import RegistryError
from layerwise.oci.documents import DocumentError, Manifest, decode
from layerwise.oci.origin import Origin

DETACHED = "detached"
"""What a build of no branch is called."""
_MOST_TAGS = 5000


@dataclass(frozen=True, slots=True)
class Gone:
    """A cache that goes, or part of one.

    Attributes:
        what: The cache's tag or directory, or what is in no cache any more.
        size_bytes: As stored; layers that other images share are in it too.
        why: Why it stays all the same, a clause; "" for one that goes.
    """

    what: str
    size_bytes: int
    why: str = ""


def of_gone_branches(kept: Iterable[Kept], living: Collection[str]) -> tuple[Kept, ...]:
    """Return the caches that were made for branches that are not among ``living``; a detached head's stays."""
    digests = {branch_digest(name) for name in (*living, DETACHED)}
    return tuple(one for one in kept if one.made and one.made.digest not in digests)


def prune_registry(origin: Origin, kept: Sequence[Kept], going: Sequence[Kept], *, dry: bool) -> Iterator[Gone]:
    """Remove caches from a repository, one by one; nothing where it is only to be shown.

    Some registries remove a manifest alone, and every tag with it: then a cache stays that another tag names too.

    Raises:
        RegistryError: Nothing may be removed here, or the registry does not answer.
    """
    names = {one.name for one in going}
    shared = _Shared(origin, kept, names)
    for one in going:
        if dry or origin.delete(one.name):
            yield Gone(one.name, one.outline.size_bytes)
        elif why := shared.why(one.digest):
            yield Gone(one.name, one.outline.size_bytes, why)
        elif origin.delete(one.digest):
            yield Gone(one.name, one.outline.size_bytes)
        else:
            raise RegistryError(f"{origin.name}: the registry removes nothing; ask who runs it to turn deletion on")


class _Shared:
    """Which manifests have other tags than those that go; asked where a registry removes no tags."""

    def __init__(self, origin: Origin, kept: Sequence[Kept], names: Collection[str]) -> None:
        self._origin = origin
        self._names = names
        self._kept = {one.digest for one in kept if one.name not in names}
        self._others: frozenset[str] | None = None

    def why(self, digest: str) -> str:
        if digest in self._kept:
            return "another branch has the very same cache"
        if self._others is None:
            tags = [tag for tag, _ in zip(self._origin.tags(), range(_MOST_TAGS), strict=False)]
            if len(tags) == _MOST_TAGS:
                return "the repository has too many tags to see whether one of them names it too"
            others = (self._origin.digest(tag) for tag in tags if tag not in self._names)
            self._others = frozenset(found for found in others if found)
        return "another tag names it too" if digest in self._others else ""


def prune_directory(kept: Sequence[Kept], going: Sequence[Kept], *, dry: bool) -> Iterator[Gone]:
    """Remove caches from a directory, and from those that stay what their index does not name any more."""
    names = {one.name for one in going}
    for one in going:
        yield Gone(one.name, _bytes(pathlib.Path(one.name)))
        if not dry:
            shutil.rmtree(one.name)
    for one in kept:
        if one.name not in names:
            yield from _swept(pathlib.Path(one.name), dry=dry)


def _swept(directory: pathlib.Path, *, dry: bool) -> Iterator[Gone]:
    """Remove blobs that earlier exports left: BuildKit adds to a directory and takes nothing away."""
    needed = _needed(directory)
    blobs = [path for path in (directory / "blobs").glob("*/*") if path.is_file() and path not in needed]
    if blobs and needed:
        yield Gone(
            f"{len(blobs)} blobs of {directory} that it does not name", sum(path.stat().st_size for path in blobs)
        )
        remove: Callable[[pathlib.Path], object] = (lambda _: None) if dry else pathlib.Path.unlink
        for path in blobs:
            remove(path)


def _needed(directory: pathlib.Path) -> frozenset[pathlib.Path]:
    """Return the blobs that a directory's index leads to, none where one of them can't be read."""
    needed: set[pathlib.Path] = set()
    try:
        left = [part.digest for part in decode((directory / "index.json").read_bytes(), Manifest).manifests or ()]
        while left:
            path = blob_path(directory, left.pop())
            needed.add(path)
            manifest = decode(path.read_bytes(), Manifest)
            left += [part.digest for part in manifest.manifests or () if "manifest" in part.media_type]
            leaves = (*(manifest.layers or ()), *(manifest.manifests or ()), *filter(None, (manifest.config,)))
            needed |= {blob_path(directory, part.digest) for part in leaves}
    except (OSError, DocumentError):
        return frozenset()
    return frozenset(needed)


def _bytes(directory: pathlib.Path) -> int:
    return sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())
