"""What steps take of a build context: BuildKit's content key of it, and the tree of the files behind that key."""

import os
from collections import ChainMap
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from layerwise.builder.inputs.contents import Contents, shown
from layerwise.graph.checksum import Digests, ListForm, header, sha256
from layerwise.graph.context import Context, Entry, Kind
from layerwise.graph.copying import Selection
from layerwise.inputs import tree
from layerwise.inputs.manifest import FileSet


class Taker:
    """What steps take of one context, each selection looked at once.

    Args:
        name: A named context's name, "" for the main one.
        context: The context.
        contents: Its digests.
        form: What the builder's version does with lists.
    """

    def __init__(self, name: str, context: Context, contents: Contents, form: ListForm) -> None:
        self._name = name
        self._context = context
        self._contents = contents
        self._digests = Digests(context, form, self._file, lambda path: shown(contents.directory(path).digest))
        self._found: dict[int, FileSet] = {}
        self._made: dict[str, bytes] = {}

    @property
    def parts(self) -> dict[str, bytes]:
        """Parts of the large directories that were encoded, by name."""
        return self._contents.parts

    def take(self, selection: Selection) -> FileSet:
        """Return what a COPY, ADD or bind mount takes."""
        if id(selection) not in self._found:
            taken = self._contents.condensed(self._digests.taken(selection))
            self._contents.hash(taken)
            digest = self._digests.content(selection)
            links = [(link, False) for link in selection.links]  # in no key, but they decide what is
            self._found[id(selection)] = FileSet(self._name, digest, self._rooted([*taken, *links]))
        return self._found[id(selection)]

    def trees(self) -> Iterator[tuple[str, bytes | tuple[Contents, bytes]]]:
        """Yield the names of all trees so far, each with its encoding or with where that can be had."""
        yield from self._made.items()
        yield from ((name.hex(), (self._contents, path)) for name, path in self._contents.trees())

    def _file(self, path: str, entry: Entry) -> str:
        if entry.kind is Kind.SYMLINK:
            return sha256(header(Kind.SYMLINK, entry.mode, 0, entry.target))
        return shown(self._contents.file(path)[1])

    def _rooted(self, taken: list[tuple[str, bool]]) -> str:
        """Return the name of a tree that holds what is taken at its path in the context."""
        if ("", True) in taken:
            return self._contents.directory("").name.hex()
        top = _Branch()
        for path, whole in taken:
            *above, name = os.fsencode(path).split(b"/")
            branch = top
            for part in above:
                branch = branch.inner.setdefault(part, _Branch())
            if self._context.kind(path) is Kind.DIRECTORY and not whole:
                branch.inner.setdefault(name, _Branch()).mode = self._context.entries[path].mode
            else:
                branch.leaves[name] = self._leaf(name, path)
        return self._encoded(top).hex() if top.leaves or top.inner else tree.EMPTY

    def _leaf(self, name: bytes, path: str) -> tree.Entry:
        entry = self._context.entries[path]
        if entry.kind is Kind.DIRECTORY:
            return tree.Entry(name, tree.Kind.DIRECTORY, entry.mode, 0, self._contents.directory(path).name, b"")
        if entry.kind is Kind.SYMLINK:
            return tree.Entry(name, tree.Kind.SYMLINK, None, 0, b"", os.fsencode(entry.target))
        return tree.Entry(name, tree.Kind.FILE, entry.mode, entry.size or 0, self._contents.file(path)[0], b"")

    def _encoded(self, branch: "_Branch") -> bytes:
        """Keep a directory that is taken in part, and return its name."""
        inner = (
            tree.Entry(name, tree.Kind.DIRECTORY, below.mode, 0, self._encoded(below), b"")
            for name, below in branch.inner.items()
            if name not in branch.leaves  # what is taken in part besides being taken whole
        )
        found = tree.encode([*branch.leaves.values(), *inner])
        self._made.update((tree.name_of(one).hex(), one) for one in (found.content, *found.parts))
        return tree.name_of(found.content)


@dataclass(slots=True)
class _Branch:
    """A directory that is taken in part; its mode is None where nothing depends on it."""

    leaves: dict[bytes, tree.Entry] = field(default_factory=dict)
    inner: dict[bytes, "_Branch"] = field(default_factory=dict)
    mode: int | None = None


class MadeTrees:
    """The trees of a manifest that was just made; a directory of a context is encoded when it is asked for."""

    def __init__(self, takers: Collection[Taker]) -> None:
        self._found = {name: found for taker in takers for name, found in taker.trees()}
        self._parts = ChainMap(*(taker.parts for taker in takers))

    def __getitem__(self, name: str, /) -> bytes:
        found = self._found.get(name)
        if found is None:  # a part, which is there once its directory was encoded
            return self._parts[name]
        return found if isinstance(found, bytes) else found[0].encoded(found[1])
