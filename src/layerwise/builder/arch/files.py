"""The files of an image that matter here, found as its kernel would find them."""

import posixpath
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from layerwise.builder.arch.scan import Entry, Form
from layerwise.errors import ImageError
from layerwise.oci.layers.layering import HardLink, Made, Record, lay
from layerwise.oci.layers.resolve import resolved
from layerwise.oci.layers.tree import Directory, Inode, Kind, Meta, Place, Tree

_META = Meta(0o755, 0, 0)
_MOST_LINKS = 40  # that the kernel follows (MAXSYMLINKS)


class Found(NamedTuple):
    """A file of an image.

    Attributes:
        path: Absolute, without symbolic links.
        entry: What is known of it.
        layer: The index of the layer that it is in.
    """

    path: str
    entry: Entry
    layer: int


class Files:
    """The file system of an image, as far as its layers were scanned."""

    def __init__(self, layers: Sequence[Sequence[Entry]]) -> None:
        """Put layers on one another, the lowest first.

        Raises:
            ImageError: One can't be put on those below it.
        """
        self._tree = Tree()
        self._layers = layers
        for number, entries in enumerate(layers):
            lay(self._tree, list(self._records(entries, number)), number)

    def find(self, path: str, directory: str = "/") -> Found | None:
        """Return the file that a path names, None where there is none; ``directory`` is what it is relative to."""
        path = posixpath.join(directory, path)
        for _ in range(_MOST_LINKS):
            above, name = posixpath.split(path)
            try:
                found = resolved(self._tree.root, above)
            except ImageError:
                return None
            node = found.directory.children.get(name) if found.directory is not None else None
            if not isinstance(node, Inode):
                return None
            here = "/" + "/".join(found.names)
            if node.kind is not Kind.SYMLINK:
                return self._found(posixpath.join(here, name), node)
            path = posixpath.join(here, str(node.body))
        return None

    def text(self, path: str) -> str:
        """Return the content of a text, "" where there is none."""
        found = self.find(path)
        return found.entry.text if found else ""

    def within(self, directory: str) -> tuple[str, ...]:
        """Return the names in a directory, in order."""
        found = resolved(self._tree.root, directory).directory
        return tuple(sorted(found.children)) if found else ()

    def all(self) -> Iterator[Found]:
        """Yield every file, each by one of its names."""
        seen = set[Place]()
        for path, node in self._tree.walk():
            if isinstance(node, Inode) and node.kind is Kind.FILE and node.place not in seen:
                seen.add(node.place)
                yield self._found(path, node)

    def _found(self, path: str, node: Inode) -> Found:
        return Found(path, self._layers[node.place.layer][node.place.member], node.place.layer)

    def _records(self, entries: Sequence[Entry], number: int) -> Iterator[Record]:
        names = {entry.name for entry in entries}
        for member, entry in enumerate(entries):
            yield Record(entry.name, self._made(entry, Place(number, member), names))

    def _made(self, entry: Entry, place: Place, names: set[str]) -> Made:
        if entry.form is Form.DIRECTORY:
            return Directory(_META)
        if entry.form is Form.HARD_LINK and (entry.target in names or self.find(entry.target)):
            return HardLink(entry.target, _META, None)
        if entry.form is Form.LINK:
            return Inode(Kind.SYMLINK, _META, None, entry.target, place)
        return Inode(Kind.FILE, _META, None, None, place)
