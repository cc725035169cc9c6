"""Who finds a download cache in the image after the RUN that filled it, asked before a mount takes it out of there."""

import re
from collections.abc import Collection, Iterator

from layerwise.ecosystems.effects import CacheDirectory, Path
from layerwise.graph.cache_use import LISTS
from layerwise.graph.passage import named
from layerwise.graph.vertex import Graph, Kind, Step

_OFFLINE = re.compile(r"(?<!\S)--(?:(?:prefer-|frozen-)?offline|no-download|no-network|cacheonly)\b")


def reader(graph: Graph, step: Step, caches: Collection[CacheDirectory]) -> str:
    """Return what looks for the caches of a RUN in what that leaves behind, "" where nothing is known to."""
    trees = [Path(cache.path, tree=True) for cache in caches]
    if copy := _copied(graph, step, trees):
        return copy
    for below in standing_on(graph, step):
        if below.kind is Kind.RUN and _OFFLINE.search(_text(below)):
            return f"{named(below)} installs offline from what is there"
        own = {cache.path for cache in below.effects.caches}
        inside = (path for path in below.effects.reads for tree in trees if tree.covers(path.path))
        if not below.effects.opaque and any(not _within(path, own) for path in inside):
            return f"{named(below)} reads it"
        if any(tree.path == LISTS for tree in trees) and (why := _lists_read(below)):
            return why
    return ""


def filler(graph: Graph, step: Step, caches: Collection[CacheDirectory]) -> str:
    """Return what puts something into the caches above a RUN, which would not see it behind a mount; "" for nothing."""
    trees = [Path(cache.path, tree=True) for cache in caches]
    for above in graph.above(step):
        own = {cache.path for cache in above.effects.caches}
        inside = (path for path in above.effects.writes for tree in trees if tree.covers(path.path))
        if above.kind is not Kind.FROM and any(not _within(path, own) for path in inside):
            return f"{named(above)} puts something there"
    return ""


def _text(step: Step) -> str:
    documents = step.instruction.heredocs if step.instruction else ()
    return "\n".join((step.display, *(document.content for document in documents)))


def _within(path: Path, caches: Collection[str]) -> bool:
    return any(Path(cache, tree=True).covers(path.path) for cache in caches)


def _lists_read(step: Step) -> str:
    kinds = [work.kind for work in step.effects.work]
    if step.effects.opaque:
        return f"{named(step)} may read the lists of packages ({step.effects.opaque})"
    first = next((kind for kind in kinds if kind in ("apt.update", "apt.install")), "")
    return f"{named(step)} installs by the lists of packages" if first == "apt.install" else ""


def needed_in_mounts(graph: Graph, step: Step, caches: Collection[CacheDirectory]) -> tuple[Step, ...] | str:
    """Return the RUNs below that read what lies in caches and so need the same mounts, or why mounts are not enough.

    For caches that are an install location too, such as Go's modules.
    """
    trees = [Path(cache.path, tree=True) for cache in caches]
    if any(layer is step for layer in graph.layers()):
        return "it is a layer of the image, and later commands find there what was installed"
    if copy := _copied(graph, step, trees, whole=True):
        return copy
    for above in graph.above(step):
        if above.kind is not Kind.FROM and _touches(above, trees) and not _owns(above, caches):
            return f"{named(above)} may have put something there"
    needing = []
    for below in standing_on(graph, step):
        if _owns(below, caches):
            needing.append(below)
        elif _touches(below, trees):
            return f"{named(below)} may read it"
    return tuple(needing)


def _owns(step: Step, caches: Collection[CacheDirectory]) -> bool:
    return not {cache.path for cache in caches}.isdisjoint(cache.path for cache in step.effects.caches)


def _touches(step: Step, trees: Collection[Path]) -> bool:
    effects = step.effects
    return any(path.overlaps(tree) for path in (*effects.reads, *effects.writes) for tree in trees)


def standing_on(graph: Graph, step: Step) -> Iterator[Step]:
    """Yield the steps whose file systems hold that of a step."""
    return (other for other in graph if any(above is step for above in graph.above(other)))


def _copied(graph: Graph, step: Step, trees: Collection[Path], *, whole: bool = False) -> str:
    """Return a COPY or a mount that takes a cache out of the stage; one of all files, only where ``whole`` asks."""
    holding = {step.id, *(other.id for other in standing_on(graph, step))}
    for other in graph:
        for edge in other.edges:
            taken = [Path(path, tree=True) for path in edge.paths or () if whole or path != "/"]
            if edge.step in holding and any(path.overlaps(tree) for path in taken for tree in trees):
                return f"{named(other)} takes it from there"
    return ""
