"""rpm keeps a database whose headers name the files of each package."""

from collections.abc import Iterator

from layerwise.oci.layers.tree import Node, Tree
from layerwise.prove.owning.claim import Claim
from layerwise.prove.rpm import database, header
from layerwise.prove.verdict import Owner

_NAME, _OLD_FILE_NAMES, _DIRECTORY_INDEXES, _BASE_NAMES, _DIRECTORY_NAMES = 1000, 1027, 1116, 1117, 1118


def lists(tree: Tree) -> Iterator[tuple[str, Node | None]]:
    """Yield the databases."""
    yield from ((path, tree.at(path)) for path in database.PATHS)


def claims(path: str, content: bytes) -> Iterator[Claim]:
    """Yield the files of all packages in a database."""
    for blob in database.headers(path, content):
        found = header.read(blob)
        if found is not None and (names := found.texts(_NAME)):
            for claimed in _files(found):
                yield claimed, Owner("rpm", names[0])


def _files(package: header.Header) -> Iterator[str]:
    """Yield a package's files: rpm 4 parts directories and names, those before it did not."""
    directories = package.texts(_DIRECTORY_NAMES)
    for index, name in zip(package.numbers(_DIRECTORY_INDEXES), package.texts(_BASE_NAMES), strict=False):
        if index < len(directories):
            yield directories[index] + name
    yield from package.texts(_OLD_FILE_NAMES)
