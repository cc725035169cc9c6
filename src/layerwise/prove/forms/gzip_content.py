"""The form of a file that gzip compressed: what it holds, whenever and however well it was compressed."""

import hashlib

from layerwise.errors import ImageError
from layerwise.oci.layers.decompress import inflated

MOST = 1 << 30
"""Bytes of a content beyond which nobody waits for the answer."""


def form(content: bytes) -> bytes | None:
    """Return the digest of the uncompressed content; None for what is not gzip's, is damaged, or is a bomb."""
    digest, size = hashlib.sha256(), 0
    try:
        for piece in inflated([content]):
            digest.update(piece)
            size += len(piece)
            if size > MOST:
                return None
    except ImageError:
        return None
    return digest.digest()
