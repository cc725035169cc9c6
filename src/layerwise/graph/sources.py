"""One source of a COPY, ADD or bind mount, resolved against the build context.

The rules are BuildKit's (convert_copy.go, fsutil/copy): a source is rooted in the context, the symbolic links on its
way are followed and those below it kept, a directory gives its contents, wildcards are Go's ``filepath.Match``.
"""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from layerwise.graph.context import Context, Kind, ancestors
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
        include: Set by ``--parents``: only what it matches is taken.
        exclude: Set by ``--exclude``.
    """

    base: str
    target: str
    name: str = ""
    keeps_names: bool = False
    archives: frozenset[str] = frozenset()
    glob: re.Pattern[str] | None = None
    include: PatternList | None = None
    exclude: PatternList | None = None

    def place(self, context: Context, path: str) -> str | None:
        """Return where ``path`` would land, whether it exists (then it is a file) or not; None where it isn't taken."""
        if path in self.archives:
            return self.target
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

    def candidates(self, context: Context) -> Iterator[str]:
        """Yield every path of the context that could be taken."""
        if context.kind(self.base) is not None:
            yield self.base
        yield from context.below(self.base)

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
        sources: Where its files are: one, and one more for each link that its wildcards matched.
        links: The symbolic links on the way.
        missing: What isn't in the context, so that the build fails.
        unmatched: Whether it has wildcards that match nothing: then nothing is copied.
        directory: Whether a directory is among what it names, which makes one of the destination.
    """

    selector: Selector
    sources: tuple[Source, ...]
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
    """Return the shortest leading part of ``path`` that a glob matches: Docker looks no deeper than that."""
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
        return Found(selector, (plan,), missing=(written,))
    kind = context.kind(followed.path)
    source = replace(plan, base=followed.path, name=posixpath.basename(plan.base) if into else "")
    if unpack and kind is Kind.FILE and looks_like_archive(context, source.base):
        source = replace(source, name="", archives=frozenset({source.base}))
    return Found(
        selector,
        (source,),
        links=followed.links,
        missing=(written,) if kind is None or not _has_included(context, source) else _dangling(context, source),
        directory=kind is Kind.DIRECTORY,
    )


def _resolve_glob(
    context: Context, written: str, selector: Selector, plan: Source, glob: str, *, into: bool, unpack: bool
) -> Found:
    followed = context.follow(plan.base)
    try:
        compiled = compile_glob(glob)
    except BadPattern:
        compiled = None
    if followed is None or compiled is None or context.kind(followed.path) is None:
        return Found(selector, (replace(plan, glob=compiled or re.compile("(?!)")),), missing=(written,))
    source = replace(plan, base=followed.path, glob=compiled)
    kinds = {top: context.kind(top) for top in _tops(context, source, compiled)}
    directory = Kind.DIRECTORY in kinds.values()
    into = into or directory
    archives = (top for top, kind in kinds.items() if unpack and kind is Kind.FILE and looks_like_archive(context, top))
    source = replace(source, keeps_names=into, archives=frozenset(archives))
    linked = [
        _resolve_path(context, top, selector, replace(plan, base=top), into=into, unpack=unpack)
        for top, kind in kinds.items()
        if kind is Kind.SYMLINK
    ]
    return Found(
        selector,
        (source, *(each for found in linked for each in found.sources)),
        links=(*followed.links, *(link for found in linked for link in found.links)),
        missing=tuple(name for found in linked for name in found.missing),
        unmatched=not kinds,
        directory=directory or any(found.directory for found in linked),
    )


def _tops(context: Context, source: Source, glob: re.Pattern[str]) -> list[str]:
    matches = (first_match(glob, path[len(source.base) :].removeprefix("/")) for path in context.below(source.base))
    return [posixpath.join(source.base, top) for top in dict.fromkeys(matches) if top is not None]


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
