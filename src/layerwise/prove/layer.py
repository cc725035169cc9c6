"""The entries of a layer, read from its tar as it streams by: files are hashed and never held."""

import hashlib
import posixpath
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Any, NamedTuple, TypeAlias, cast

from layerwise.errors import ImageError
from layerwise.prove.decompress import MOST, uncompressed
from layerwise.prove.forms.bytecode import Pieces, parted
from layerwise.prove.stream import Stream
from layerwise.prove.tree import Body, Content, Device, Directory, Inode, Kind, Meta, Place

_XATTR = "SCHILY.xattr."
_ENDS = ("EOFHeaderError", "EmptyHeaderError")
"""What ``tarfile`` raises at a block of zeros and where nothing follows; its stubs don't know them."""
_KINDS = {
    tarfile.REGTYPE: Kind.FILE,
    tarfile.AREGTYPE: Kind.FILE,
    tarfile.CONTTYPE: Kind.FILE,
    tarfile.GNUTYPE_SPARSE: Kind.FILE,
    tarfile.DIRTYPE: Kind.DIRECTORY,
    tarfile.SYMTYPE: Kind.SYMLINK,
    tarfile.CHRTYPE: Kind.CHARACTER,
    tarfile.BLKTYPE: Kind.BLOCK,
    tarfile.FIFOTYPE: Kind.FIFO,
}


class HardLink(NamedTuple):
    """A second name: what it links to, and what its own header says of mode and owner."""

    target: str
    meta: Meta
    mtime: float | None


Made: TypeAlias = Inode | Directory | HardLink


class Record(NamedTuple):
    """One entry of a layer: its name without ``.`` and slashes around it, and what it makes."""

    name: str
    made: Made


@dataclass(frozen=True, slots=True)
class Pool:
    """Values that many entries share, each held once."""

    metas: dict[Meta, Meta] = field(default_factory=dict)
    contents: dict[Content, Content] = field(default_factory=dict)

    def meta(self, value: Meta) -> Meta:
        """Return the equal value that is held."""
        return self.metas.setdefault(value, value)

    def content(self, value: Content) -> Content:
        """Return the equal value that is held."""
        return self.contents.setdefault(value, value)


def records(blob: IO[bytes], layer: int, pool: Pool) -> Iterator[Record]:
    """Yield the entries of a layer in their order; the blob is read to its end.

    Raises:
        ImageError: It is no tar, or damaged.
    """
    stream = Stream(uncompressed(blob))
    for index, header in enumerate(headers(stream)):
        yield Record(_clean(header.name), _made(stream, header, Place(layer, index), pool))
    stream.drain()


def headers(stream: Stream) -> Iterator[tarfile.TarInfo]:
    """Yield the header of each entry, with the stream at the beginning of its content.

    Raises:
        ImageError: The stream is no tar, or damaged; ``tarfile`` itself takes a broken header for the end.
    """
    archive = _Archive(stream)
    while True:
        stream.seek(archive.offset)
        try:
            header = tarfile.TarInfo.fromtarfile(archive)
        except (tarfile.TarError, ValueError, OverflowError) as error:
            if type(error).__name__ in _ENDS:
                return
            raise ImageError(f"its tar is damaged ({error})" if archive.offset else "it is no tar") from error
        if header.size < 0 or archive.offset < stream.tell():
            raise ImageError(f"its tar is damaged ({header.name} has less than no bytes)")
        yield header


def content(stream: Stream, header: tarfile.TarInfo) -> Pieces:
    """Yield the content of a file in pieces, each good until the next is asked for; holes are zeros.

    Raises:
        ImageError: The stream ends before.
    """
    if header.sparse is None:
        yield from stream.take(header.size)
        return
    try:
        with tarfile.ExFileObject(_Archive(stream), header) as file:
            yield from iter(lambda: file.read(MOST), b"")
    except tarfile.TarError as error:
        raise ImageError("it ends in the middle of a file") from error


class _Deaf(dict[str, str]):
    """Global PAX headers, which no unpacker written in Go obeys."""

    def __setitem__(self, key: str, value: str) -> None:
        """Do nothing."""


class _Archive(tarfile.TarFile):
    """What ``TarInfo.fromtarfile`` reads from, without the list of members and the forgiveness of ``TarFile``."""

    def __init__(self, stream: Stream) -> None:
        super().__init__(fileobj=cast("IO[bytes]", stream), encoding="utf-8", errors="surrogateescape")
        self.pax_headers = _Deaf()

    def next(self) -> None:
        """Give nothing to the constructor, which would read a header and forgive a broken one."""


def _made(stream: Stream, header: tarfile.TarInfo, place: Place, pool: Pool) -> Made:
    meta, mtime = pool.meta(_meta(header)), header.mtime
    if header.islnk():
        return HardLink(header.linkname, meta, mtime)
    kind = _KINDS.get(header.type)
    if kind is None:
        raise ImageError(f"{header.name} is of a type that images have not ({header.type!r})")
    if kind is Kind.DIRECTORY:
        return Directory(meta, mtime)
    return Inode(kind, meta, mtime, _body(stream, header, kind, pool), place)


def _meta(header: tarfile.TarInfo) -> Meta:
    mode = 0o777 if header.issym() else header.mode & 0o7777
    return Meta(mode, header.uid, header.gid, tuple(sorted(_xattrs(header.pax_headers))))


def _xattrs(pax_headers: "dict[str, Any] | Any") -> Iterator[tuple[str, bytes]]:
    for name, text in pax_headers.items():
        if name.startswith(_XATTR):
            yield name.removeprefix(_XATTR), text.encode("utf-8", "surrogateescape")


def _body(stream: Stream, header: tarfile.TarInfo, kind: Kind, pool: Pool) -> Body:
    if kind is Kind.FILE:
        return pool.content(_content(stream, header))
    if kind is Kind.SYMLINK:
        return header.linkname
    return None if kind is Kind.FIFO else Device(header.devmajor, header.devminor)


def _content(stream: Stream, header: tarfile.TarInfo) -> Content:
    stamp, pieces, digest = b"", content(stream, header), hashlib.sha256()
    if header.name.endswith(".pyc"):
        stamp, pieces = parted(pieces)
    for piece in pieces:
        digest.update(piece)
    return Content(digest.digest(), header.size, stamp)


def _clean(name: str) -> str:
    """Return a name as Go's ``filepath.Clean`` does, within the root and without a slash in front."""
    return posixpath.normpath(f"/{name}").lstrip("/")
