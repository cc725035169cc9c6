"""A package's header as rpm keeps it in its database: tags with values (rpm: docs/manual/format_header.md).

Two counts, then entries of sixteen bytes, then the data that they point into. What came with the package comes first,
byte for byte; the first entry says how far this region goes. Behind it stands what rpm added as it installed it.
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

_COUNTS = struct.Struct(">II")
_ENTRY = struct.Struct(">IIiI")
_REGIONS = (61, 63)
_WIDTHS = {0: 0, 1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1}
_NUMBERS = {2: "B", 3: "H", 4: "I", 5: "Q"}
_STRINGS = (6, 8, 9)


@dataclass(frozen=True, slots=True, order=True)
class Value:
    """What a tag holds.

    Attributes:
        kind: rpm's number of the type.
        count: How many there are.
        data: As they are stored.
    """

    kind: int
    count: int
    data: bytes

    @property
    def texts(self) -> tuple[str, ...]:
        """The strings that it holds, none where it holds something else."""
        parts = self.data.split(b"\0")[:-1] if self.kind in _STRINGS else ()
        return tuple(part.decode("utf-8", "surrogateescape") for part in parts)

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers that it holds, none where it holds something else."""
        letter = _NUMBERS.get(self.kind)
        return struct.unpack(f">{self.count}{letter}", self.data) if letter else ()


@dataclass(frozen=True, slots=True)
class Header:
    """The header of one package.

    Attributes:
        package: Entries and data as they came with the package, b"" where the header doesn't part them.
        added: Tags that rpm added, in the order in which they stand there.
        values: All tags; where rpm added one that the package had, it is rpm's.
    """

    package: bytes
    added: tuple[tuple[int, Value], ...]
    values: Mapping[int, Value]

    def texts(self, tag: int) -> tuple[str, ...]:
        """Return the strings of a tag, none where it is not there."""
        return self.values[tag].texts if tag in self.values else ()

    def numbers(self, tag: int) -> tuple[int, ...]:
        """Return the numbers of a tag, none where it is not there."""
        return self.values[tag].numbers if tag in self.values else ()


def read(blob: bytes) -> Header | None:
    """Return a header, None where the bytes are none."""
    try:
        return _read(blob)
    except (struct.error, ValueError):
        return None


def _read(blob: bytes) -> Header:
    count, size = _COUNTS.unpack_from(blob)
    start = _COUNTS.size + count * _ENTRY.size
    if start + size != len(blob):
        raise ValueError(len(blob))
    entries, data = blob[_COUNTS.size : start], blob[start:]
    region = _region(entries, data)
    own = dict(_values(entries[: region.entries], data))
    added = tuple(_values(entries[region.entries :], data))
    return Header(entries[: region.entries] + data[: region.data], added, own | dict(added))


class _Region(NamedTuple):
    """How many bytes of the entries and of the data came with the package."""

    entries: int
    data: int


def _region(entries: bytes, data: bytes) -> _Region:
    """Return the extent of the package's part, which the end of its data repeats with a negative offset."""
    tag, _, offset, _ = _ENTRY.unpack_from(entries)
    if tag not in _REGIONS:
        return _Region(0, 0)
    if offset < 0:
        raise ValueError(offset)
    _, _, back, _ = _ENTRY.unpack_from(data, offset)
    if not 0 < -back <= len(entries) or back % _ENTRY.size:
        raise ValueError(back)
    return _Region(-back, offset + _ENTRY.size)


def _values(entries: bytes, data: bytes) -> Iterator[tuple[int, Value]]:
    for tag, kind, offset, count in _ENTRY.iter_unpack(entries):
        if offset < 0:
            raise ValueError(offset)
        end = _end(data, offset, count) if kind in _STRINGS else offset + count * _WIDTHS.get(kind, len(data) + 1)
        if end > len(data):
            raise ValueError(end)
        yield tag, Value(kind, count, data[offset:end])


def _end(data: bytes, offset: int, count: int) -> int:
    if count > len(data):
        raise ValueError(count)
    for _ in range(count):
        offset = data.index(b"\0", offset) + 1
    return offset
