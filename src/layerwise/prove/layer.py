"""The entries of a layer, read from its tar as it streams by: files are hashed and never held."""

import hashlib
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Any

from layerwise.oci.layers.archive import clean, content, headers, kind_of
from layerwise.oci.layers.decompress import uncompressed
from layerwise.oci.layers.layering import HardLink, Made, Record
from layerwise.oci.layers.stream import Stream
from layerwise.oci.layers.tree import Body, Content, Device, Directory, Inode, Kind, Meta, Place
from layerwise.prove.forms.bytecode import parted

_XATTR = "SCHILY.xattr."


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
        yield Record(clean(header.name), _made(stream, header, Place(layer, index), pool))
    stream.drain()


def _made(stream: Stream, header: tarfile.TarInfo, place: Place, pool: Pool) -> Made:
    meta, mtime = pool.meta(_meta(header)), header.mtime
    if header.islnk():
        return HardLink(header.linkname, meta, mtime)
    kind = kind_of(header)
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
