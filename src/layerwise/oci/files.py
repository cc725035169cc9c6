"""Files by name, in a directory or in a tar file that is not unpacked."""

import pathlib
import posixpath
import tarfile
from dataclasses import dataclass, field
from typing import IO, Protocol

from layerwise.errors import ImageError
from layerwise.oci.parts import Held, codec_of, held_open

_LINKS = 8  # how many links are followed from one name


class Files(Protocol):
    """Files by name, wherever they are."""

    @property
    def name(self) -> str:
        """What they are called in messages, and where the command line finds them."""

    def size(self, path: str) -> int | None:
        """Return the bytes of a file, None where there is no such file."""

    def open(self, path: str) -> IO[bytes]:
        """Return the bytes of a file that is there.

        Raises:
            ImageError: It can't be read.
        """


@dataclass(frozen=True, slots=True)
class DirectoryFiles:
    """The files below a directory."""

    name: str
    root: pathlib.Path

    def size(self, path: str) -> int | None:
        """Return the bytes of a file, None where there is no such file."""
        file = self.root / path
        return file.stat().st_size if file.is_file() else None

    def open(self, path: str) -> IO[bytes]:
        """Return the bytes of a file that is there.

        Raises:
            ImageError: It can't be read.
        """
        try:
            return (self.root / path).open("rb")
        except OSError as error:
            raise ImageError(f"{self.name}: {path} can't be read: {error.strerror}") from error


@dataclass(frozen=True, slots=True)
class TarFiles:
    """The files in a tar file: where each begins was noted once, and each is read on its own from there.

    Attributes:
        name: What the tar file is called in messages.
        places: First byte and size of each file, by name.
        links: What a link stands for, by name.
        held: The tar file, uncompressed.
    """

    name: str
    places: dict[str, tuple[int, int]]
    links: dict[str, str]
    held: Held = field(repr=False)

    def size(self, path: str) -> int | None:
        """Return the bytes of a file, None where there is no such file."""
        place = self.places.get(self._resolved(path))
        return place and place[1]

    def open(self, path: str) -> IO[bytes]:
        """Return the bytes of a file that is there."""
        return self.held.part(*self.places[self._resolved(path)])

    def _resolved(self, path: str) -> str:
        for _ in range(_LINKS):
            if path not in self.links:
                break
            path = self.links[path]
        return path


def open_tar(path: str, name: str) -> TarFiles:
    """Return the files of a tar file, which may be compressed.

    Raises:
        ImageError: It can't be read, or is no tar file.
    """
    try:
        held = held_open(path, name)
        with held.whole() as stream, tarfile.open(fileobj=stream, mode="r:") as archive:
            return TarFiles(name, *_indexed(archive, name), held)
    except (tarfile.TarError, ValueError, OverflowError) as error:  # the latter two of sizes that nobody can seek to
        raise ImageError(f"{name} is no tar file, or a broken one: {error}") from error
    except OSError as error:
        raise ImageError(f"{name} can't be read: {error.strerror or error}") from error


def looks_like_tar(path: str) -> bool:
    """Whether a file begins as a tar file does, or as a compressed file."""
    try:
        with pathlib.Path(path).open("rb") as stream:
            head = stream.read(tarfile.BLOCKSIZE)
    except OSError:
        return False
    return head[257:262] == b"ustar" or codec_of(head) is not None


def _indexed(archive: tarfile.TarFile, name: str) -> tuple[dict[str, tuple[int, int]], dict[str, str]]:
    places: dict[str, tuple[int, int]] = {}
    links: dict[str, str] = {}
    for member in archive:
        if member.size < 0:  # before CPython gh-130577 was mended, tarfile would go back by it, again and again
            raise tarfile.ReadError("a file has less than no bytes")
        path = posixpath.normpath(member.name)
        links.pop(path, None)  # of two members of one name the later counts
        if member.issym():
            links[path] = posixpath.normpath(posixpath.join(posixpath.dirname(path), member.linkname))
        elif member.islnk():
            links[path] = posixpath.normpath(member.linkname)
        elif member.issparse():
            raise ImageError(f"{name} holds {path} without its zeros: make the tar file without --sparse")
        elif member.isfile():
            places[path] = (member.offset_data, member.size)
    return places, links
