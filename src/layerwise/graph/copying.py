"""Which files of the build context a COPY, ADD or bind mount takes, and where in the container they land.

The rules are BuildKit's (convert_copy.go, fsutil/copy): sources are rooted in the context, the links on a source's way
are followed and those below it kept, a directory gives its contents, wildcards are Go's ``filepath.Match``.
"""

import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from layerwise.graph.context import Context, Kind, ancestors
from layerwise.graph.patterns import BadPattern, PatternList, clean, compile_glob, has_wildcards, split_wildcards

_USUAL_DIRECTORIES = """
bin boot dev etc home lib media mnt opt proc root run sbin srv sys tmp usr var
etc/apt etc/apt/apt.conf.d etc/apt/keyrings etc/apt/preferences.d etc/apt/sources.list.d etc/apt/trusted.gpg.d
etc/cron.d etc/init.d etc/profile.d etc/ssl etc/ssl/certs
usr/bin usr/lib usr/sbin usr/share usr/local usr/local/bin usr/local/lib usr/local/sbin usr/local/share
var/cache var/lib var/log var/tmp
"""
BASE_DIRECTORIES = frozenset(f"/{path}" for path in _USUAL_DIRECTORIES.split())
"""Directories that a base image is taken to have; ``COPY tool /usr/local/bin`` lands below, not at, that path."""

_ARCHIVE_NAME = re.compile(r"\.(tar|tar\.(gz|bz2|xz|zst)|tgz|tbz2?|txz|tzst)$")
_COMPRESSED = (b"\x1f\x8b\x08", b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd")
_TAR_MAGIC = slice(257, 262)


@dataclass(frozen=True, slots=True)
class Source:
    """One source of a COPY, resolved against the context.

    Attributes:
        path: Relative to the context's root, cleaned; with ``--parents`` what stands before ``/./``, else the root.
        base: What ``path`` leads to, links followed; with wildcards, the directory they start in.
        glob: What follows ``base``, or None where no wildcard is left.
        include: Set by ``--parents``: only what it matches is taken.
        exclude: Set by ``--exclude``.
        target: Absolute and clean, in the container.
        name: Where a file lands below ``target``; "" where it lands at ``target`` itself.
        keeps_names: Whether each matched file keeps its own name below ``target``.
    """

    path: str
    base: str
    target: str
    name: str = ""
    keeps_names: bool = False
    glob: re.Pattern[str] | None = field(default=None, compare=False, repr=False)
    include: PatternList | None = field(default=None, compare=False, repr=False)
    exclude: PatternList | None = field(default=None, compare=False, repr=False)

    def place(self, context: Context, path: str) -> str | None:
        """Return where a file at ``path`` would land, whether it exists or not; None where it isn't taken."""
        if self.base and path != self.base and not path.startswith(self.base + "/"):
            return None
        inner = path[len(self.base) :].removeprefix("/")
        if self.glob is None:
            return self._place_inner(inner, is_file=context.kind(path) is not Kind.DIRECTORY)
        top = self.match_of(inner)
        if top is None or context.kind(posixpath.join(self.base, top)) is Kind.SYMLINK:
            return None
        if top == inner and context.kind(path) is not Kind.DIRECTORY:
            return posixpath.join(self.target, posixpath.basename(path)) if self.keeps_names else self.target
        return self._place_inner(inner[len(top) :].removeprefix("/"), is_file=False)

    def match_of(self, inner: str) -> str | None:
        """Return the shortest leading part of a path below ``base`` that the wildcards match."""
        assert self.glob is not None, "only a source with wildcards matches"
        if not inner:
            return None
        tops = (*reversed(tuple(ancestors(inner))), inner)
        return next((top for top in tops if self.glob.fullmatch(top)), None)

    def _place_inner(self, inner: str, *, is_file: bool) -> str | None:
        if not inner:
            return posixpath.join(self.target, self.name) if is_file and self.name else self.target
        if self.include is not None and not self.include.matches(inner):
            return None
        if self.exclude is not None and self.exclude.matches(inner):
            return None
        return posixpath.join(self.target, inner)


@dataclass(frozen=True)
class Selection:
    """The files that a COPY, ADD or bind mount takes from a context; also a predicate over paths that are not there.

    Attributes:
        context: Where the files come from.
        sources: As resolved, in the order written.
        selectors: The sources as BuildKit names them in cache keys: see ``checksum``.
        missing: Sources, as written, that aren't in the context: the build fails.
        unmatched: Wildcards that match nothing: BuildKit copies nothing for them.
        links: Symbolic links of the context that lead to a source: a change of theirs is a change of the source.
        archives: Files that ADD unpacks; what is in them lands below the path they are placed at.
    """

    context: Context = field(repr=False)
    sources: tuple[Source, ...]
    selectors: tuple["Selector", ...]
    missing: tuple[str, ...] = ()
    unmatched: tuple[str, ...] = ()
    links: frozenset[str] = frozenset()
    archives: frozenset[str] = frozenset()

    def takes(self, path: str) -> str | None:
        """Return where the file ``path`` of the context lands, the last place where there are several; None if nowhere.

        ``path`` need not exist, so that a path of git's past can be asked for; it counts as a file then.
        """
        if self.context.rules.ignores(path):
            return None
        for source in reversed(self.sources):
            placed = source.place(self.context, path)
            if placed is not None:
                return placed
        return None

    def covers(self, path: str) -> bool:
        """Whether a change at ``path`` changes what is taken."""
        return path in self.links or self.takes(path) is not None

    @cached_property
    def placed(self) -> dict[str, str]:
        """Container path of each file and link taken, by its path in the context."""
        found: dict[str, str] = {}
        for source in self.sources:
            for path in self._candidates(source):
                if self.context.kind(path) is not Kind.DIRECTORY:
                    target = source.place(self.context, path)
                    if target is not None:
                        found[path] = target
        return found

    @cached_property
    def directories(self) -> frozenset[str]:
        """Container paths of the directories that are made or taken, without those above the destination."""
        made: set[str] = set()
        for source in self.sources:
            for path in self._candidates(source):
                if (target := source.place(self.context, path)) is None:
                    continue
                if self.context.kind(path) is Kind.DIRECTORY:
                    made.add(target)
                made.update(_up_to(target, source.target))
        made.update(placed for path, placed in self.placed.items() if path in self.archives)
        return frozenset(made)

    @cached_property
    def size(self) -> int:
        """Bytes of the files taken, as far as their sizes are known."""
        return sum(self.context.entries[path].size or 0 for path in self.placed)

    @cached_property
    def identity(self) -> str:
        """A text that is equal for selections of the same sources to the same place."""
        return repr((self.sources, self.selectors))

    def source_of(self, container_path: str) -> str | None:
        """Return the context's file that lies at ``container_path`` afterwards."""
        return self._by_container_path.get(container_path)

    def holds(self, container_path: str) -> bool:
        """Whether a taken file or directory lies at ``container_path``."""
        return container_path in self._by_container_path or container_path in self.directories

    def children(self, container_path: str) -> tuple[str, ...]:
        """Return the names that this puts directly into a directory of the container, sorted."""
        return self._children.get(container_path, ())

    @cached_property
    def _by_container_path(self) -> dict[str, str]:
        placed: dict[str, str] = {}
        for source in self.sources:
            for path in self._candidates(source):
                if path in self.archives or self.context.kind(path) is Kind.DIRECTORY:
                    continue
                if (target := source.place(self.context, path)) is not None:
                    placed[target] = path
        return placed

    @cached_property
    def _children(self) -> dict[str, tuple[str, ...]]:
        names: dict[str, set[str]] = {}
        for path in (*self._by_container_path, *self.directories):
            parent, name = posixpath.split(path)
            if name:
                names.setdefault(parent, set()).add(name)
        return {parent: tuple(sorted(found)) for parent, found in names.items()}

    def _candidates(self, source: Source) -> Iterator[str]:
        if self.context.kind(source.base) is not None:
            yield source.base
        yield from self.context.below(source.base)


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


def select(
    context: Context,
    sources: Iterable[str],
    destination: str,
    *,
    exclude: Iterable[str] = (),
    parents: bool = False,
    unpack: bool = False,
    directories: Iterable[str] = BASE_DIRECTORIES,
) -> Selection:
    """Resolve a COPY, an ADD or a bind mount of local files.

    Args:
        context: The build context, or a named one.
        sources: Expanded; no URLs, git references or here-documents.
        destination: Absolute, a trailing slash kept.
        exclude: The values of ``--exclude``.
        parents: Whether ``--parents`` is set.
        unpack: Whether local archives are unpacked, as ADD does.
        directories: Container paths known to be directories, so that a file copied there lands below them.

    Raises:
        BadPattern: Docker refuses a pattern of ``exclude`` or, with ``parents``, a source.
    """
    building = _Building(context, clean(destination), tuple(exclude), unpack)
    building.into = destination.endswith(("/", "/.")) or building.target == "/" or building.target in directories
    for written in sources:
        building.add(written, parents=parents)
    return building.finished()


@dataclass(slots=True)
class _Building:
    """A selection while its sources are added one by one: an earlier one decides whether the target is a directory."""

    context: Context
    target: str
    exclude: tuple[str, ...]
    unpack: bool
    into: bool = False
    sources: list[Source] = field(default_factory=list)
    selectors: list[Selector] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    unmatched: list[str] = field(default_factory=list)
    links: set[str] = field(default_factory=set)
    archives: set[str] = field(default_factory=set)

    def add(self, written: str, *, parents: bool) -> None:
        path, include = _pivot(written) if parents else (written, ())
        path = clean("/" + path)
        self.selectors.append(Selector(path, include, self.exclude))
        path = path.removeprefix("/")
        prefix, glob = split_wildcards(path)
        if glob:
            self._add_glob(written, prefix, glob, include)
        else:
            self._add_path(written, path, include)

    def finished(self) -> Selection:
        return Selection(
            context=self.context,
            sources=tuple(self.sources),
            selectors=tuple(self.selectors),
            missing=tuple(self.missing),
            unmatched=tuple(self.unmatched),
            links=frozenset(self.links),
            archives=frozenset(self.archives),
        )

    def _add_path(self, written: str, path: str, include: tuple[str, ...]) -> None:
        followed = self.context.follow(path)
        base = followed.path if followed else path
        self.links.update(followed.links if followed else ())
        kind = self.context.kind(base)
        source = self._source(path, base, include, name=posixpath.basename(path) if self.into else "")
        if kind is None or followed is None or (include and not self._has_included(source, include)):
            self.missing.append(written)
        elif kind is Kind.DIRECTORY:
            self.into = True
        elif self.unpack and looks_like_archive(self.context, base):
            self.archives.add(base)
            source = self._source(path, base, include)
        self.sources.append(source)

    def _add_glob(self, written: str, prefix: str, glob: str, include: tuple[str, ...]) -> None:
        followed = self.context.follow(prefix)
        base = followed.path if followed else prefix
        self.links.update(followed.links if followed else ())
        try:
            compiled = compile_glob(glob)
        except BadPattern:
            self.missing.append(written)
            return
        source = self._source(posixpath.join(prefix, glob), base, include, glob=compiled)
        tops = self._tops(source)
        if not tops:
            self.unmatched.append(written)
        kinds = {top: self.context.kind(top) for top in tops}
        self.into = self.into or Kind.DIRECTORY in kinds.values()
        self.sources.append(self._source(source.path, base, include, glob=compiled, keeps_names=self.into))
        for top, kind in kinds.items():
            if kind is Kind.SYMLINK:
                self._add_path(top, top, include)
            elif kind is Kind.FILE and self.unpack and looks_like_archive(self.context, top):
                self.archives.add(top)

    def _tops(self, source: Source) -> list[str]:
        matches = (
            source.match_of(path[len(source.base) :].removeprefix("/")) for path in self.context.below(source.base)
        )
        return [posixpath.join(source.base, top) for top in dict.fromkeys(matches) if top is not None]

    def _has_included(self, source: Source, include: tuple[str, ...]) -> bool:
        """Whether what ``--parents`` asks for is there; with wildcards it need not be."""
        if any(has_wildcards(pattern) for pattern in include):
            return True
        return any(source.place(self.context, path) is not None for path in self.context.below(source.base))

    def _source(
        self,
        path: str,
        base: str,
        include: tuple[str, ...],
        *,
        name: str = "",
        glob: re.Pattern[str] | None = None,
        keeps_names: bool = False,
    ) -> Source:
        return Source(
            path=path,
            base=base,
            target=self.target,
            name=name,
            keeps_names=keeps_names,
            glob=glob,
            include=PatternList.compile(include) if include else None,
            exclude=PatternList.compile(self.exclude) if self.exclude else None,
        )


def looks_like_archive(context: Context, path: str) -> bool:
    """Whether ADD would unpack a file: by its first bytes, by its name where they can't be read."""
    head = next(context.chunks(path), b"")
    if not head or head.startswith(_COMPRESSED):
        return _ARCHIVE_NAME.search(path) is not None
    return head[_TAR_MAGIC] == b"ustar"


def _pivot(written: str) -> tuple[str, tuple[str, ...]]:
    """Split a source of ``--parents`` into where its names begin and the pattern of what is taken."""
    before, found, after = written.partition("/./")
    start, pattern = (before, after) if found else ("/", written)
    return start, (clean("/" + pattern).removeprefix("/"),)


def _up_to(path: str, top: str) -> Iterator[str]:
    """Yield the directories above ``path`` that lie below ``top``, and ``top`` itself where ``path`` lies below it."""
    while path != top and (path := posixpath.dirname(path)) != "/":
        yield path
