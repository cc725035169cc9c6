"""The tar of a layer, read forwards entry by entry."""

import posixpath
import tarfile
from collections.abc import Iterator
from typing import IO, cast

from layerwise.errors import ImageError
from layerwise.oci.layers.decompress import MOST
from layerwise.oci.layers.stream import Pieces, Stream
from layerwise.oci.layers.tree import Kind

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


def kind_of(header: tarfile.TarInfo) -> Kind:
    """Return what an entry makes, a hard link left out.

    Raises:
        ImageError: It is of a type that images have not.
    """
    kind = _KINDS.get(header.type)
    if kind is None:
        raise ImageError(f"{header.name} is of a type that images have not ({header.type!r})")
    return kind


def clean(name: str) -> str:
    """Return a name as Go's ``filepath.Clean`` does, within the root and without a slash in front."""
    return posixpath.normpath(f"/{name}").lstrip("/")


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
