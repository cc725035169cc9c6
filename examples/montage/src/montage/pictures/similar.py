"""Leaving out pictures that nearly repeat the one before."""

from pathlib import Path

import numpy as np
from PIL import Image

from montage.pictures.library import Picture

SIDE = 8
ALIKE = 6  # bits that may differ of SIDE * SIDE


def fingerprint(path: Path) -> int:
    """Average hash: which cells of a tiny grey copy are brighter than its mean."""
    with Image.open(path) as image:
        grey = np.asarray(image.convert("L").resize((SIDE, SIDE)), dtype=float)
    bits = (grey > grey.mean()).flatten()
    return int("".join("1" if bit else "0" for bit in bits), 2)


def distance(left: int, right: int) -> int:
    """Number of cells that differ."""
    return (left ^ right).bit_count()


def without_repeats(pictures: list[Picture]) -> list[Picture]:
    """Keep the first of each run of near duplicates."""
    kept: list[Picture] = []
    last: int | None = None
    for picture in pictures:
        mark = fingerprint(picture.path)
        if last is None or distance(mark, last) > ALIKE:
            kept.append(picture)
            last = mark
    return kept
