"""The build context: the files the builder can see, from a directory on disk or from any list of paths."""

import os
import stat
from bisect import bisect_left
from collections.abc import Callable, ItemsView, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple

from layerwise.graph.ignore import IgnoreRules, ignore_file
from layerwise.graph.listing import Listing, Stat, list_directory
from layerwise.graph.memo import Memo

LARGEST_TEXT = 8 << 20  # locks of npm projects have several MB
"""Bytes; larger files are not taken for manifests."""

_CHUNK = 1 << 20
_MOST_LINKS = 255  # as continuity's RootPath, which the builder resolves sources with


class Kind(Enum):
    """What an entry of the context is; sockets, pipes and devices are left out."""

    FILE = "file"
    DIRECTORY = "directory"
    SYMLINK = "symlink"


@dataclass(frozen=True, slots=True)
class Entry:
    """One file, directory or symbolic link of the context.

    Attributes:
        kind: What it is.
        mode: The permission bits, set-user-id, set-group-id and sticky included.
        size: Bytes; None where it is not known without reading.
        target: Where a symbolic link points, as written.
    """

    kind: Kind
    mode: int
    size: int | None = None
    target: str = ""


class Followed(NamedTuple):
    """Where a path leads inside the context, and the symbolic links on the way there."""

    path: str
    links: tuple[str, ...]


def _nothing(path: str) -> bytes | None:
    del path
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The build context without what is ignored; paths are relative, with ``/``, and ``""`` is its root.

    Attributes:
        root: The directory it was read from, None where it never was on disk.
        rules: What its ignore file says.
        entries: By path, in byte-wise order of paths.
        read: Gives a file's bytes, None where they can't be had.
        listing: The walk that found it, None where it never was on disk, or not as it is now.
        memo: What was worked out of it, and of builds on it.
    """

    root: Path | None
    rules: IgnoreRules
    entries: Mapping[str, Entry]
    read: Callable[[str], bytes | None] = field(default=_nothing, compare=False, repr=False)
    listing: Listing | None = field(default=None, compare=False, repr=False)
    memo: Memo = field(default_factory=Memo, compare=False, repr=False)
    _order: list[str] = field(default_factory=list, compare=False, repr=False)
    _children: dict[str, tuple[str, ...]] = field(default_factory=dict, compare=False, repr=False)
    _texts: dict[str, str | None] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def from_paths(
        cls,
        paths: Iterable[str] | Mapping[str, Entry],
        *,
        rules: IgnoreRules | None = None,
        read: Callable[[str], bytes | None] = _nothing,
    ) -> "Context":
        """Build a context from known paths, for a tree of git's past or a test; the directories above them are added.

        Args:
            paths: Files by name (plain, mode 0644), or any entries by path.
            rules: Applied to the paths; None ignores nothing.
            read: Gives a file's bytes.
        """
        known = paths if isinstance(paths, Mapping) else dict.fromkeys(paths, Entry(Kind.FILE, 0o644))
        rules = rules or IgnoreRules()
        visible = {path: entry for path, entry in known.items() if not rules.ignores(path)}
        above = {parent for path in visible for parent in ancestors(path)}
        directories = {path: known.get(path) or Entry(Kind.DIRECTORY, 0o755) for path in above}
        return cls(root=None, rules=rules, entries=_sorted(directories | visible), read=read)

    def ignoring(self, rules: IgnoreRules) -> "Context":
        """Return the context by other rules that leave out more: what was left out before is not known any more."""
        entries = {path: entry for path, entry in self.entries.items() if not rules.ignores(path)}
        above = {parent for path in entries for parent in ancestors(path)}
        kept = {path: entry for path, entry in self.entries.items() if path in entries or path in above}
        return Context(root=self.root, rules=rules, entries=kept, read=self.read)

    def files(self) -> Iterator[str]:
        """Yield every path that is no directory, symbolic links included."""
        return (path for path, entry in self.entries.items() if entry.kind is not Kind.DIRECTORY)

    def kind(self, path: str) -> Kind | None:
        """Return what lies at ``path`` itself, None where nothing does."""
        entry = self.entries.get(path)
        if entry is None:
            return None if path else Kind.DIRECTORY
        return entry.kind

    def below(self, directory: str) -> list[str]:
        """Return every path below ``directory``, whatever it is, in byte-wise order."""
        if not self._order:
            self._order.extend(self.entries)
        if not directory:
            return self._order
        start = bisect_left(self._order, directory + "/")
        return self._order[start : bisect_left(self._order, directory + "0", start)]  # "0" comes right after "/"

    def children(self, directory: str) -> tuple[str, ...]:
        """Return the names directly in ``directory``, sorted; symbolic links on the way are not followed."""
        if isinstance(self.entries, _Listed):
            return tuple(self.entries.directory(directory))
        if not self._children and self.entries:
            named: dict[str, list[str]] = {}
            for path in self.entries:
                parent, _, name = path.rpartition("/")
                named.setdefault(parent, []).append(name)
            self._children.update((parent, tuple(sorted(names))) for parent, names in named.items())
        return self._children.get(directory, ())

    def count(self, directory: str) -> int:
        """Return how many files and links lie below ``directory``."""
        if self.listing is None:
            return sum(self.entries[path].kind is not Kind.DIRECTORY for path in self.below(directory))
        top = os.fsencode(directory)
        return sum(
            found.files
            for path, found in self.listing.directories.items()
            if not top or path == top or path.startswith(top + b"/")
        )

    def follow(self, path: str) -> Followed | None:
        """Follow the symbolic links of ``path``, the last component's too, without leaving the context.

        ``..`` stops at the root and absolute targets start there, as in BuildKit. The result need not exist; None
        means that links run in a circle.
        """
        done: list[str] = []
        waiting = _parts(path)[::-1]
        links: list[str] = []
        while waiting:
            part = waiting.pop()
            if part == "..":
                done = done[:-1]
                continue
            here = "/".join((*done, part))
            entry = self.entries.get(here)
            if entry is None or entry.kind is not Kind.SYMLINK:
                done.append(part)
                continue
            links.append(here)
            if len(links) > _MOST_LINKS:
                return None
            done = [] if entry.target.startswith("/") else done
            waiting.extend(_parts(entry.target)[::-1])
        return Followed("/".join(done), tuple(links))

    def chunks(self, path: str) -> Iterator[bytes]:
        """Yield the bytes of a file in pieces; nothing where they can't be had."""
        if self.root is None:
            yield from filter(None, (self.read(path),))
            return
        try:
            with (self.root / path).open("rb") as file:
                while chunk := file.read(_CHUNK):
                    yield chunk
        except OSError:
            return

    def text(self, path: str) -> str | None:
        """Return the text of a small file, links followed; None where it is absent, large, binary or can't be read."""
        if path not in self._texts:
            followed = self.follow(path)
            self._texts[path] = self._text_of(followed.path) if followed else None
        return self._texts[path]

    def _text_of(self, path: str) -> str | None:
        entry = self.entries.get(path)
        if entry is None or entry.kind is not Kind.FILE or (entry.size or 0) > LARGEST_TEXT:
            return None
        content = self.read(path)
        if content is None or len(content) > LARGEST_TEXT or b"\0" in content:
            return None
        try:
            return content.decode()
        except UnicodeDecodeError:
            return None


def read_context(root: Path, dockerfile: str = "Dockerfile") -> Context:
    """Read a directory once, leaving out what its ignore file says.

    Args:
        root: The directory of the context.
        dockerfile: The Dockerfile, absolute or relative to ``root``; it decides which ignore file counts.

    Raises:
        SourceError: The ignore file has a pattern that Docker refuses.
        OSError: A directory can't be listed.
    """
    rules = read_rules(root, dockerfile)
    listing = list_directory(str(root.absolute()), rules)
    return Context(
        root=root,
        rules=rules,
        entries=_Listed(listing),
        read=lambda path: _read_file(root / path),
        listing=listing,
    )


def read_rules(root: Path, dockerfile: str = "Dockerfile") -> IgnoreRules:
    """Read the ignore file that counts for ``dockerfile``; without one nothing is ignored.

    Raises:
        SourceError: The file has a pattern that Docker refuses.
    """
    name = ignore_file(dockerfile, lambda path: (root / path).is_file())
    if name is None:
        return IgnoreRules()
    return IgnoreRules.parse((root / name).read_bytes().decode("utf-8", "surrogateescape"), name)


def ancestors(path: str) -> Iterator[str]:
    """Yield the directories above ``path``, nearest first, without the root."""
    while path := path.rpartition("/")[0]:
        yield path


def _sorted(entries: dict[str, Entry]) -> dict[str, Entry]:
    return dict(sorted(entries.items()))


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part not in {"", "."}]


def _read_file(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


class _Listed(Mapping[str, Entry]):
    """The entries of a listing, made directory by directory when they are asked for."""

    def __init__(self, listing: Listing) -> None:
        self._listing = listing
        self._directories: dict[str, dict[str, Entry]] = {}
        self._whole: dict[str, Entry] = {}

    def __getitem__(self, path: str) -> Entry:
        found: Entry | None = self.get(path)
        if found is None:
            raise KeyError(path)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def get(self, path: str, default: Any = None) -> Any:
        if self._whole:
            return self._whole.get(path, default)
        parent, _, name = path.rpartition("/")
        return self.directory(parent).get(name, default)

    def items(self) -> ItemsView[str, Entry]:
        return self._all().items()

    def directory(self, path: str) -> Mapping[str, Entry]:
        """Return what lies directly in a directory, sorted by name; nothing where there is none."""
        found = self._directories.get(path)
        if found is None:
            entries = self._listing.entries(os.fsencode(path))
            found = self._directories[path] = _sorted({os.fsdecode(one.name): _entry(one) for one in entries})
        return found

    def _all(self) -> dict[str, Entry]:
        if not self._whole:
            places = ((f"{path}/" if path else "", path) for path in map(os.fsdecode, self._listing.directories))
            self._whole = _sorted(
                {before + name: entry for before, path in places for name, entry in self.directory(path).items()}
            )
        return self._whole


def _entry(found: Stat) -> Entry:
    kind = stat.S_IFMT(found.mode)
    if kind == stat.S_IFREG:
        return Entry(Kind.FILE, stat.S_IMODE(found.mode), found.size)
    if kind == stat.S_IFDIR:
        return Entry(Kind.DIRECTORY, stat.S_IMODE(found.mode))
    return Entry(Kind.SYMLINK, 0o777, target=os.fsdecode(found.target))
