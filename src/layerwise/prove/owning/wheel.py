"""Every Python package has the RECORD of its wheel."""

import posixpath
import re
from collections.abc import Iterator

from layerwise.oci.layers.tree import Directory, Node, Tree
from layerwise.prove.owning.claim import Claim, text
from layerwise.prove.verdict import Owner

_DIST_INFO = re.compile(r"(?:.*/)?([^/]+)-[^/-]+\.dist-info")


def lists(tree: Tree) -> Iterator[tuple[str, Node | None]]:
    """Yield the RECORDs, wherever they are."""
    for path, node in tree.walk():
        if isinstance(node, Directory) and path.endswith(".dist-info"):
            yield f"{path}/RECORD", node.children.get("RECORD")


def claims(path: str, content: bytes) -> Iterator[Claim]:
    """Yield the paths of a RECORD's rows, and its directory."""
    info = posixpath.dirname(path)
    found = _DIST_INFO.fullmatch(info)
    owner = Owner("Python", found[1] if found else posixpath.basename(info))
    for row in text(content).splitlines():
        name = row.rsplit(",", 2)[0].strip('"')
        yield posixpath.normpath(posixpath.join(posixpath.dirname(info), name)), owner
    yield info, owner
