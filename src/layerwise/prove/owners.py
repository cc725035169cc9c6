"""Which package each of some paths belongs to, as the package managers in the image say.

dpkg keeps a list of paths a package, apk one file for all, and every Python package the RECORD of its wheel.
"""

import posixpath
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from typing import NamedTuple, TypeAlias

from layerwise.prove.reading import Side
from layerwise.prove.reread import reread
from layerwise.prove.resolve import resolved
from layerwise.prove.tree import Directory, Inode, Node, Place, Tree
from layerwise.prove.verdict import Owner

_LARGEST = 1 << 26
_DPKG = "/var/lib/dpkg/info"
_APK = ("/lib/apk/db/installed", "/usr/lib/apk/db/installed")
_DPKG_FILE = re.compile(rf"{_DPKG}/([^/:]+)(?::[^/.]+)?\.[^/]+")
_DIST_INFO = re.compile(r"(?:.*/)?([^/]+)-[^/-]+\.dist-info")
_PYTHON = "Python"


class _Catalogue(NamedTuple):
    """A file that says who owns what, and how it is read."""

    path: str
    read: "Callable[[str, str], Iterator[_Claim]]"


_Claim: TypeAlias = "tuple[str, Owner]"


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
        path, read = catalogues[place]
        for claimed, owner in read(path, content.decode("utf-8", "surrogateescape")):
            if (real := _real(side.tree, claimed)) in paths:
                claims[real].add(owner)
    by_name = {path: Owner("dpkg", found[1]) for path in paths if (found := _DPKG_FILE.fullmatch(path))}
    return by_name | {path: next(iter(owners)) for path, owners in claims.items() if len(owners) == 1}


def _real(tree: Tree, path: str) -> str:
    """Return a path that a package claims as the tree has it: below /usr where /lib and /bin are links to there."""
    first = path.split("/", 2)[1] if path.startswith("/") else ""
    if not isinstance(tree.root.children.get(first), Inode):
        return path
    above, name = posixpath.split(path)
    return "/" + "/".join((*resolved(tree.root, above).names, name))


def _places(tree: Tree) -> Iterator[tuple[Place, _Catalogue]]:
    for path, node in _candidates(tree):
        if isinstance(node, Inode):
            read = _apk if path in _APK else _dpkg if path.startswith(_DPKG) else _wheel
            yield node.place, _Catalogue(path, read)


def _candidates(tree: Tree) -> Iterator[tuple[str, Node | None]]:
    yield from ((path, tree.at(path)) for path in _APK)
    for path, node in tree.walk():
        if isinstance(node, Directory) and path.endswith(".dist-info"):
            yield f"{path}/RECORD", node.children.get("RECORD")
        elif path == _DPKG and isinstance(node, Directory):
            yield from ((f"{path}/{name}", child) for name, child in node.children.items() if name.endswith(".list"))


def _dpkg(path: str, content: str) -> Iterator[_Claim]:
    found = _DPKG_FILE.fullmatch(path)
    owner = Owner("dpkg", found[1] if found else path)
    for line in content.split("\n"):
        yield line, owner


def _apk(_path: str, content: str) -> Iterator[_Claim]:
    """Yield the files of apk's database: ``P`` is a package, ``F`` a directory of it, ``R`` a file therein."""
    package = directory = ""
    for line in content.split("\n"):
        key, _, value = line.partition(":")
        if key == "P":
            package = value
        elif key == "F":
            directory = f"/{value}".rstrip("/")
            yield directory, Owner("apk", package)
        elif key == "R":
            yield f"{directory}/{value}", Owner("apk", package)


def _wheel(path: str, content: str) -> Iterator[_Claim]:
    info = posixpath.dirname(path)
    found = _DIST_INFO.fullmatch(info)
    owner = Owner(_PYTHON, found[1] if found else posixpath.basename(info))
    for row in content.splitlines():
        name = row.rsplit(",", 2)[0].strip('"')
        yield posixpath.normpath(posixpath.join(posixpath.dirname(info), name)), owner
    yield info, owner
