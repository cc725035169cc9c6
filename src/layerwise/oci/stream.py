"""Bytes that are held against their digest and size while they are read."""

import hashlib
import io
from collections.abc import Callable
from contextlib import closing
from typing import IO, TYPE_CHECKING, Protocol

from layerwise.errors import LayerwiseError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

BUFFER = 1 << 20  # bytes
_CHUNK = 1 << 16  # bytes

Broken = Callable[[str], LayerwiseError]
"""Makes the error of a place that keeps other bytes than it says, from a sentence without its subject."""


class Bytes(Protocol):
    """What can be read from its beginning to its end and closed."""

    def read(self, size: int, /) -> bytes:
        """Return some bytes, none at the end."""

    def close(self) -> None:
        """Let go of it."""


def digest_of(content: bytes, like: str = "sha256") -> str:
    """Return the digest of some bytes, by the algorithm of another digest where one is given."""
    algorithm = like.partition(":")[0]
    return f"{algorithm}:{hashlib.new(algorithm, content).hexdigest()}"


def verified(source: Bytes, digest: str, size: int | None, broken: Broken) -> IO[bytes]:
    """Return a stream of the same bytes that raises ``broken`` at its end where they are not those of the digest.

    It also raises where there are more or fewer of them than ``size``. Who stops before the end has verified nothing.
    """
    return io.BufferedReader(_Verified(source, digest, size, broken), BUFFER)


def whole(stream: Bytes, limit: int, broken: Broken) -> bytes:
    """Return all bytes of a stream and close it; ``limit`` bytes at most, or else ``broken`` is raised."""
    content = bytearray()
    with closing(stream):
        while chunk := stream.read(_CHUNK):
            content += chunk
            if len(content) > limit:
                raise broken(f"has a document of more than {limit >> 20} MiB, which none of its kind has")
    return bytes(content)


class _Verified(io.RawIOBase):
    def __init__(self, source: Bytes, digest: str, size: int | None, broken: Broken) -> None:
        super().__init__()
        self._source = source
        self._digest = digest
        self._size = size
        self._broken = broken
        self._hash = hashlib.new(digest.partition(":")[0])
        self._seen = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        view = memoryview(buffer).cast("B")
        try:
            chunk = self._source.read(len(view))
        except OSError as error:
            raise self._broken(f"can't be read ({error.strerror or error})") from error
        view[: len(chunk)] = chunk
        self._hash.update(chunk)
        self._seen += len(chunk)
        if self._size is not None and self._seen > self._size:
            raise self._broken(f"has more than the {self._size} bytes of {self._digest}")
        if not chunk:
            self._check()
        return len(chunk)

    def _check(self) -> None:
        if self._size is not None and self._seen < self._size:
            raise self._broken(f"ends after {self._seen} of the {self._size} bytes of {self._digest}")
        if self._hash.hexdigest() != self._digest.partition(":")[2]:
            raise self._broken(f"has other bytes than those of {self._digest}")

    def close(self) -> None:
        self._source.close()
        super().close()
