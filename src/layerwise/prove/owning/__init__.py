"""The package managers that say which package a path belongs to, one module each."""

from collections.abc import Iterator
from typing import Protocol

from layerwise.oci.layers.tree import Node, Tree
from layerwise.prove.owning import apk, dpkg, rpm, wheel
from layerwise.prove.owning.claim import Claim


class Manager(Protocol):
    """What a module here has."""

    def lists(self, tree: Tree, /) -> Iterator[tuple[str, Node | None]]:
        """Yield the files of an image that say who owns what, by path; what is no file is passed over."""

    def claims(self, path: str, content: bytes, /) -> Iterator[Claim]:
        """Yield what such a file says."""


MANAGERS: tuple[Manager, ...] = (dpkg, apk, rpm, wheel)
