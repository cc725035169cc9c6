"""Directories of the build context of which no build takes anything, nor could take what is put there later."""

import posixpath
from collections import Counter
from collections.abc import Iterable, Sequence

from layerwise.graph.context import Context, ancestors
from layerwise.graph.copying import Selection
from layerwise.graph.patterns import BadPattern, PatternList, compile_glob
from layerwise.graph.sources import Selector, Source


def untaken(context: Context, selections: Sequence[Selection]) -> Counter[str]:
    """Return the topmost such directories, each with the count of files in it."""
    needed = _needed(selections)
    found: Counter[str] = Counter()
    for path in context.files():
        above = reversed(tuple(ancestors(path)))
        top = next((directory for directory in above if directory not in needed), None)
        if top is not None:
            found[top] += 1
    return Counter({path: count for path, count in found.items() if not any(_could(one, path) for one in selections)})


def _needed(selections: Iterable[Selection]) -> set[str]:
    """Return what is taken, where it is looked for, and every directory above."""
    paths = {path for one in selections for path in (*one.placed, *one.links)}
    paths |= {source.base for one in selections for source in one.sources}
    paths |= {_literal(selector) for one in selections for selector in one.selectors}
    return paths | {above for path in paths for above in ancestors(path)}


def _literal(selector: Selector) -> str:
    """Return the path of a source, up to its first wildcard."""
    parts = posixpath.join(selector.path, *selector.include).strip("/").split("/")
    wild = next((index for index, part in enumerate(parts) if set(part) & set("*?[")), len(parts))
    return "/".join(parts[:wild])


def _could(selection: Selection, directory: str) -> bool:
    """Whether something below ``directory`` could be taken that is not there today."""
    if len(selection.sources) != len(selection.selectors):
        return True
    pairs = zip(selection.sources, selection.selectors, strict=True)
    return any(_reaches(selector, directory) and not _excludes(source, directory) for source, selector in pairs)


def _reaches(selector: Selector, directory: str) -> bool:
    pattern = posixpath.join(selector.path, *selector.include).strip("/")
    if not pattern:
        return True
    for part, name in zip(pattern.split("/"), directory.split("/"), strict=False):
        if "**" in part or "[" in part:
            return True
        try:
            if compile_glob(part).fullmatch(name) is None:
                return False
        except BadPattern:
            return True
    return True


def _excludes(source: Source, directory: str) -> bool:
    """Whether ``--exclude`` takes a directory out with all that could ever be in it."""
    excluded: PatternList | None = source.exclude
    inner = directory.removeprefix(f"{source.base}/") if source.base else directory
    if excluded is None or source.glob is not None or (source.base and inner == directory):
        return False
    return excluded.matches(inner) and not excluded.may_release_below(inner)
