"""What lands where of a source that takes all that it names: told from one path, without listing the tree.

Each answer is that of the full list (``Source.places``), which for a large context takes far longer.
"""

import posixpath

from layerwise.graph.context import Context, Kind
from layerwise.graph.sources import Source


def is_whole(source: Source) -> bool:
    """Whether a source has no wildcards and no filter, so that the answers below hold for it."""
    return source.glob is None and source.include is None and source.exclude is None


def origin(context: Context, source: Source, place: str) -> str | None:
    """Return the file or link of the context that lands at ``place``; what an archive holds does not count."""
    path = _path_of(source, place)
    if context.kind(source.base) is not Kind.DIRECTORY:
        lands = posixpath.join(source.target, source.name) if source.name else source.target
        path = source.base if place == lands and source.base not in source.archives else None
    return path if path is not None and context.kind(path) in {Kind.FILE, Kind.SYMLINK} else None


def is_made(context: Context, source: Source, place: str) -> bool:
    """Whether a directory is made or taken at ``place``."""
    kind = context.kind(source.base)
    if kind is Kind.DIRECTORY:
        path = _path_of(source, place)
        return path is not None and context.kind(path) is Kind.DIRECTORY
    if kind is None or place != source.target:
        return False
    return source.base in source.archives or (bool(source.name) and place != "/")


def names_in(context: Context, source: Source, place: str) -> frozenset[str]:
    """Return the names that land directly in ``place``."""
    kind, found = context.kind(source.base), set[str]()
    path = _path_of(source, place)
    if kind is Kind.DIRECTORY and path is not None and context.kind(path) is Kind.DIRECTORY:
        found.update(context.children(path))
    if kind is not None and kind is not Kind.DIRECTORY and source.name and place == source.target:
        found.add(source.name)
    parent, name = posixpath.split(source.target)
    if kind is not None and place == parent:
        found.add(name)
    return frozenset(found - {""})


def count(context: Context, sources: tuple[Source, ...]) -> int | None:
    """Return how many files and links sources take; None where only the full list tells."""
    bases = [source.base for source in sources]
    nested = any(
        one == other or not other or one.startswith(other + "/")
        for index, one in enumerate(bases)
        for position, other in enumerate(bases)
        if position != index
    )
    if nested or not all(map(is_whole, sources)):
        return None
    kinds = {base: context.kind(base) for base in bases}
    return sum(context.count(base) if kind is Kind.DIRECTORY else kind is not None for base, kind in kinds.items())


def _path_of(source: Source, place: str) -> str | None:
    """Return the path of the context that would land at ``place`` if the base is a directory."""
    if place == source.target:
        return source.base
    before = source.target.rstrip("/") + "/"
    return posixpath.join(source.base, place.removeprefix(before)) if place.startswith(before) else None
