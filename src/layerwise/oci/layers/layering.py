"""Puts a layer on the tree of those below it, as the OCI image specification says (layer.md, applying changesets).

Whiteouts come first wherever they stand in the tar, so that they never hide what their own layer has. The entries
follow in their order, the last of a name wins.
"""

import posixpath
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from layerwise.errors import ImageError
from layerwise.oci.layers.resolve import resolved
from layerwise.oci.layers.tree import Directory, Inode, Kind, Meta, Node, Through, Tree

_WHITEOUT = ".wh."
_OPAQUE = ".wh..wh..opq"


class HardLink(NamedTuple):
    """A second name: what it links to, and what its own header says of mode and owner."""

    target: str
    meta: Meta
    mtime: float | None


Made: TypeAlias = Inode | Directory | HardLink


class Record(NamedTuple):
    """One entry of a layer: its name without ``.`` and slashes around it, and what it makes."""

    name: str
    made: Made


def lay(tree: Tree, layer: Sequence[Record], number: int) -> None:
    """Put a layer, the ``number``-th from below, on a tree.

    Raises:
        ImageError: It links to what is not there, or its symbolic links lead in a circle.
    """
    whiteouts = [record.name for record in layer if _WHITEOUT in record.name and _is_whiteout(record.name)]
    entries = [record for record in layer if not (_WHITEOUT in record.name and _is_hidden(record.name))]
    hidden = _hide(tree, whiteouts, entries, number) if whiteouts else {}
    plain: dict[str, Directory] = {}
    for record in entries:
        _put(tree, record, number, hidden, plain)


def _is_whiteout(name: str) -> bool:
    return posixpath.basename(name).startswith(_WHITEOUT) and not _is_hidden(posixpath.dirname(name))


def _is_hidden(name: str) -> bool:
    """Whether a name is a whiteout or below one, as AUFS keeps its own files; no file system has such names."""
    return any(part.startswith(_WHITEOUT) for part in name.split("/"))


def _hide(tree: Tree, whiteouts: Sequence[str], entries: Sequence[Record], number: int) -> dict[str, Node]:
    """Take from a tree what a layer's whiteouts name, and return it by path: hard links may still name it."""
    own = {record.name for record in entries if isinstance(record.made, Directory)}
    hidden: dict[str, Node] = {}
    for whiteout in whiteouts:
        above, name = posixpath.split(whiteout)
        if _made_anew(tree, above, own):
            continue
        found = resolved(tree.root, above)
        _note(tree, found.links, whiteout, number)
        if found.directory is not None:
            gone = list(found.directory.children) if name == _OPAQUE else [name.removeprefix(_WHITEOUT)]
            for child in gone:
                if (node := found.directory.children.pop(child, None)) is not None:
                    hidden["/".join((*found.names, child))] = node
    return hidden


def _made_anew(tree: Tree, path: str, own: set[str]) -> bool:
    """Whether a layer puts a directory of its own where the tree has a link or a file: nothing below can be hidden."""
    parts = path.split("/")
    heads = ("/".join(parts[: index + 1]) for index in range(len(parts)))
    return any(head in own and isinstance(tree.at(head), Inode) for head in heads)


def _put(tree: Tree, record: Record, number: int, hidden: dict[str, Node], plain: dict[str, Directory]) -> None:
    """Put an entry on a tree; ``plain`` remembers directories that no link leads to, for the entries that follow."""
    above, name = posixpath.split(record.name)
    made = _linked(tree, record.name, record.made, hidden) if isinstance(record.made, HardLink) else record.made
    if not name:
        if isinstance(made, Directory):
            tree.root.meta, tree.root.mtime = made.meta, made.mtime
        return
    directory = plain.get(above)
    if directory is None:
        found = resolved(tree.root, above)
        _note(tree, found.links, record.name, number)
        directory = found.made()
        if "/".join(found.names) == above:
            plain[above] = directory
    there = directory.children.get(name)
    if isinstance(there, Directory) and isinstance(made, Directory):
        there.meta, there.mtime = made.meta, made.mtime
    else:
        directory.put(name, made)
        if isinstance(there, Directory):
            plain.clear()


def _note(tree: Tree, links: Sequence[tuple[str, Inode]], name: str, number: int) -> None:
    for path, link in links:
        if link.place.layer < number:
            tree.through.add(Through(path, f"/{name}"))


def _linked(tree: Tree, name: str, link: HardLink, hidden: dict[str, Node]) -> Inode:
    """Return the inode of a hard link's target; its owner and mode become those of the link, for all its names."""
    inode = _target(tree, link.target) or _hidden(link.target, hidden)
    if not isinstance(inode, Inode):
        raise ImageError(f"/{name} is a hard link to {link.target}, and there is no such file")
    inode.linked = True
    inode.mtime = link.mtime
    mode = inode.meta.mode if inode.kind is Kind.SYMLINK else link.meta.mode
    known = dict(inode.meta.xattrs) | dict(link.meta.xattrs)
    if (meta := Meta(mode, link.meta.uid, link.meta.gid, tuple(sorted(known.items())))) != inode.meta:
        inode.meta = meta
    return inode


def _target(tree: Tree, path: str) -> Node | None:
    above, name = posixpath.split(path)
    directory = resolved(tree.root, above).directory
    return None if directory is None else directory.children.get(name)


def _hidden(path: str, hidden: dict[str, Node]) -> Node | None:
    parts = [part for part in path.split("/") if part not in ("", ".")]
    for index in range(len(parts), 0, -1):
        node = hidden.get("/".join(parts[:index]))
        for part in parts[index:]:
            node = node.children.get(part) if isinstance(node, Directory) else None
        if node is not None:
            return node
    return None
