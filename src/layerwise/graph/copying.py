"""Which files of the build context a COPY, ADD or bind mount takes, and where in the container they land."""

import posixpath
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from layerwise.graph.context import Context, Kind
from layerwise.graph.patterns import BadPattern, PatternList, clean
from layerwise.graph.sources import Found, Selector, Source, resolve
from layerwise.graph.taken_whole import count, is_made, is_whole, names_in, origin

_USUAL_DIRECTORIES = """
bin boot dev etc home lib media mnt opt proc root run sbin srv sys tmp usr var
etc/apt etc/apt/apt.conf.d etc/apt/keyrings etc/apt/preferences.d etc/apt/sources.list.d etc/apt/trusted.gpg.d
etc/cron.d etc/init.d etc/profile.d etc/ssl etc/ssl/certs
usr/bin usr/lib usr/sbin usr/share usr/local usr/local/bin usr/local/lib usr/local/sbin usr/local/share
var/cache var/lib var/log var/tmp
"""
BASE_DIRECTORIES = frozenset(f"/{path}" for path in _USUAL_DIRECTORIES.split())
"""Directories that a base image is taken to have; ``COPY tool /usr/local/bin`` lands below, not at, that path."""


@dataclass(frozen=True)
class Selection:
    """The files that a COPY, ADD or bind mount takes from a context; also a predicate over paths that are not there.

    Attributes:
        context: Where the files come from.
        target: Where files land, absolute and clean.
        sources: As resolved, in the order written.
        selectors: The sources as BuildKit names them in cache keys.
        missing: Sources that aren't in the context, or all where a pattern is malformed: the build fails.
        unmatched: Sources with wildcards that match nothing: BuildKit copies nothing for them and goes on, unless they
            start in a directory that no other source of the build makes the client send.
        links: Symbolic links of the context that lead to a source: a change of theirs is a change of the source.
    """

    context: Context = field(repr=False)
    target: str
    sources: tuple[Source, ...]
    selectors: tuple[Selector, ...]
    missing: tuple[str, ...] = ()
    unmatched: tuple[str, ...] = ()
    links: frozenset[str] = frozenset()

    def takes(self, path: str) -> str | None:
        """Return where the file ``path`` of the context lands, the last place where there are several; None if nowhere.

        ``path`` need not exist, so that a path of git's past can be asked for; it counts as a file then.
        """
        if path in self.context.entries:
            return self.placed.get(path)
        if self.context.rules.ignores(path):
            return None
        places = (source.place(self.context, path) for source in reversed(self.sources))
        return next((place for place in places if place is not None), None)

    def could_fill(self, directory: str) -> bool:
        """Whether a file that the context does not hold today could land in ``directory`` of the container."""
        below = (posixpath.relpath(directory, source.target) for source in self.sources)
        paths = [
            posixpath.normpath(posixpath.join(source.base, path, "any"))
            for source, path in zip(self.sources, below, strict=True)
            if not path.startswith("..")
        ]
        return any(self.takes(path) == posixpath.join(directory, "any") for path in paths)

    def covers(self, path: str) -> bool:
        """Whether a change at ``path`` changes what is taken."""
        return path in self.links or self.takes(path) is not None

    @property
    def archives(self) -> frozenset[str]:
        """Files that ADD unpacks; what is in them lands below the path they are placed at."""
        return frozenset(path for source in self.sources for path in source.unpacked())

    @cached_property
    def placed(self) -> dict[str, str]:
        """Container path of each file and link taken, by its path in the context."""
        return {path: place for _, path, place in self._places if self.context.kind(path) is not Kind.DIRECTORY}

    @cached_property
    def directories(self) -> frozenset[str]:
        """Container paths of the directories that are made or taken, without those above the destination."""
        made: set[str] = set()
        for source, path, place in self._places:
            if path in source.unpacked() or self.context.kind(path) is Kind.DIRECTORY:
                made.add(place)
            made.update(_up_to(place, source.target))
        return frozenset(made)

    @cached_property
    def size(self) -> int:
        """Bytes of the files taken, as far as their sizes are known."""
        return sum(self.context.entries[path].size or 0 for path in self.placed)

    @cached_property
    def identity(self) -> str:
        """A text that is equal for selections of the same sources to the same place, and of as many files.

        One that takes fewer files by a longer ignore file is another one.
        """
        places = [(source.target, source.name, source.keeps_names) for source in self.sources]
        files = count(self.context, self.sources)
        return repr((len(self.placed) if files is None else files, self.selectors, places))

    def source_of(self, container_path: str) -> str | None:
        """Return the context's file that lies at ``container_path`` afterwards."""
        if not self._whole:
            return self._by_place.get(container_path)
        found = (origin(self.context, source, container_path) for source in reversed(self.sources))
        return next((path for path in found if path is not None), None)

    def holds(self, container_path: str) -> bool:
        """Whether a taken file or directory lies at ``container_path``."""
        if not self._whole:
            return container_path in self._by_place or container_path in self.directories
        made = (is_made(self.context, source, container_path) for source in self.sources)
        return self.source_of(container_path) is not None or any(made)

    def children(self, container_path: str) -> tuple[str, ...]:
        """Return the names that this puts directly into a directory of the container, sorted."""
        if not self._whole:
            return self._children.get(container_path, ())
        found = (names_in(self.context, source, container_path) for source in self.sources)
        return tuple(sorted(frozenset().union(*found)))

    @cached_property
    def _whole(self) -> bool:
        return all(map(is_whole, self.sources))

    @cached_property
    def _places(self) -> tuple[tuple[Source, str, str], ...]:
        return tuple((source, path, place) for source in self.sources for path, place in source.places(self.context))

    @cached_property
    def _by_place(self) -> dict[str, str]:
        return {
            place: path
            for source, path, place in self._places
            if path not in source.unpacked() and self.context.kind(path) is not Kind.DIRECTORY
        }

    @cached_property
    def _children(self) -> dict[str, tuple[str, ...]]:
        names: dict[str, set[str]] = {}
        for path in (*self._by_place, *self.directories):
            parent, name = posixpath.split(path)
            names.setdefault(parent, set()).add(name)
        return {parent: tuple(sorted(found - {""})) for parent, found in names.items()}


def select(
    context: Context,
    sources: Iterable[str],
    destination: str,
    *,
    exclude: Iterable[str] = (),
    parents: bool = False,
    unpack: bool = False,
    directories: Collection[str] = BASE_DIRECTORIES,
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
    """
    asked = (tuple(sources), destination, tuple(exclude), parents, unpack, tuple(directories))
    return context.memo.once(("selection", *asked), lambda: _selected(context, *asked))


def _selected(
    context: Context,
    written: tuple[str, ...],
    destination: str,
    exclude: tuple[str, ...],
    parents: bool,
    unpack: bool,
    directories: Collection[str],
) -> Selection:
    target = clean(destination)
    into = destination.endswith(("/", "/.")) or target in directories
    found: list[Found] = []
    try:
        excluded = PatternList.compile(exclude)
        plan = Source("", target, exclude=excluded if excluded.patterns else None)
        for source in written:
            found.append(resolve(context, source, plan, into=into, parents=parents, unpack=unpack))
            into = into or found[-1].directory
    except BadPattern:
        return Selection(context, target, (), (), missing=written)
    return Selection(
        context=context,
        target=target,
        sources=tuple(each.source for each in found if each.source),
        selectors=tuple(each.selector for each in found),
        missing=tuple(name for each in found for name in each.missing),
        unmatched=tuple(source for source, each in zip(written, found, strict=True) if each.unmatched),
        links=frozenset(link for each in found for link in each.links),
    )


def absolute(written: str, workdir: str) -> str:
    """Return a destination as ``select`` wants it: below the working directory, marked where it must be a directory.

    ``.`` and the empty destination count as ``./``, but ``..`` stays as it is (convert.go, pathRelativeToWorkingDir).
    """
    written = "./" if written in {"", "."} else written
    path = clean(posixpath.join("/", workdir, written))
    return f"{path}/" if written.endswith(("/", "/.")) and path != "/" else path


def _up_to(path: str, top: str) -> Iterator[str]:
    """Yield the directories above ``path``, up to and with ``top``; nothing where ``path`` is ``top``."""
    while path != top and (path := posixpath.dirname(path)) != "/":
        yield path
