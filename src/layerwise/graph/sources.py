"""One source of a COPY, ADD or bind mount, resolved against the build context.

The rules are BuildKit's (convert_copy.go, fsutil/copy): a source is rooted in the context, the symbolic links on its
way are followed and those below it kept, a directory gives its contents, wildcards are Go's ``filepath.Match``.
"""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from layerwise.graph.context import Context, Followed, Kind, ancestors
from layerwise.graph.patterns import BadPattern, PatternList, clean, compile_glob, has_wildcards, split_wildcards

_ARCHIVE_NAME = re.compile(r"\.(tar|tar\.(gz|bz2|xz|zst)|tgz|tbz2?|txz|tzst)$")
_COMPRESSED = (b"\x1f\x8b\x08", b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd")
_TAR_MAGIC = slice(257, 262)


@dataclass(frozen=True, slots=True)
class Selector:
    """What BuildKit computes a content key from, for one source.

    Attributes:
        path: Absolute in the context, clean, links not followed.
        include: The pattern of ``--parents``.
        exclude: The patterns of ``--exclude``.
    """

    path: str
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    @property
    def wildcard(self) -> bool:
        """Whether the path is matched rather than looked up."""
        return has_wildcards(self.path)

    @property
    def plain(self) -> bool:
        """Whether the path stands for all that is there."""
        return not (self.wildcard or self.include or self.exclude)


@dataclass(frozen=True, slots=True)
class Source:
    """Where files are looked for and where they land.

    Attributes:
        base: Path in the context, links followed; with a glob, the directory it starts in.
        target: Absolute and clean, in the container.
        name: Where a file lands below ``target``; "" where it lands at ``target`` itself.
        keeps_names: Whether each file that the glob matches keeps its own name below ``target``.
        archives: Files that ADD unpacks at ``target``.
        glob: What must match below ``base``, None where no wildcard is left.
        levels: How many components the glob can match; None where a class of it may match a slash.
        include: Set by ``--parents``: only what it matches is taken.
        exclude: Set by ``--exclude``.
        linked: What each symbolic link that the glob matches leads to.
    """

    base: str
    target: str
    name: str = ""
    keeps_names: bool = False
    archives: frozenset[str] = frozenset()
    glob: re.Pattern[str] | None = None
    levels: int | None = None
    include: PatternList | None = None
    exclude: PatternList | None = None
    linked: "tuple[tuple[str, Source], ...]" = ()

    def place(self, context: Context, path: str) -> str | None:
        """Return where ``path`` would land, whether it exists (then it is a file) or not; None where it isn't taken."""
        if path in self.archives:
            return self.target
        places = (source.place(context, path) for _, source in reversed(self.linked))
        return next((place for place in places if place is not None), self._place_own(context, path))

    def places(self, context: Context) -> Iterator[tuple[str, str]]:
        """Yield each path of the context that is taken and where it lands, in the order that it is copied."""
        linked = dict(self.linked)
        for top in (self.base,) if self.glob is None else self.tops(context):
            if top in linked:
                yield from linked[top].places(context)
                continue
            kind = context.kind(top)
            below = context.below(top) if kind is Kind.DIRECTORY else ()
            for path in (*((top,) if kind else ()), *below):
                place = self.target if path in self.archives else self._place_own(context, path)
                if place is not None:
                    yield path, place

    def unpacked(self) -> frozenset[str]:
        """Return the files that ADD unpacks, links followed."""
        return self.archives.union(*(source.archives for _, source in self.linked))

    def tops(self, context: Context, directory: str = "", level: int = 1) -> Iterator[str]:
        """Yield what the glob matches in Docker's order, without what lies below a match: Docker looks no deeper."""
        here = posixpath.join(self.base, directory).rstrip("/")
        before, above = (f"{one}/" if one else "" for one in (directory, here))
        for name in context.children(here):
            inner, path = before + name, above + name
            if self.glob is not None and self.glob.fullmatch(inner):
                yield path
            elif level != self.levels and context.kind(path) is Kind.DIRECTORY:
                yield from self.tops(context, inner, level + 1)

    def _place_own(self, context: Context, path: str) -> str | None:
        inner = self._below_base(path)
        if inner is None:
            return None
        is_directory = context.kind(path) is Kind.DIRECTORY
        if self.glob is None:
            return self._place_inside(inner, self.name if not is_directory else "")
        top = first_match(self.glob, inner)
        if top is None or context.kind(posixpath.join(self.base, top)) is Kind.SYMLINK:
            return None
        name = posixpath.basename(path) if self.keeps_names and not is_directory else ""
        return self._place_inside(inner[len(top) :].removeprefix("/"), name)

    def _below_base(self, path: str) -> str | None:
        if not self.base or path == self.base:
            return path.removeprefix(self.base)
        return path[len(self.base) + 1 :] if path.startswith(self.base + "/") else None

    def _place_inside(self, inner: str, name: str) -> str | None:
        if not inner:
            return posixpath.join(self.target, name) if name else self.target
        if self.include is not None and not self.include.matches(inner):
            return None
        if self.exclude is not None and self.exclude.matches(inner):
            return None
        return posixpath.join(self.target, inner)


@dataclass(frozen=True, slots=True)
class Found:
    """What one source as written came to.

    Attributes:
        selector: Its part of the cache key.
        source: Where its files are; None where its wildcards are malformed.
        links: The symbolic links on the way.
        missing: What isn't in the context, so that the build fails.
        unmatched: Whether it has wildcards that match nothing.
        directory: Whether a directory is among what it names, which makes one of the destination.
    """

    selector: Selector
    source: Source | None
    links: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    unmatched: bool = False
    directory: bool = False


def resolve(context: Context, written: str, plan: Source, *, into: bool, parents: bool, unpack: bool) -> Found:
    """Resolve one source.

    Args:
        context: Where to look.
        written: Expanded; no URL, git reference or here-document.
        plan: The target and the excludes, which are the same for all sources of an instruction.
        into: Whether the destination is a directory.
        parents: Whether ``--parents`` is set.
        unpack: Whether archives are unpacked.

    Raises:
        BadPattern: Docker refuses the pattern that ``--parents`` makes of ``written``.
    """
    path, include = _pivot(written) if parents else (written, ())
    path = clean("/" + path)
    exclude = tuple(pattern.written for pattern in plan.exclude.patterns) if plan.exclude else ()
    selector = Selector(path, include, exclude)
    plan = replace(plan, include=PatternList.compile(include) if include else None)
    prefix, glob = split_wildcards(path.removeprefix("/"))
    if glob:
        return _resolve_glob(context, written, selector, replace(plan, base=prefix), glob, into=into, unpack=unpack)
    return _resolve_path(context, written, selector, replace(plan, base=prefix), into=into, unpack=unpack)


def first_match(glob: re.Pattern[str], path: str) -> str | None:
    """Return the shortest leading part of ``path`` that a glob matches."""
    tops = (*reversed(tuple(ancestors(path))), path)
    return next((top for top in tops if top and glob.fullmatch(top)), None)


def looks_like_archive(context: Context, path: str) -> bool:
    """Whether ADD would unpack a file: told by its first bytes, by its name where those can't be read."""
    head = next(context.chunks(path), b"")
    if not head or head.startswith(_COMPRESSED):
        return _ARCHIVE_NAME.search(path) is not None
    return head[_TAR_MAGIC] == b"ustar"


def _resolve_path(
    context: Context, written: str, selector: Selector, plan: Source, *, into: bool, unpack: bool
) -> Found:
    followed = context.follow(plan.base)
    if followed is None:
        return Found(selector, plan, missing=(written,))
    kind = context.kind(followed.path)
    source = replace(plan, base=followed.path, name=posixpath.basename(plan.base) if into else "")
    if unpack and kind is Kind.FILE and looks_like_archive(context, source.base):
        source = replace(source, name="", archives=frozenset({source.base}))
    return Found(
        selector,
        source,
        links=followed.links,
        missing=(written,) if kind is None or not _has_included(context, source) else _dangling(context, source),
        directory=kind is Kind.DIRECTORY,
    )


def _resolve_glob(
    context: Context, written: str, selector: Selector, plan: Source, glob: str, *, into: bool, unpack: bool
) -> Found:
    followed = context.follow(plan.base) or Followed(plan.base, ())
    try:
        compiled = compile_glob(glob)
    except BadPattern:
        return Found(selector, None, missing=(written,))
    levels = None if "[" in glob else glob.count("/") + 1
    source = replace(plan, base=followed.path, glob=compiled, levels=levels)
    kinds = {top: context.kind(top) for top in source.tops(context)}
    directory = any(_is_directory(context, top) for top in kinds)
    into = into or directory
    archives = (top for top, kind in kinds.items() if unpack and kind is Kind.FILE and looks_like_archive(context, top))
    source = replace(source, keeps_names=into, archives=frozenset(archives))
    linked = {
        top: _resolve_path(context, top, selector, replace(plan, base=top), into=into, unpack=unpack)
        for top, kind in kinds.items()
        if kind is Kind.SYMLINK
    }
    lost = context.kind(source.base) in {None, Kind.SYMLINK}  # links in a circle are not followed
    return Found(
        selector,
        replace(source, linked=tuple((top, found.source) for top, found in linked.items() if found.source)),
        links=(*followed.links, *(link for found in linked.values() for link in found.links)),
        missing=(written,) if lost else tuple(name for found in linked.values() for name in found.missing),
        unmatched=not lost and not kinds,
        directory=directory,
    )


def _is_directory(context: Context, path: str) -> bool:
    followed = context.follow(path)
    return followed is not None and context.kind(followed.path) is Kind.DIRECTORY


def _has_included(context: Context, source: Source) -> bool:
    """Whether what ``--parents`` asks for is there; with wildcards it need not be."""
    if source.include is None or any(has_wildcards(pattern.text) for pattern in source.include.patterns):
        return True
    return any(source.place(context, path) is not None for path in context.below(source.base))


def _dangling(context: Context, source: Source) -> tuple[str, ...]:
    """Return the links at the root that lead nowhere: with a filter BuildKit follows them for the key, and fails."""
    if source.base or (source.include is None and source.exclude is None):
        return ()
    links = (name for name in context.children("") if context.kind(name) is Kind.SYMLINK)
    taken = ((name, context.follow(name)) for name in links if source.place(context, name) is not None)
    return tuple(name for name, followed in taken if followed is None or context.kind(followed.path) is None)


def _pivot(written: str) -> tuple[str, tuple[str, ...]]:
    """Split a source of ``--parents`` into where its names begin and the pattern of what is taken."""
    before, found, after = written.partition("/./")
    start, pattern = (before, after) if found else ("/", written)
    return start, (clean("/" + pattern).removeprefix("/"),)
