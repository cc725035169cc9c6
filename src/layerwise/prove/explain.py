"""Adds to real differences which package they belong to, and what differs in text files."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace

from layerwise.oci.layers.tree import Content, Inode, Node, Place
from layerwise.prove.compare_files import Found
from layerwise.prove.difference import Facet
from layerwise.prove.excerpt import LARGEST, excerpt
from layerwise.prove.owners import owners
from layerwise.prove.reading import Side
from layerwise.prove.reread import reread
from layerwise.prove.verdict import Judged, Standing

_MOST_EXCERPTS = 100


def explained(judged: Sequence[Judged], found: Sequence[Found], sides: tuple[Side, Side]) -> tuple[Judged, ...]:
    """Return differences, one for each that was found, with what is known of the real ones.

    Raises:
        ImageError: A layer can't be read again.
        EnvironmentMissing: As ``reading.read_sides``.
    """
    real = {index for index, one in enumerate(judged) if one.standing is Standing.REAL}
    if not real:
        return tuple(judged)
    owned = owners({judged[index].difference.where for index in real}, *sides)
    excerpts = _excerpts({index: found[index] for index in sorted(real)}, sides)
    return tuple(
        replace(one, owner=owned.get(one.difference.where), excerpt=excerpts.get(index, ())) if index in real else one
        for index, one in enumerate(judged)
    )


def _excerpts(found: Mapping[int, Found], sides: tuple[Side, Side]) -> dict[int, tuple[str, ...]]:
    """Return the diff of each text file whose content differs, of the first ones."""
    differ = ((index, one) for index, one in found.items() if one.difference.facet is Facet.CONTENT)
    places = ((index, (_text(one.left), _text(one.right))) for index, one in differ)
    pairs = dict(itertools.islice(((i, pair) for i, pair in places if None not in pair), _MOST_EXCERPTS))
    texts = [
        dict(reread(side.image, {place for pair in pairs.values() if (place := pair[number])}, LARGEST))
        for number, side in enumerate(sides)
    ]
    return {
        index: excerpt(texts[0][mine], texts[1][yours])
        for index, (mine, yours) in pairs.items()
        if mine in texts[0] and yours in texts[1]
    }


def _text(node: Node | None) -> Place | None:
    """Return the place of a file that is small enough to be shown."""
    small = isinstance(node, Inode) and isinstance(node.body, Content) and node.body.size <= LARGEST
    return node.place if small and isinstance(node, Inode) else None
