"""Which package each of some paths belongs to, as the package managers in the image say."""

import posixpath
from collections import defaultdict
from collections.abc import Collection, Iterator
from typing import NamedTuple

from layerwise.oci.layers.resolve import resolved
from layerwise.oci.layers.tree import Inode, Place, Tree
from layerwise.prove.owning import MANAGERS, Manager, dpkg
from layerwise.prove.reading import Side
from layerwise.prove.reread import reread
from layerwise.prove.verdict import Owner

_LARGEST = 1 << 26


class _Catalogue(NamedTuple):
    """A file that says who owns what, and whose it is."""

    path: str
    manager: Manager


def owners(paths: Collection[str], *sides: Side) -> dict[str, Owner]:
    """Return the package of each path that exactly one package claims, the first side's word before the second's.

    Raises:
        ImageError: A layer can't be read again.
        EnvironmentMissing: As ``reading.read_sides``.
    """
    found: dict[str, Owner] = {}
    wanted = set(paths)
    for side in sides:
        found = _of_side(wanted, side) | found
    return found


def _of_side(paths: Collection[str], side: Side) -> dict[str, Owner]:
    claims: defaultdict[str, set[Owner]] = defaultdict(set)
    catalogues = dict(_places(side.tree))
    for place, content in reread(side.image, catalogues, _LARGEST):
        path, manager = catalogues[place]
        for claimed, owner in manager.claims(path, content):
            if (real := _real(side.tree, claimed)) in paths:
                claims[real].add(owner)
    by_name = {path: found for path in paths if (found := dpkg.named(path))}
    return by_name | {path: next(iter(owners)) for path, owners in claims.items() if len(owners) == 1}


def _real(tree: Tree, path: str) -> str:
    """Return a path that a package claims as the tree has it: below /usr where /lib and /bin are links to there."""
    first = path.split("/", 2)[1] if path.startswith("/") else ""
    if not isinstance(tree.root.children.get(first), Inode):
        return path
    above, name = posixpath.split(path)
    return "/" + "/".join((*resolved(tree.root, above).names, name))


def _places(tree: Tree) -> Iterator[tuple[Place, _Catalogue]]:
    for manager in MANAGERS:
        for path, node in manager.lists(tree):
            if isinstance(node, Inode):
                yield node.place, _Catalogue(path, manager)
