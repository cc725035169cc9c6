"""Which of two commits comes after the other, in the repository that an image is built from."""

import functools
import pathlib

from layerwise.builder.checkout import is_ancestor
from layerwise.builder.push.promotion import IsAncestor


def ancestry(directory: pathlib.Path) -> IsAncestor:
    """Return what tells whether a commit is a true ancestor of another one, in the repository of a directory."""
    return functools.partial(is_ancestor, directory)
