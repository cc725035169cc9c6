"""The file system of an image as a tree of what its runtime would see."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple, TypeAlias


class Kind(Enum):
    """What an entry of a file system is."""

    FILE = "file"
    DIRECTORY = "directory"
    SYMLINK = "symbolic link"
    CHARACTER = "character device"
    BLOCK = "block device"
    FIFO = "fifo"


class Meta(NamedTuple):
    """What an entry has whatever its kind.

    Attributes:
        mode: Permission bits with set-user-id, set-group-id and sticky.
        uid: Of the owner, as a number.
        gid: Of the group, as a number.
        xattrs: Extended attributes by name, capabilities among them.
    """

    mode: int
    uid: int
    gid: int
    xattrs: tuple[tuple[str, bytes], ...] = ()


class Content(NamedTuple):
    """Content of a regular file.

    Attributes:
        digest: Its sha256, in bytecode of Python with zeros for the stamp.
        size: Bytes.
        stamp: The time of the source in bytecode of Python, which every rebuild of a file changes; else none.
    """

    digest: bytes
    size: int
    stamp: bytes = b""


class Device(NamedTuple):
    """Numbers of a device."""

    major: int
    minor: int


class Place(NamedTuple):
    """Where an entry stands in an image: the index of the layer, and of the entry in its tar."""

    layer: int
    member: int


Body: TypeAlias = Content | Device | str | None
"""Content of a file, numbers of a device, target of a symbolic link; nothing of a fifo."""


@dataclass(slots=True, eq=False)
class Inode:
    """What is no directory; hard links are one inode under several names.

    Attributes:
        kind: What it is.
        meta: Mode, owner and extended attributes.
        mtime: Seconds since the epoch, None where no entry says.
        body: What is in it.
        place: Where it came from.
        linked: Whether it ever had a second name.
    """

    kind: Kind
    meta: Meta
    mtime: float | None
    body: Body
    place: Place
    linked: bool = False


IMPLICIT = Meta(0o755, 0, 0)
"""Of a directory that no entry speaks of: containerd makes it so (pkg/archive/tar.go, mkparent)."""


@dataclass(slots=True, eq=False)
class Directory:
    """A directory, and what is in it by name."""

    meta: Meta = IMPLICIT
    mtime: float | None = None
    children: "dict[str, Node]" = field(default_factory=dict)

    @property
    def kind(self) -> Kind:
        """``Kind.DIRECTORY``."""
        return Kind.DIRECTORY

    def put(self, name: str, node: "Node") -> None:
        """Give a name to a node; what had it before is gone."""
        self.children[sys.intern(name)] = node


Node: TypeAlias = Inode | Directory


class Through(NamedTuple):
    """A path that a layer writes through a symbolic link of a layer below it.

    Where layers are unpacked into one directory the link is followed. On overlayfs each is unpacked by itself, and a
    directory takes the link's place (seen with containerd 2.1).
    """

    link: str
    path: str


@dataclass(slots=True, eq=False)
class Tree:
    """A file system, and what of it depends on who unpacks it."""

    root: Directory = field(default_factory=Directory)
    through: set[Through] = field(default_factory=set)

    def copy(self) -> "Tree":
        """Return a tree of its own, with the same hard links."""
        twins: dict[int, Inode] = {}
        return Tree(_copied(self.root, twins), set(self.through))

    def at(self, path: str) -> Node | None:
        """Return what an absolute path names; no symbolic link is followed."""
        node: Node | None = self.root
        for name in filter(None, path.split("/")):
            if not isinstance(node, Directory):
                return None
            node = node.children.get(name)
        return node

    def walk(self) -> Iterator[tuple[str, Node]]:
        """Yield every path with what it names, the root as ``/``, a directory before what is in it."""
        yield "/", self.root
        waiting = [("", self.root)]
        while waiting:
            above, directory = waiting.pop()
            for name, node in directory.children.items():
                yield (path := f"{above}/{name}"), node
                if isinstance(node, Directory):
                    waiting.append((path, node))


def _copied(root: Directory, twins: dict[int, Inode]) -> Directory:
    made = Directory(root.meta, root.mtime)
    waiting = [(root, made)]
    while waiting:
        old, new = waiting.pop()
        for name, node in old.children.items():
            if isinstance(node, Directory):
                new.children[name] = child = Directory(node.meta, node.mtime)
                waiting.append((node, child))
            else:
                new.children[name] = _twin(node, twins)
    return made


def _twin(node: Inode, twins: dict[int, Inode]) -> Inode:
    if not node.linked:
        return Inode(node.kind, node.meta, node.mtime, node.body, node.place)
    if id(node) not in twins:
        twins[id(node)] = Inode(node.kind, node.meta, node.mtime, node.body, node.place, linked=True)
    return twins[id(node)]
