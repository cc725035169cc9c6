"""One pass over a layer: what of it can decide which program starts and what that loads."""

import tarfile
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from enum import Enum
from typing import IO

import msgspec

from layerwise.builder.arch.elf import HEADER, MAGIC, Elf, dynamic, read_elf, segments
from layerwise.oci.layers.archive import clean, content, headers, kind_of
from layerwise.oci.layers.decompress import uncompressed
from layerwise.oci.layers.stream import Pieces, Stream
from layerwise.oci.layers.tree import Kind

_HEAD = 4096  # bytes after which a file's kind is known
_WINDOW = 16 << 20  # bytes of an ELF file that are held, its dynamic section aside
_TEXT = 1 << 16  # bytes of a file that is held as text
_FIRST_LINE = 256  # bytes of a script that the kernel looks at (BINPRM_BUF_SIZE)
_MACH_O = (b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe")


class Form(Enum):
    """What an entry of a layer is."""

    DIRECTORY = "directory"
    LINK = "link"
    HARD_LINK = "hard link"
    ELF = "elf"
    SCRIPT = "script"
    TEXT = "text"
    WINDOWS = "program for Windows"
    MACOS = "program for macOS"
    OTHER = "other"


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """One entry of a layer.

    Attributes:
        name: Path without a slash in front.
        form: What it is.
        target: Of a link.
        text: First line of a script, content of a text.
        elf: What an ELF file says.
    """

    name: str
    form: Form
    target: str = ""
    text: str = ""
    elf: Elf | None = None


def scan(blob: IO[bytes], stopped: Callable[[], bool] = lambda: False) -> tuple[Entry, ...]:
    """Return the entries of a layer; files are left out that nothing can start or load.

    Raises:
        CancelledError: It was ``stopped`` before the end.
        ImageError: It is no tar, or damaged.
        EnvironmentMissing: It is compressed in a way that needs a library which is not installed.
    """
    stream = Stream(_until(stopped, uncompressed(blob)))
    left: set[str] = set()
    found = [entry for header in headers(stream) if (entry := _entry(stream, header, left))]
    stream.drain()
    return tuple(found)


def _until(stopped: Callable[[], bool], chunks: Iterator[bytes]) -> Iterator[bytes]:
    for chunk in chunks:
        if stopped():
            raise CancelledError
        yield chunk


def _entry(stream: Stream, header: tarfile.TarInfo, left: set[str]) -> Entry | None:
    name = _text(clean(header.name))
    if header.islnk():
        target = _text(clean(header.linkname))
        return Entry(name, Form.HARD_LINK, target) if target not in left else _other(header, name, left)
    kind = kind_of(header)
    if kind is Kind.DIRECTORY:
        return Entry(name, Form.DIRECTORY)
    if kind is Kind.SYMLINK:
        return Entry(name, Form.LINK, _text(header.linkname))
    if kind is not Kind.FILE:
        return Entry(name, Form.OTHER)
    return _file(content(stream, header), name) or _other(header, name, left)


def _other(header: tarfile.TarInfo, name: str, left: set[str]) -> Entry | None:
    """Keep the name of a file that could hide a program or a library of a layer below, and of a whiteout."""
    last = name.rpartition("/")[2]
    if header.mode & 0o111 or ".so" in last or last.startswith(".wh."):
        return Entry(name, Form.OTHER)
    left.add(name)
    return None


def _file(pieces: Pieces, name: str) -> Entry | None:
    head = _taken(pieces, bytearray(), _HEAD)
    if head.startswith(MAGIC) and len(head) >= HEADER - 12:  # the shorter header
        return Entry(name, Form.ELF, elf=_elf(head, pieces))
    if head.startswith(b"#!"):
        return Entry(name, Form.SCRIPT, text=_text_of(head[:_FIRST_LINE].partition(b"\n")[0]))
    if _says_where(name):
        return Entry(name, Form.TEXT, text=_text_of(_taken(pieces, head, _TEXT)[:_TEXT]))
    if head.startswith(b"MZ"):
        return Entry(name, Form.WINDOWS)
    return Entry(name, Form.MACOS) if head.startswith(_MACH_O) else None


def _says_where(name: str) -> bool:
    """Whether a file says where libraries are."""
    of_glibc = name == "etc/ld.so.conf" or (name.startswith("etc/ld.so.conf.d/") and name.endswith(".conf"))
    return of_glibc or (name.startswith("etc/ld-musl-") and name.endswith(".path"))


def _elf(head: bytearray, pieces: Pieces) -> Elf:
    """Read an ELF file as it streams by: its beginning is held, and the dynamic section, which is near its end."""
    _taken(pieces, head, _WINDOW)
    start, kept = len(head), bytearray()

    def at(offset: int, size: int) -> bytes:
        found = bytes(head[offset : offset + size])
        begin = offset + len(found) - start
        return found + kept[begin : offset + size - start] if begin >= 0 else found

    section = dynamic(segments(bytes(head[:HEADER]).ljust(HEADER, b"\0"), at) or ())
    if section is not None and section.offset + section.size > len(head):
        start = max(section.offset, len(head))
        for piece in _between(pieces, len(head), start, section.offset + section.size):
            kept += piece
    return read_elf(at)


def _between(pieces: Pieces, position: int, start: int, end: int) -> Iterator[bytes]:
    """Yield the bytes of a stream, which is at ``position``, between two offsets."""
    for piece in pieces:
        if position >= end:
            return
        if position + len(piece) > start:
            yield bytes(piece[max(start - position, 0) : end - position])
        position += len(piece)


def _taken(pieces: Pieces, head: bytearray, size: int) -> bytearray:
    """Read on until there are ``size`` bytes, or all."""
    while len(head) < size and (piece := next(pieces, None)) is not None:
        head += piece
    return head


def _text(name: str) -> str:
    """Return a name that can be written as UTF-8."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _text_of(content: bytes | bytearray) -> str:
    return bytes(content).decode("utf-8", "replace")
