"""An open file whose parts are read each on its own; a compressed one is unpacked first."""

import importlib
import io
import os
import pathlib
import shutil
import tempfile
import weakref
import zlib
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from layerwise.errors import ImageError
from layerwise.oci.stream import BUFFER

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


@dataclass(frozen=True, slots=True)
class _Codec:
    magic: bytes
    module: str
    program: str
    error: str = "BadGzipFile"


_CODECS = (
    _Codec(b"\x1f\x8b", "gzip", "gunzip"),
    _Codec(b"BZh", "bz2", "bunzip2"),
    _Codec(b"\xfd7zXZ\0", "lzma", "unxz", "LZMAError"),
    _Codec(b"\x28\xb5\x2f\xfd", "zstandard", "unzstd", "ZstdError"),
)
LONGEST_MAGIC = max(len(codec.magic) for codec in _CODECS)


class Held:
    """A file that stays open as long as it or one of its parts is in use."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        weakref.finalize(self, os.close, descriptor)

    @property
    def size(self) -> int:
        """Bytes of the whole."""
        return os.fstat(self.descriptor).st_size

    def part(self, start: int, size: int) -> IO[bytes]:
        """Return ``size`` bytes from ``start`` on; parts don't disturb each other, in threads neither."""
        return io.BufferedReader(_Part(self, start, size), min(BUFFER, max(size, 1)))

    def whole(self) -> IO[bytes]:
        """Return all bytes, through a small buffer: for one who jumps."""
        return io.BufferedReader(_Part(self, 0, self.size))


def held_open(path: str, name: str) -> Held:
    """Open a file; a compressed one is unpacked to a temporary file that has no name, and so is gone when closed.

    Raises:
        ImageError: It is compressed in a way that this Python can't undo, or is broken.
        OSError: It can't be read, or there is no room to unpack it.
    """
    held = Held(os.open(path, os.O_RDONLY | os.O_CLOEXEC))
    codec = codec_of(os.pread(held.descriptor, LONGEST_MAGIC, 0))
    return _unpacked(held, codec, path, name) if codec else held


def codec_of(head: bytes) -> _Codec | None:
    """Return how a file with these first bytes is compressed, None where it is not."""
    return next((codec for codec in _CODECS if head.startswith(codec.magic)), None)


def _unpacked(packed: Held, codec: _Codec, path: str, name: str) -> Held:
    try:
        module: Any = importlib.import_module(codec.module)
    except ImportError as error:
        install = " or `pip install 'layerwise[zstd]'`" if codec.module == "zstandard" else ""
        raise ImageError(f"{name} is compressed: unpack it with `{codec.program} {path}`{install}") from error
    descriptor, temporary = tempfile.mkstemp(prefix="layerwise-")
    held = Held(descriptor)
    pathlib.Path(temporary).unlink()
    broken = getattr(module, codec.error, EOFError)
    try:
        with packed.part(0, packed.size) as stream, _opened(module, stream) as source:
            _copy(source, descriptor)
    except (EOFError, zlib.error, broken) as error:
        raise ImageError(f"{name} is broken and can't be unpacked: {error}") from error
    return held


def _opened(module: Any, stream: IO[bytes]) -> IO[bytes]:
    if module.__name__ == "zstandard":
        # Its open() would stop after the first frame of several.
        reader: IO[bytes] = module.ZstdDecompressor().stream_reader(stream, read_across_frames=True)
    else:
        reader = module.open(stream, "rb")
    return reader


def _copy(source: IO[bytes], descriptor: int) -> None:
    with os.fdopen(descriptor, "wb", closefd=False) as sink:
        shutil.copyfileobj(source, sink, BUFFER)


class _Part(io.RawIOBase):
    def __init__(self, held: Held, start: int, size: int) -> None:
        super().__init__()
        self._held = held
        self._start = start
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = max(base + offset, 0)
        return self._at

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        wanted = max(min(len(memoryview(buffer).cast("B")), self._size - self._at), 0)
        read = os.preadv(self._held.descriptor, [memoryview(buffer).cast("B")[:wanted]], self._start + self._at)
        self._at += read
        return read
