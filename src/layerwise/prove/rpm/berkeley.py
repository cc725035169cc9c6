"""Packages, the hash of Berkeley DB that rpm kept before 4.16 (Berkeley DB: src/dbinc/db_page.h).

A page of a hash lists the offsets of keys and values in turn, which fill it from its end. A value that is too long for
that lies on a chain of pages of its own.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

_MAGIC = 0x061561
_MAGIC_PLACE = 12
_VERSIONS = range(8, 11)
_META = "12xIII8xI"
_PAGE = "8xIIIHHBB"
_HEAD = 26
_HASHES = (2, 13)
_OVERFLOW = 7
_HERE, _ELSEWHERE = 1, 3
_KEY = 4


def headers(content: bytes) -> Iterator[bytes]:
    """Yield each package's header.

    Raises:
        ValueError: The content is no such database.
        struct.error: So it is.
        IndexError: So it is.
    """
    database = _opened(content)
    for number in range(1, len(content) // database.size):
        page = database.page(number)
        if page.kind in _HASHES:
            for key, value in page.pairs(database.order):
                name = database.item(key)
                if len(name) == _KEY and any(name):  # key 0 holds the number of the last package
                    yield database.item(value)


@dataclass(frozen=True, slots=True)
class _Page:
    """One page: its kind, the next of its chain, how many items a hash has on it or bytes a chain, and all of it."""

    kind: int
    after: int
    items: int
    length: int
    stored: bytes

    def pairs(self, order: str) -> Iterator[tuple[bytes, bytes]]:
        offsets = struct.unpack_from(f"{order}{self.items}H", self.stored, _HEAD)
        ends = (len(self.stored), *offsets)
        if any(start > end for start, end in zip(offsets, ends, strict=False)):
            raise ValueError(offsets)
        found = [self.stored[start:end] for start, end in zip(offsets, ends, strict=False)]
        yield from zip(found[::2], found[1::2], strict=True)


@dataclass(frozen=True, slots=True)
class _Database:
    """A database, the order of its bytes and the size of its pages."""

    content: bytes
    order: str
    size: int

    def page(self, number: int) -> _Page:
        stored = self.content[number * self.size : (number + 1) * self.size]
        own, _, after, items, length, _, kind = struct.unpack_from(self.order + _PAGE, stored)
        if kind in (*_HASHES, _OVERFLOW) and own != number:
            raise ValueError(own)
        return _Page(kind, after, items, length, stored)

    def item(self, stored: bytes) -> bytes:
        if stored[0] == _HERE:
            return stored[1:]
        if stored[0] != _ELSEWHERE:
            raise ValueError(stored[0])
        first, size = struct.unpack_from(f"{self.order}4xII", stored)
        return self.chain(first, size)

    def chain(self, number: int, size: int) -> bytes:
        if size > len(self.content):
            raise ValueError(size)
        found = b""
        while len(found) < size:
            page = self.page(number)
            if page.kind != _OVERFLOW or not page.length:
                raise ValueError(number)
            found += page.stored[_HEAD : _HEAD + page.length]
            number = page.after
        return found[:size]


def _opened(content: bytes) -> _Database:
    order = "<" if content[_MAGIC_PLACE : _MAGIC_PLACE + 4] == struct.pack("<I", _MAGIC) else ">"
    magic, version, size, last = struct.unpack_from(order + _META, content)
    if magic != _MAGIC or version not in _VERSIONS or size <= _HEAD or len(content) != (last + 1) * size:
        raise ValueError(magic)
    return _Database(content, order, size)
