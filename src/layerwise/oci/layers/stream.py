"""A stream that is read forwards only, and has what ``tarfile`` asks of a file."""

from collections.abc import Iterator
from typing import TypeAlias

from layerwise.errors import ImageError

Pieces: TypeAlias = Iterator[memoryview | bytes | bytearray]
"""A content as it is read."""

_LONGEST_READ = 1 << 24


class Stream:
    """Bytes that come in chunks, read from their beginning to their end without holding more than a chunk."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._chunk = memoryview(b"")
        self._position = 0

    def tell(self) -> int:
        """Return how many bytes were read."""
        return self._position

    def seek(self, position: int) -> int:
        """Go forwards.

        Raises:
            ImageError: The stream ends before.
        """
        assert position >= self._position, "a stream goes forwards"
        for _ in self.take(position - self._position):
            pass
        return self._position

    def read(self, size: int) -> bytes:
        """Return ``size`` bytes, fewer at the end.

        Raises:
            ImageError: A header claims to be larger than any is.
        """
        if not 0 <= size <= _LONGEST_READ:
            raise ImageError(f"its tar has a header of {size} bytes")
        if size <= len(self._chunk):
            return bytes(self._cut(size))
        return b"".join(self._pieces(size))

    def take(self, size: int) -> Iterator[memoryview]:
        """Yield the next ``size`` bytes in pieces, each good until the next is asked for.

        Raises:
            ImageError: The stream ends before.
        """
        end = self._position + size
        yield from self._pieces(size)
        if self._position < end:
            raise ImageError("it ends in the middle of a file")

    def drain(self) -> None:
        """Read to the end, so that whoever checks the bytes has seen them all."""
        self._chunk = memoryview(b"")
        for _ in self._chunks:
            pass

    def _pieces(self, size: int) -> Iterator[memoryview]:
        left = size
        while left:
            if not self._chunk:
                self._chunk = memoryview(next(self._chunks, b""))
                if not self._chunk:
                    return
            piece = self._cut(min(left, len(self._chunk)))
            left -= len(piece)
            yield piece

    def _cut(self, size: int) -> memoryview:
        piece, self._chunk = self._chunk[:size], self._chunk[size:]
        self._position += size
        return piece
