"""Paths of a layer's entries in the tree below it: symbolic links are followed, and never out of the root."""

from dataclasses import dataclass

from layerwise.errors import ImageError
from layerwise.oci.layers.tree import Directory, Inode, Kind, Node

_MOST_LINKS = 255
"""As containerd's RootPath (continuity/fs/path.go)."""


@dataclass(slots=True)
class Resolved:
    """A path without symbolic links.

    Attributes:
        names: From the root down.
        nodes: The directory of each name and of the root before them; None for one that is not there.
        links: The links that were followed, as the path of each and its inode.
    """

    names: list[str]
    nodes: list[Directory | None]
    links: list[tuple[str, Inode]]

    @property
    def directory(self) -> Directory | None:
        """What the path names, None where that is not there."""
        return self.nodes[-1]

    def made(self) -> Directory:
        """Return what the path names, and make the directories that are not there; a file in the way is replaced."""
        for index, name in enumerate(self.names):
            if self.nodes[index + 1] is None:
                above, new = self.nodes[index], Directory()
                assert above is not None, "directories are made from the root down"
                above.put(name, new)
                self.nodes[index + 1] = new
        found = self.nodes[-1]
        assert found is not None, "all directories were made"
        return found


def resolved(root: Directory, path: str) -> Resolved:
    """Follow a path to a directory.

    Raises:
        ImageError: Symbolic links lead in a circle.
    """
    found = Resolved([], [root], [])
    waiting = path.split("/")[::-1]
    while waiting:
        name = waiting.pop()
        if name in ("", "."):
            continue
        if name == "..":
            _up(found)
            continue
        node = _child(found.directory, name)
        if isinstance(node, Inode) and node.kind is Kind.SYMLINK:
            target = _followed(found, name, node)
            waiting += target.split("/")[::-1]
        else:
            found.names.append(name)
            found.nodes.append(node if isinstance(node, Directory) else None)
    return found


def _child(directory: Directory | None, name: str) -> Node | None:
    return None if directory is None else directory.children.get(name)


def _up(found: Resolved) -> None:
    if found.names:
        found.names.pop()
        found.nodes.pop()


def _followed(found: Resolved, name: str, link: Inode) -> str:
    assert isinstance(link.body, str), "a symbolic link has a target"
    found.links.append(("/" + "/".join((*found.names, name)), link))
    if len(found.links) > _MOST_LINKS:
        raise ImageError(f"its symbolic links lead in a circle at {found.links[0][0]}")
    if link.body.startswith("/"):
        del found.names[:], found.nodes[1:]
    return link.body
