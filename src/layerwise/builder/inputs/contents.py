"""The digests of a build context: of its files and, made of these, of its directories."""

import os
import stat
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from layerwise.builder.inputs.known import KnownFiles
from layerwise.builder.inputs.remembered import UNKNOWN, WIDTH
from layerwise.graph.checksum import header, sha256
from layerwise.graph.context import Kind
from layerwise.graph.listing import Stat
from layerwise.inputs import tree

_MODE_BYTES = 2


class Tree(NamedTuple):
    """A directory with all below it: its name as ``inputs.tree`` gives it, and BuildKit's digest."""

    name: bytes
    digest: bytes


class Contents:
    """The digests of one context, as far as they were asked for.

    Attributes:
        parts: Parts of the large directories that were encoded, by name.
    """

    def __init__(self, files: KnownFiles) -> None:
        self.parts: dict[str, bytes] = {}
        self._files = files
        self._directories = files.listing.directories
        self._trees: dict[bytes, Tree] = {}
        self._encoded: dict[bytes, bytes] = {}
        self._inner: dict[bytes, list[bytes]] = {}
        for path in sorted(self._directories):
            if path:
                self._inner.setdefault(path.rpartition(b"/")[0], []).append(path)

    def condensed(self, taken: Iterable[tuple[str, bool]]) -> list[tuple[str, bool]]:
        """Return paths with directories in the place of all that is in them, where each of that is taken.

        Each path comes with whether all below it is taken, which a directory of which every entry is taken is as well.
        """
        places: dict[bytes, bool] = {}
        for path, whole in taken:
            place = os.fsencode(path)
            places[place] = whole or places.get(place, False)
        counts = Counter(place.rpartition(b"/")[0] for place in places if place)
        complete = {place for place, whole in places.items() if whole and place in self._directories}
        for place in sorted(places, key=len, reverse=True):  # what lies below another has a longer path
            if place in self._directories and place not in complete:
                inner = self._inner.get(place, [])
                if counts[place] == self._directories[place].files + len(inner) and complete.issuperset(inner):
                    complete.add(place)
        return [
            (os.fsdecode(place), place in complete)
            for place in places
            if not place or place.rpartition(b"/")[0] not in complete
        ]

    def hash(self, paths: Iterable[tuple[str, bool]]) -> None:
        """Hash files and directories, each given with whether all below it is meant."""
        asked: dict[bytes, frozenset[bytes] | None] = {}
        names: dict[bytes, set[bytes]] = {}
        for path, all_below in paths:
            place = os.fsencode(path)
            if place not in self._directories:
                directory, _, name = place.rpartition(b"/")
                names.setdefault(directory, set()).add(name)
            elif all_below:
                asked.update(dict.fromkeys(self._within(place)))
        self._files.hash({path: frozenset(found) for path, found in names.items()} | asked)

    def file(self, path: str) -> tuple[bytes, bytes]:
        """Return the sha256 of a file's bytes, and BuildKit's digest of it; both empty where it could not be read.

        The file must have been hashed.
        """
        directory, _, name = os.fsencode(path).rpartition(b"/")
        known = self._files.of(directory)
        return _sums(known.contents, known.digests, self._files.position(directory, name))

    def directory(self, path: str) -> Tree:
        """Return name and digest of a directory all of which was hashed."""
        return self._folded(os.fsencode(path))

    def trees(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield the names of the directories that were asked for and of those below, each with its path."""
        return ((found.name, path) for path, found in self._trees.items())

    def encoded(self, path: bytes) -> bytes:
        """Return the encoding of a directory that ``trees`` yields."""
        if path not in self._encoded:
            found = tree.encode(self._entry(path, entry, sums[0]) for entry, sums in self._read(path))
            self._encoded[path] = found.content
            self.parts.update((tree.name_of(part).hex(), part) for part in found.parts)
        return self._encoded[path]

    def _within(self, path: bytes) -> Iterator[bytes]:
        yield path
        for inner in self._inner.get(path, ()):
            yield from self._within(inner)

    def _folded(self, path: bytes) -> Tree:
        if path not in self._trees:
            inner = [self._folded(one) for one in self._inner.get(path, ())]
            mode = self._directories[path].mode
            below = b"".join((mode.to_bytes(_MODE_BYTES), *(part for one in inner for part in one)))
            known = self._files.of(path)
            if known.name and known.below == below:
                self._trees[path] = Tree(known.name, known.digest)
            else:
                found = Tree(tree.name_of(self.encoded(path)), self._digest(path, mode))
                self._trees[path] = found
                self._files.put(path, known._replace(below=below, name=found.name, digest=found.digest))
        return self._trees[path]

    def _read(self, path: bytes) -> Iterator[tuple[Stat, tuple[bytes, bytes]]]:
        """Yield the entries of a directory by name, each with its sums."""
        known = self._files.of(path)
        numbered = sorted((entry, position) for position, entry in enumerate(self._files.entries(path)))
        return ((entry, _sums(known.contents, known.digests, position)) for entry, position in numbered)

    def _entry(self, path: bytes, entry: Stat, content: bytes) -> tree.Entry:
        mode = stat.S_IMODE(entry.mode)
        if stat.S_ISREG(entry.mode):
            return tree.Entry(entry.name, tree.Kind.FILE, mode, entry.size, content, b"")
        if stat.S_ISDIR(entry.mode):
            name = self._trees[_joined(path, entry.name)].name
            return tree.Entry(entry.name, tree.Kind.DIRECTORY, mode, 0, name, b"")
        return tree.Entry(entry.name, tree.Kind.SYMLINK, None, 0, b"", entry.target)

    def _digest(self, path: bytes, mode: int) -> bytes:
        """Return BuildKit's digest of a directory (``graph.checksum``)."""
        parts = [b"\0", sha256(header(Kind.DIRECTORY, mode, 0, "") if path else b"").encode()]
        for entry, (_, digest) in self._read(path):
            parts += (b"\0", entry.name, self._digest_of(path, entry, digest).encode())
        return bytes.fromhex(sha256(b"".join(parts)).removeprefix("sha256:"))

    def _digest_of(self, path: bytes, entry: Stat, digest: bytes) -> str:
        if stat.S_ISDIR(entry.mode):
            return shown(self._trees[_joined(path, entry.name)].digest)
        if stat.S_ISLNK(entry.mode):
            return sha256(header(Kind.SYMLINK, 0, 0, os.fsdecode(entry.target)))
        return shown(digest)


def shown(digest: bytes) -> str:
    """Return a digest as BuildKit writes it, "" of what could not be read."""
    return f"sha256:{digest.hex()}" if digest else ""


def _sums(contents: bytes, digests: bytes, position: int) -> tuple[bytes, bytes]:
    place = slice(position * WIDTH, (position + 1) * WIDTH)
    return (b"", b"") if digests[place] == UNKNOWN else (contents[place], digests[place])


def _joined(directory: bytes, name: bytes) -> bytes:
    return directory + b"/" + name if directory else name
