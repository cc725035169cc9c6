"""apk keeps one file for all packages."""

from collections.abc import Iterator

from layerwise.oci.layers.tree import Node, Tree
from layerwise.prove.owning.claim import Claim, text
from layerwise.prove.verdict import Owner

_PATHS = ("/lib/apk/db/installed", "/usr/lib/apk/db/installed")


def lists(tree: Tree) -> Iterator[tuple[str, Node | None]]:
    """Yield the file, where it was and where it is."""
    yield from ((path, tree.at(path)) for path in _PATHS)


def claims(_path: str, content: bytes) -> Iterator[Claim]:
    """Yield its files: ``P`` is a package, ``F`` a directory of it, ``R`` a file therein."""
    package = directory = ""
    for line in text(content).split("\n"):
        key, _, value = line.partition(":")
        if key == "P":
            package = value
        elif key == "F":
            directory = f"/{value}".rstrip("/")
            yield directory, Owner("apk", package)
        elif key == "R":
            yield f"{directory}/{value}", Owner("apk", package)
