"""dpkg keeps a list of paths for each package."""

import re
from collections.abc import Iterator

from layerwise.oci.layers.tree import Directory, Node, Tree
from layerwise.prove.owning.claim import Claim, text
from layerwise.prove.verdict import Owner

_INFO = "/var/lib/dpkg/info"
_FILE = re.compile(rf"{_INFO}/([^/:]+)(?::[^/.]+)?\.[^/]+")


def lists(tree: Tree) -> Iterator[tuple[str, Node | None]]:
    """Yield the lists."""
    info = tree.at(_INFO)
    if isinstance(info, Directory):
        yield from ((f"{_INFO}/{name}", node) for name, node in info.children.items() if name.endswith(".list"))


def claims(path: str, content: bytes) -> Iterator[Claim]:
    """Yield the lines of a list."""
    owner = named(path) or Owner("dpkg", path)
    for line in text(content).split("\n"):
        yield line, owner


def named(path: str) -> Owner | None:
    """Return the package after which one of dpkg's own files is named, None for all other paths."""
    return Owner("dpkg", found[1]) if (found := _FILE.fullmatch(path)) else None
