"""ELF files made by hand: as much of one as a loader looks at."""

import struct
from collections.abc import Sequence

MACHINES = {
    "386": (3, 32, "<"),
    "arm": (40, 32, "<"),
    "amd64": (62, 64, "<"),
    "arm64": (183, 64, "<"),
    "riscv64": (243, 64, "<"),
    "s390x": (22, 64, ">"),
    "mips": (8, 32, ">"),
}
_BASE = 0x10000
_EXECUTABLE, _SHARED, _OBJECT = 2, 3, 1


def elf(
    machine: str = "arm64",
    *,
    interpreter: str = "",
    needed: Sequence[str] = (),
    rpath: str = "",
    runpath: str = "",
    kind: int = _EXECUTABLE,
    padding: int = 0,
    strings_last: bool = False,
) -> bytes:
    """An ELF file; `padding` bytes lie before its dynamic section, and with `strings_last` before its names too."""
    number, bits, order = MACHINES[machine]
    wide = bits == 64
    strings, offsets = _strings([*needed, rpath, runpath, interpreter])
    header, entry = (64, 56) if wide else (52, 32)
    tags = [(1, offsets[name]) for name in needed]
    tags += [(15, offsets[rpath])] if rpath else []
    tags += [(29, offsets[runpath])] if runpath else []
    count = 1 + bool(interpreter) + bool(tags)
    start = header + entry * count
    word = 8 if wide else 4
    size = 2 * word * (len(tags) + 2)
    if strings_last:
        dynamic_at = start + padding
        strings_at = dynamic_at + size
    else:
        strings_at = start
        dynamic_at = start + len(strings) + padding
    pair = f"{order}{'QQ' if wide else 'II'}"
    dynamic = b"".join(struct.pack(pair, *one) for one in [*tags, (5, _BASE + strings_at), (0, 0)]) if tags else b""
    total = (strings_at + len(strings)) if strings_last else dynamic_at + len(dynamic)
    segments = [(1, 0, _BASE, total)]
    if interpreter:
        segments.append((3, strings_at + offsets[interpreter], 0, len(interpreter) + 1))
    if tags:
        segments.append((2, dynamic_at, _BASE + dynamic_at, size))
    content = bytearray(total)
    content[:header] = _header(number, wide=wide, order=order, kind=kind, count=count)
    for index, one in enumerate(segments):
        place = header + entry * index
        content[place : place + entry] = _segment(*one, wide=wide, order=order)
    content[strings_at : strings_at + len(strings)] = strings
    content[dynamic_at : dynamic_at + len(dynamic)] = dynamic
    return bytes(content)


def library(machine: str = "arm64", *needed: str, **rest: str) -> bytes:
    return elf(machine, needed=needed, kind=_SHARED, **rest)  # type: ignore[arg-type]


def object_file(machine: str) -> bytes:
    return elf(machine, kind=_OBJECT)


def _strings(texts: Sequence[str]) -> tuple[bytes, dict[str, int]]:
    content, offsets = bytearray(b"\0"), {"": 0}
    for text in texts:
        if text not in offsets:
            offsets[text] = len(content)
            content += text.encode() + b"\0"
    return bytes(content), offsets


def _header(number: int, *, wide: bool, order: str, kind: int, count: int) -> bytes:
    ident = b"\x7fELF" + bytes([2 if wide else 1, 2 if order == ">" else 1, 1]) + bytes(9)
    size, entry = (64, 56) if wide else (52, 32)
    word = "Q" if wide else "I"
    return ident + struct.pack(
        f"{order}HHI{word}{word}{word}IHHHHHH", kind, number, 1, 0, size, 0, 0, size, entry, count, 0, 0, 0
    )


def _segment(kind: int, offset: int, address: int, size: int, *, wide: bool, order: str) -> bytes:
    if wide:
        return struct.pack(f"{order}IIQQQQQQ", kind, 5, offset, address, address, size, size, 0x1000)
    return struct.pack(f"{order}IIIIIIII", kind, offset, address, address, size, size, 5, 0x1000)
