"""The file systems of two images: layers that they share are read once."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from layerwise.errors import ImageError
from layerwise.oci.image import Image
from layerwise.oci.layers.layering import lay
from layerwise.oci.layers.tree import Tree
from layerwise.prove.layer import Pool, records


class Side(NamedTuple):
    """One of two images that are compared, and its file system."""

    image: Image
    tree: Tree


def read_sides(left: Image, right: Image) -> tuple[Side, Side]:
    """Read the file systems of two images.

    Raises:
        ImageError: A layer is no tar, is damaged, or can't be put on those below it.
        EnvironmentMissing: A layer is compressed in a way that needs a library which is not installed.
    """
    pool = Pool()
    shared = _shared(left, right)
    below = read_tree(left, pool, layers=range(shared))
    mine = read_tree(left, pool, below.copy(), range(shared, len(left.layers)))
    yours = read_tree(right, pool, below, range(shared, len(right.layers)))
    return Side(left, mine), Side(right, yours)


def read_tree(image: Image, pool: Pool | None = None, tree: Tree | None = None, layers: range | None = None) -> Tree:
    """Return the file system of an image, or put some of its layers on a tree.

    Raises:
        ImageError: As ``read_sides``.
        EnvironmentMissing: As ``read_sides``.
    """
    pool, tree = pool or Pool(), tree or Tree()
    for index in range(len(image.layers)) if layers is None else layers:
        with layer_named(image, index), image.layers[index].open() as blob:
            lay(tree, list(records(blob, index, pool)), index)
    return tree


@contextmanager
def layer_named(image: Image, index: int) -> Iterator[None]:
    """Say which layer of which image it is that can't be read.

    Raises:
        ImageError: The one raised within, with the layer's name before it.
    """
    try:
        yield
    except ImageError as error:
        place = f"{image.reference}: layer {index + 1} of {len(image.layers)} ({image.layers[index].digest})"
        raise ImageError(f"{place} can't be read: {error}") from error


def _shared(left: Image, right: Image) -> int:
    """Return how many layers two images have in common from below."""
    pairs = zip(left.layers, right.layers, strict=False)
    differ = (index for index, (mine, yours) in enumerate(pairs) if mine.digest != yours.digest)
    return next(differ, min(len(left.layers), len(right.layers)))
