"""The uncompressed bytes of a layer, whatever it is compressed with; its content tells, not its media type."""

import importlib
import itertools
import zlib
from collections.abc import Iterable, Iterator
from typing import IO, Any

from layerwise.errors import EnvironmentMissing, ImageError

MOST = 1 << 20
"""Bytes given at once, however well they were compressed."""

_STORED = 1 << 16
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_GZIP_BITS = 31


def uncompressed(blob: IO[bytes]) -> Iterator[bytes]:
    """Yield the bytes of a blob, at most ``MOST`` at once, to its end.

    Raises:
        ImageError: It ends too early, or is not what its first bytes say.
        EnvironmentMissing: It is compressed with zstd, and the library for that is not installed.
    """
    stored = iter(lambda: blob.read(_STORED), b"")
    first = next(stored, b"")
    whole = itertools.chain((first,), stored)
    if first.startswith(_GZIP):
        return inflated(whole)
    return _zstd(whole) if first.startswith(_ZSTD) else whole


def inflated(stored: Iterable[bytes]) -> Iterator[bytes]:
    """Yield what gzip compressed: one member after the other, and zeros behind the last where a tape wanted them.

    Raises:
        ImageError: It ends too early, or is damaged.
    """
    engine = zlib.decompressobj(wbits=_GZIP_BITS)
    for read in stored:
        data = read
        while data:
            if engine.eof:
                if not (data := data.lstrip(b"\0")):
                    break
                engine = zlib.decompressobj(wbits=_GZIP_BITS)
            if out := _inflate(engine, data):
                yield out
            data = engine.unused_data if engine.eof else engine.unconsumed_tail
    while not engine.eof:
        if not (rest := _inflate(engine, b"")):
            raise ImageError("its gzip data ends too early")
        yield rest


def _inflate(engine: "zlib._Decompress", data: bytes) -> bytes:
    try:
        return engine.decompress(data, MOST)
    except zlib.error as error:
        raise ImageError(f"its gzip data is damaged ({error})") from error


class _Source:
    """Chunks as a file that a library reads from."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks

    def read(self, _size: int) -> bytes:
        return next(self._chunks, b"")


def _zstd(stored: Iterator[bytes]) -> Iterator[bytes]:
    reader, damage = _zstd_reader(_Source(stored))
    try:
        yield from iter(lambda: reader.read(MOST), b"")
    except damage as error:
        raise ImageError(f"its zstd data is damaged ({error})") from error


def _zstd_reader(source: _Source) -> tuple[Any, tuple[type[Exception], ...]]:
    """Return what reads zstd, and what it raises: the standard library's from Python 3.14 on, else the extra's."""
    try:
        zstd: Any = importlib.import_module("compression.zstd")
    except ImportError:
        return _zstandard_reader(source)
    return zstd.ZstdFile(source), (zstd.ZstdError, EOFError)


def _zstandard_reader(source: _Source) -> tuple[Any, tuple[type[Exception], ...]]:
    try:
        zstandard: Any = importlib.import_module("zstandard")
    except ImportError as error:
        raise EnvironmentMissing(
            "the layer is compressed with zstd, which needs one more package: pip install 'layerwise[zstd]'"
        ) from error
    return zstandard.ZstdDecompressor().stream_reader(source, read_across_frames=True), (zstandard.ZstdError,)
