"""Packages.db, the database of rpm's own making that SUSE uses (rpm: lib/backend/ndb/rpmpkg.c).

Pages of slots say in which blocks of sixteen bytes each package lies.
"""

import struct
from collections.abc import Iterator

_HEADER = struct.Struct("<4sIII")
_SLOT = struct.Struct("<4sIII")
_HEAD = struct.Struct("<4sIII")
_TAIL = 12
_PAGE = 4096
_BLOCK = 16
_HEADER_SLOTS = 2


def headers(content: bytes) -> Iterator[bytes]:
    """Yield each package's header.

    Raises:
        ValueError: The content is no such database.
        struct.error: So it is.
    """
    magic, version, _, pages = _HEADER.unpack_from(content)
    if magic != b"RpmP" or version or pages * _PAGE > len(content):
        raise ValueError(magic)
    for place in range(_HEADER_SLOTS * _SLOT.size, pages * _PAGE, _SLOT.size):
        magic, number, block, blocks = _SLOT.unpack_from(content, place)
        if magic != b"Slot":
            raise ValueError(magic)
        if block:
            yield _blob(content[block * _BLOCK : (block + blocks) * _BLOCK], number)


def _blob(stored: bytes, number: int) -> bytes:
    magic, own, _, size = _HEAD.unpack_from(stored)
    if (magic, own) != (b"BlbS", number) or _HEAD.size + size + _TAIL > len(stored) or stored[-4:] != b"BlbE":
        raise ValueError(magic)
    return stored[_HEAD.size : _HEAD.size + size]
