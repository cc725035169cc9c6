"""How BuildKit lists what a source with wildcards, ``--exclude`` or ``--parents`` takes, before that is hashed.

The list is that of ``includedPaths`` in ``cache/contenthash``: headers of directories are in it, what is in a directory
only as far as it is listed itself.
"""

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from layerwise.graph.context import Context, Kind
from layerwise.graph.directory_patterns import DirectoryPatterns, Verdict
from layerwise.graph.patterns import PatternList, compile_glob, split_wildcards
from layerwise.graph.sources import Selector


@dataclass(frozen=True, slots=True)
class Listed:
    """One file or directory header of a list.

    Attributes:
        shown: The path it was asked for.
        path: The path it lies at.
        followed: Whether it is a link, and what it leads to counts.
    """

    shown: str
    path: str
    followed: bool


class SourceList(NamedTuple):
    """What a source takes: the part of it without wildcards, and the items in order."""

    prefix: str
    items: list[Listed]


def list_source(context: Context, selector: Selector) -> SourceList:
    """List what a source with patterns takes."""
    path = selector.path.strip("/")
    prefix = split_wildcards(path)[0] if selector.wildcard else path
    start = _start(context, prefix, follow_last=selector.wildcard)
    if start is None or (start and context.kind(start) is None):
        return SourceList(prefix, [])
    chosen = _Chosen(selector, path)
    _visit(context, chosen, prefix, start)
    return SourceList(prefix, chosen.listed)


def below(path: str, directory: str) -> bool:
    """Whether a path lies below a directory, ``""`` being the root."""
    return path.startswith(f"{directory}/") if directory else path != ""


def _start(context: Context, prefix: str, *, follow_last: bool) -> str | None:
    """Follow the links of the prefix; its last component only before wildcards."""
    head, name = (prefix, "") if follow_last else posixpath.split(prefix)
    followed = context.follow(head)
    return posixpath.join(followed.path, name).rstrip("/") if followed else None


def _visit(context: Context, chosen: "_Chosen", shown: str, real: str) -> None:
    """Look at a path and, where that can matter, at what is below it, in BuildKit's order."""
    kind = context.kind(real)
    # the root's own header is left out, so that links right below it are followed
    further = chosen.visit(shown, real, kind) if shown else True
    if further and kind is Kind.DIRECTORY:
        before, above = (f"{path}/" if path else "" for path in (shown, real))
        for name in sorted(context.children(real), key=lambda one: one.encode("utf-8", "surrogateescape")):
            _visit(context, chosen, before + name, above + name)


class _Chosen:
    """The walk over a source with patterns: a directory's header counts once something below it does."""

    def __init__(self, selector: Selector, path: str) -> None:
        self.listed: list[Listed] = []
        self._glob = compile_glob(path) if selector.wildcard else None
        self._depth = None if "[" in path else path.count("/")  # a class may match a slash
        self._include = _Filter(selector.include) if selector.include else None
        self._exclude = _Filter(selector.exclude) if selector.exclude else None
        self._top = None if selector.wildcard else path
        self._waiting: list[tuple[Listed, bool]] = []

    def visit(self, shown: str, real: str, kind: Kind | None) -> bool:
        """Look at one path, after its parents, and return whether something below it may count."""
        while self._waiting and not below(shown, self._waiting[-1][0].shown):
            self._waiting.pop()
        if self._glob is not None and not (self._top is not None and below(shown, self._top)):
            if self._glob.fullmatch(shown) is None:
                return self._depth is None or shown.count("/") < self._depth
            self._top = shown
        assert self._top is not None, "something matched, or the source has no wildcards"
        item = Listed(shown, real, followed=not self._waiting and kind is Kind.SYMLINK)
        wanted = self._wants(shown[len(self._top) :].removeprefix("/"))
        if wanted:
            self.listed += [parent for parent, counted in self._waiting if not counted]
            self._waiting = [(parent, True) for parent, _ in self._waiting]
            self.listed.append(item)
        if kind is Kind.DIRECTORY:
            self._waiting.append((item, wanted))
        return True

    def _wants(self, inner: str) -> bool:
        if self._include is not None and not self._include.matches(inner):
            return False
        return self._exclude is None or not self._exclude.matches(inner)


class _Filter:
    """A list of patterns, asked for the names of one directory after the other."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self._patterns = DirectoryPatterns.of(PatternList.compile(patterns))
        self._verdicts: dict[str, Verdict | bool] = {}

    def matches(self, path: str) -> bool:
        """Whether the list matches a path."""
        directory, _, name = path.rpartition("/")
        verdict = self._verdicts.get(directory)
        if verdict is None:
            verdict = self._verdicts[directory] = self._patterns.verdict(directory)
        return verdict if isinstance(verdict, bool) else verdict(name)
