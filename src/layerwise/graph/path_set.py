"""A set of paths that tells which of them lie at or below others without looking at the rest."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator

from layerwise.graph.context import Context
from layerwise.graph.copying import Selection


class PathSet:
    """Some paths of a tree, relative and with ``/``; they don't change."""

    __slots__ = ("_paths",)

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths = sorted(paths)

    def below(self, tops: Iterable[str]) -> set[str]:
        """Return the paths that are one of ``tops`` or lie below one."""
        return {path for top in tops for path in self._under(top)}

    def any_below(self, tops: Iterable[str]) -> bool:
        """Whether some path is one of ``tops`` or lies below one."""
        return any(True for top in tops for _ in self._under(top))

    def _under(self, top: str) -> Iterator[str]:
        start = bisect_left(self._paths, top)
        if start < len(self._paths) and self._paths[start] == top:
            yield top
        first = bisect_left(self._paths, f"{top}/", start)
        yield from self._paths[first : bisect_left(self._paths, f"{top}0", first)]  # "0" comes right after "/"


def entries_of(context: Context) -> PathSet:
    """Return all paths of a context; asked again, the same set."""
    return context.memo.once(("entries",), lambda: PathSet(context.entries))


def taken_by(context: Context, selections: Iterable[Selection]) -> PathSet:
    """Return the paths that selections take, remembered with ``context``; it follows from their identities."""
    found = {(str(one.context.root), one.identity): one for one in selections}
    paths = (path for one in found.values() for path in one.placed)
    return context.memo.once(("taken by", *sorted(found)), lambda: PathSet(set(paths)))
