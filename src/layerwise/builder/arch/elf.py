"""What an ELF file says of itself: the machine that it is for, its interpreter, and the libraries that it needs.

Layouts and numbers are those of the System V ABI, chapters 4 and 5 (elf.h).
"""

import struct
from collections import defaultdict
from collections.abc import Callable
from typing import NamedTuple

import msgspec

MAGIC = b"\x7fELF"
HEADER = 64
"""Bytes of the longer one of the two headers."""

_BIG = 2
_LINKED = frozenset({2, 3})  # programs and shared objects
_LOAD, _DYNAMIC, _INTERPRETER = 1, 2, 3
_END, _NEEDED, _STRINGS, _RPATH, _RUNPATH = 0, 1, 5, 15, 29
_LONGEST_TABLE = 1 << 20  # bytes of program headers, or of the dynamic section
_LONGEST_STRING = 4096

At = Callable[[int, int], bytes]
"""Gives some bytes of a file from an offset on, fewer where they are not at hand."""


class Elf(msgspec.Struct, frozen=True, array_like=True):
    """What an ELF file says of itself.

    Attributes:
        machine: Number of the machine (``e_machine``).
        bits: 32 or 64.
        big_endian: Of its numbers.
        linked: Whether it is a program or a shared library, and no object file.
        interpreter: The dynamic loader that a program asks for, "" for none.
        needed: Names of the libraries that it needs.
        rpath: Where they are looked for before all else, as written: directories with colons between.
        runpath: Where they are looked for, as written.
        whole: Whether all of this could be read.
    """

    machine: int
    bits: int
    big_endian: bool
    linked: bool
    interpreter: str = ""
    needed: tuple[str, ...] = ()
    rpath: str = ""
    runpath: str = ""
    whole: bool = True


class Segment(NamedTuple):
    """A part of the file that is loaded, or that the loader reads."""

    kind: int
    offset: int
    address: int
    size: int


class _Layout(NamedTuple):
    """How the numbers of a file are packed; ``fields`` are those of a segment in a program header."""

    half: str
    table: str
    table_at: int
    counts_at: int
    header: str
    fields: tuple[int, int, int, int]
    pair: str


def _layout(head: bytes) -> _Layout:
    order = ">" if head[5] == _BIG else "<"
    if head[4] == 1:
        return _Layout(f"{order}HH", f"{order}I", 28, 42, f"{order}8I", (0, 1, 2, 4), f"{order}II")
    return _Layout(f"{order}HH", f"{order}Q", 32, 54, f"{order}II6Q", (0, 2, 3, 5), f"{order}QQ")


def segments(head: bytes, at: At) -> tuple[Segment, ...] | None:
    """Return the segments of a file with this header, None where its program headers are not at hand."""
    layout = _layout(head)
    (start,) = struct.unpack_from(layout.table, head, layout.table_at)
    size, count = struct.unpack_from(layout.half, head, layout.counts_at)
    if not count:
        return ()
    content = at(start, size * count) if size * count <= _LONGEST_TABLE else b""
    if size < struct.calcsize(layout.header) or len(content) < size * count:
        return None
    rows = (struct.unpack_from(layout.header, content, index * size) for index in range(count))
    return tuple(Segment(*(row[field] for field in layout.fields)) for row in rows)


def dynamic(found: tuple[Segment, ...]) -> Segment | None:
    """Return the segment with what the loader is to do, None where there is none or it is too large for one."""
    return next((one for one in found if one.kind == _DYNAMIC and one.size <= _LONGEST_TABLE), None)


def read_elf(at: At) -> Elf:
    """Return what an ELF file says; of one that is cut off or damaged what can be read."""
    head = at(0, HEADER).ljust(HEADER, b"\0")
    kind, machine = struct.unpack_from(_layout(head).half, head, 16)
    base = (machine, 32 if head[4] == 1 else 64, head[5] == _BIG, kind in _LINKED)
    if kind not in _LINKED:
        return Elf(*base)
    found = segments(head, at)
    if found is None:
        return Elf(*base, whole=False)
    interpreter = next((_string(at, one.offset, one.size) for one in found if one.kind == _INTERPRETER), "")
    section = dynamic(found)
    if section is None:
        return Elf(*base, interpreter or "", whole=interpreter is not None)
    said = _said(at, section, found, _layout(head).pair)
    if said is None or interpreter is None:
        return Elf(*base, interpreter or "", whole=False)
    return Elf(*base, interpreter, said[_NEEDED], ":".join(said[_RPATH]), ":".join(said[_RUNPATH]))


def _said(
    at: At, section: Segment, found: tuple[Segment, ...], pair: str
) -> "defaultdict[int, tuple[str, ...]] | None":
    """Return the texts of the dynamic section by tag, None where they are not at hand."""
    content = at(section.offset, section.size)
    if len(content) < section.size:
        return None
    values: defaultdict[int, list[int]] = defaultdict(list)
    for tag, value in struct.iter_unpack(
        pair, content[: section.size // struct.calcsize(pair) * struct.calcsize(pair)]
    ):
        if tag == _END:
            break
        values[tag].append(value)
    texts: defaultdict[int, tuple[str, ...]] = defaultdict(tuple)
    strings = _offset(values[_STRINGS][0], found) if values[_STRINGS] else None
    for tag in (_NEEDED, _RPATH, _RUNPATH):
        read = [None if strings is None else _string(at, strings + value) for value in values[tag]]
        if None in read:
            return None
        texts[tag] = tuple(text for text in read if text)
    return texts


def _offset(address: int, found: tuple[Segment, ...]) -> int | None:
    """Return where in the file an address is loaded from."""
    loaded = (one for one in found if one.kind == _LOAD and one.address <= address < one.address + one.size)
    return next((address - one.address + one.offset for one in loaded), None)


def _string(at: At, offset: int, size: int = _LONGEST_STRING) -> str | None:
    text, end, _ = at(offset, min(size, _LONGEST_STRING)).partition(b"\0")
    return text.decode(errors="replace") if end else None
