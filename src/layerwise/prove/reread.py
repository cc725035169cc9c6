"""Reads the content of a few files again, from just the layers that they are in."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from layerwise.oci.image import Image
from layerwise.oci.layers.archive import content, headers
from layerwise.oci.layers.decompress import uncompressed
from layerwise.oci.layers.stream import Stream
from layerwise.oci.layers.tree import Place
from layerwise.prove.reading import layer_named


def reread(image: Image, places: Iterable[Place], most: int) -> Iterator[tuple[Place, bytes]]:
    """Yield the content of files, one at a time; those of more than ``most`` bytes are left out.

    A layer is read no further than the last of its files that is asked for.

    Raises:
        ImageError: A layer can't be read, though it could before.
        EnvironmentMissing: As ``reading.read_sides``.
    """
    by_layer: defaultdict[int, set[int]] = defaultdict(set)
    for layer, member in places:
        by_layer[layer].add(member)
    for layer, members in sorted(by_layer.items()):
        with layer_named(image, layer), image.layers[layer].open() as blob:
            for member, found in _members(Stream(uncompressed(blob)), members, most):
                yield Place(layer, member), found


def _members(stream: Stream, members: set[int], most: int) -> Iterator[tuple[int, bytes]]:
    last = max(members)
    for index, header in enumerate(headers(stream)):
        if index in members and header.size <= most:
            yield index, b"".join(map(bytes, content(stream, header)))
        if index == last:
            return
