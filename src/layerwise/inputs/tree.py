"""The files that a step takes, as a tree of directories that are named by what they hold.

A directory is encoded once and kept once, whatever builds and steps take it: its name is the digest of its encoding,
and that holds the names of the directories below. Two trees differ only below directories whose names differ. A large
directory is kept in parts, so that a change in it does not make all of it anew.
"""

import hashlib
import zlib
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import NamedTuple

import msgspec

from layerwise.inputs.manifest import Trees

EMPTY = ""
"""The name of the tree of nothing: no directory has it."""


class Kind(StrEnum):
    """What an entry is."""

    FILE = "f"
    DIRECTORY = "d"
    SYMLINK = "l"
    PART = "p"
    """Some entries of a large directory, in the place of which this one stands."""


class Entry(NamedTuple):
    """One entry of a directory.

    Attributes:
        name: Its last component, as the file system has it.
        kind: What it is.
        mode: The permission bits, set-user-id, set-group-id and sticky included; None where they are in no key: of a
            link, and of a directory that the step passes through without taking it.
        size: Bytes of a file, else 0.
        digest: Of a file the sha256 of its bytes, of a directory or part its name, of a link none; empty where a file
            could not be read.
        target: Where a symbolic link points.
    """

    name: bytes
    kind: Kind
    mode: int | None
    size: int
    digest: bytes
    target: bytes


_LARGE = 1024  # entries
_PARTING = 128  # one in so many names ends a part, told by the name alone so that other names move no border
_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(tuple[Entry, ...])


class Encoded(NamedTuple):
    """A directory, and the parts that it is kept in where it is large."""

    content: bytes
    parts: tuple[bytes, ...]


def encode(entries: Iterable[Entry]) -> Encoded:
    """Return the encoding of a directory: equal for equal entries in any order."""
    ordered = sorted(entries)
    if len(ordered) <= _LARGE:
        return Encoded(_ENCODER.encode(ordered), ())
    parts = tuple(map(_ENCODER.encode, _parted(ordered)))
    names = [Entry(b"", Kind.PART, None, 0, name_of(part), b"") for part in parts]
    return Encoded(_ENCODER.encode(names), parts)


def decode(content: bytes) -> tuple[Entry, ...]:
    """Return the entries of a directory, by name; of one that is kept in parts, those.

    Raises:
        ValueError: These bytes are none.
    """
    return _DECODER.decode(content)


def entries_of(trees: Trees, name: bytes) -> Iterator[Entry]:
    """Yield the entries of a directory, by name."""
    for entry in decode(trees[name.hex()]):
        if entry.kind is Kind.PART:
            yield from entries_of(trees, entry.digest)
        else:
            yield entry


def name_of(content: bytes) -> bytes:
    """Return the name of an encoded directory."""
    return hashlib.sha256(content).digest()


def below(content: bytes) -> Iterator[str]:
    """Yield the names of the directories right below an encoded one, and of its parts, each once."""
    found = {entry.digest for entry in decode(content) if entry.kind in (Kind.DIRECTORY, Kind.PART)}
    return (digest.hex() for digest in sorted(found))


def _parted(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    part: list[Entry] = []
    for entry in entries:
        part.append(entry)
        if zlib.crc32(entry.name) % _PARTING == 0:
            yield part
            part = []
    if part:
        yield part
