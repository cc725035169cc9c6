"""The form of a .pyc file: the code that an interpreter gets from it.

Two compilations of one source differ in bytes. The header has the time of the source (PEP 552). What follows is written
by ``marshal``, which flags an object for later reference when its count of references happens to allow it, marks
strings as interned when they happen to be, and writes a set in the order of its hashes. So the code is read as a
sequence of typed objects and each gets a digest of its value: references are what they refer to, sets are sorted. It is
never loaded or run, and the reader needs no Python of the same version, only the layout of its code objects.

All else must be the same: magic number, flags, the size or hash of the source, file names, line numbers, constants.
"""

import itertools

from layerwise.oci.layers.stream import Pieces
from layerwise.prove.forms.marshal import canonical

_HEADER = 16
_FIVE_LONGS = "LLLLLOOOOOOOOLO"
_SIX_LONGS = "LLLLLLOOOOOOOOLO"
_EXCEPTIONS = "LLLLLOOOOOOOOLOO"
_LAYOUTS = (
    (range(3390, 3400), _FIVE_LONGS),  # 3.7: argcount to flags; code to name; first line; line table
    (range(3400, 3450), _SIX_LONGS),  # 3.8 to 3.10: positional-only arguments
    (range(3450, 3650), _EXCEPTIONS),  # 3.11 to 3.14: no nlocals; an exception table
)
"""Fields of a code object, longs and objects, by magic number (CPython: marshal.c, r_object; pycore_magic_number.h)."""


def form(content: bytes) -> bytes | None:
    """Return the header without the source's time, and the code; None where that can't be read."""
    layout = next((layout for numbers, layout in _LAYOUTS if _number(content[:4]) in numbers), "")
    code = canonical(content[_HEADER:], layout) if layout else None
    return None if code is None else content[:8] + content[12 if _by_time(content) else 8 : _HEADER] + code


def parted(pieces: Pieces) -> tuple[bytes, Pieces]:
    """Return the time of the source, none where there is none, and the content with zeros for it."""
    head = bytearray()
    for piece in pieces:
        head += piece
        if len(head) >= _HEADER:
            break
    stamp = bytes(head[8:12]) if len(head) >= _HEADER and _by_time(head) else b""
    head[8 : 8 + len(stamp)] = bytes(len(stamp))
    return stamp, itertools.chain((head,), pieces)


def stamped(content: bytes) -> bytes | None:
    """Return that Python checks the file against its source's time and size, and leaves it aside if they differ."""
    return b"stamped" if len(content) >= _HEADER and _by_time(content) else None


def _by_time(content: bytes | bytearray) -> bool:
    return content[4:8] == bytes(4)


def _number(magic: bytes) -> int:
    return int.from_bytes(magic[:2], "little") if magic[2:] == b"\r\n" else -1
