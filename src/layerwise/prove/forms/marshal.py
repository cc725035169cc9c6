"""Reads what CPython's ``marshal`` writes, and digests the values in it without making any of them."""

import hashlib
import struct
from dataclasses import dataclass, field

_REFERENCE = 0x80
_DEEPEST = 100
_NOTHING = b"NFTS."
_FIXED = {"i": 4, "I": 8, "g": 8, "y": 16}
_TEXTS = {"t": 4, "u": 4, "a": 4, "A": 4, "z": 1, "Z": 1}
_ITEMS = {"(": 4, ")": 1, "[": 4, "<": 4, ">": 4}
_END = "0"


class _Unreadable(Exception):
    """Not written by a marshal that is known here."""


def canonical(data: bytes, layout: str) -> bytes | None:
    """Return a digest of the value that ``data`` stands for, None where it can't be read to its end.

    Args:
        data: As marshal writes it.
        layout: Fields of a code object, ``L`` for four bytes and ``O`` for an object.
    """
    reader = _Reader(data, layout)
    try:
        digest = reader.value()
    except (_Unreadable, struct.error, IndexError):
        return None
    return digest if reader.at == len(data) else None


@dataclass(slots=True)
class _Reader:
    data: bytes
    layout: str
    at: int = 0
    depth: int = 0
    references: list[bytes | None] = field(default_factory=list)

    def value(self) -> bytes:
        """Return the digest of the next object."""
        kind = self.take(1)[0]
        index = len(self.references)
        if kind & _REFERENCE:
            self.references.append(None)
        self.depth += 1
        if self.depth > _DEEPEST:
            raise _Unreadable
        digest = self.of(chr(kind & ~_REFERENCE))
        self.depth -= 1
        if kind & _REFERENCE:
            self.references[index] = digest
        return digest

    def of(self, kind: str) -> bytes:
        if kind == "r":
            return self.referred(self.number(4))
        if kind in _TEXTS:
            return _digest("text", self.take(self.number(_TEXTS[kind])))
        if kind == "c":
            fields = (self.take(4) if one == "L" else self.value() for one in self.layout)
            return _digest("code", *fields)
        if kind in _ITEMS:
            return self.items(kind)
        if kind == "{":
            return self.pairs()
        if kind == ":":
            return _digest("slice", self.value(), self.value(), self.value())
        return self.plain(kind)

    def plain(self, kind: str) -> bytes:
        if kind.encode() in _NOTHING:
            return _digest(kind)
        if kind in _FIXED:
            return _digest(kind, self.take(_FIXED[kind]))
        if kind == "s":
            return _digest(kind, self.take(self.number(4)))
        if kind == "l":
            digits = self.number(4)
            return _digest(kind, str(digits).encode(), self.take(2 * abs(digits)))
        raise _Unreadable

    def items(self, kind: str) -> bytes:
        found = [self.value() for _ in range(self.number(_ITEMS[kind]))]
        if kind in "<>":
            return _digest(kind, *sorted(found))
        return _digest("[" if kind == "[" else "(", *found)

    def pairs(self) -> bytes:
        found: list[bytes] = []
        while self.data[self.at : self.at + 1] != _END.encode():
            found.append(self.value())
        self.at += 1
        return _digest("{", *found)

    def referred(self, index: int) -> bytes:
        digest = self.references[index] if index < len(self.references) else None
        if digest is None:
            raise _Unreadable
        return digest

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "little", signed=size > 1)

    def take(self, size: int) -> bytes:
        if size < 0 or self.at + size > len(self.data):
            raise _Unreadable
        self.at += size
        return self.data[self.at - size : self.at]


def _digest(kind: str, *parts: bytes) -> bytes:
    """Return a digest of a kind and parts whose lengths tell them apart."""
    digest = hashlib.blake2b(kind.encode(), digest_size=16)
    for part in parts:
        digest.update(len(part).to_bytes(4, "little") + part)
    return digest.digest()
