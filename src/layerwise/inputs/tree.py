"""The files that a step takes, as a tree of directories that are named by what they hold.

A directory is encoded once and kept once, whatever builds and steps take it: its name is the digest of its encoding,
and that holds the names of the directories below. Two trees differ only below directories whose names differ.
"""

import hashlib
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import NamedTuple

import msgspec

EMPTY = ""
"""The name of the tree of nothing: no directory has it."""


class Kind(StrEnum):
    """What an entry is."""

    FILE = "f"
    DIRECTORY = "d"
    SYMLINK = "l"


class Entry(NamedTuple):
    """One entry of a directory.

    Attributes:
        name: Its last component, as the file system has it.
        kind: What it is.
        mode: The permission bits, set-user-id, set-group-id and sticky included; None where they are in no key: of a
            link, and of a directory that the step passes through without taking it.
        size: Bytes of a file, else 0.
        digest: Of a file the sha256 of its bytes, of a directory its name, of a link none; empty where a file could
            not be read.
        target: Where a symbolic link points.
    """

    name: bytes
    kind: Kind
    mode: int | None
    size: int
    digest: bytes
    target: bytes


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(tuple[Entry, ...])


def encode(entries: Iterable[Entry]) -> bytes:
    """Return the encoding of a directory: equal for equal entries in any order."""
    return _ENCODER.encode(sorted(entries))


def decode(content: bytes) -> tuple[Entry, ...]:
    """Return the entries of a directory, by name.

    Raises:
        ValueError: These bytes are none.
    """
    return _DECODER.decode(content)


def name_of(content: bytes) -> bytes:
    """Return the name of an encoded directory."""
    return hashlib.sha256(content).digest()


def below(content: bytes) -> Iterator[str]:
    """Yield the names of the directories right below an encoded one, each once."""
    found = {entry.digest for entry in decode(content) if entry.kind is Kind.DIRECTORY}
    return (digest.hex() for digest in sorted(found))
