"""Scans of layers, kept by the layers' digests: what is in one is read once and for all."""

import os
import pathlib
import tempfile
import zlib
from collections.abc import Sequence
from contextlib import suppress
from typing import Protocol

import msgspec

from layerwise.builder.arch.scan import Entry

_VERSION = 1
"""Of what a scan holds: one of another version counts for nothing."""
_MOST = 256 << 20  # bytes of all files of one directory


class Scans(Protocol):
    """Keeps scans of layers; what it loses is read again."""

    def get(self, digest: str) -> bytes | None:
        """Return what was put under a layer's digest."""

    def put(self, digest: str, content: bytes) -> None:
        """Keep the scan of a layer."""


class NoScans:
    """Keeps nothing."""

    def get(self, digest: str) -> bytes | None:  # noqa: ARG002 - as Scans asks
        """Return nothing."""
        return None

    def put(self, digest: str, content: bytes) -> None:
        """Forget it."""


NO_SCANS: Scans = NoScans()


class StoredScans:
    """Keeps each scan in a file of its own; the oldest ones go where they are too many.

    They are no records of anything and can all be made again, so they are not in the store of builds, which a team may
    share. A directory that can't be written or read keeps nothing, and nothing else fails for it.
    """

    def __init__(self, directory: pathlib.Path, most: int = _MOST) -> None:
        self._directory = directory
        self._most = most

    def get(self, digest: str) -> bytes | None:
        """Return what was put under a layer's digest; it counts as used then."""
        path = self._path(digest)
        try:
            content = path.read_bytes()
            os.utime(path)
        except OSError:
            return None
        return content

    def put(self, digest: str, content: bytes) -> None:
        """Keep the scan of a layer: the file is there whole or not at all."""
        with suppress(OSError):
            self._directory.mkdir(parents=True, exist_ok=True)
            file = tempfile.NamedTemporaryFile(dir=self._directory, prefix=".", delete=False)  # noqa: SIM115 - see below
            try:
                with file:
                    file.write(content)
                pathlib.Path(file.name).replace(self._path(digest))
            except OSError:  # on a full disk what was begun takes the last room
                pathlib.Path(file.name).unlink()
                raise
            self._make_room()

    def _make_room(self) -> None:
        files = sorted(((path.stat(), path) for path in self._directory.iterdir()), key=lambda one: -one[0].st_mtime)
        total = 0
        for known, path in files:
            total += known.st_size
            if total > self._most:
                path.unlink(missing_ok=True)

    def _path(self, digest: str) -> pathlib.Path:
        return self._directory / digest.replace(":", "-")


class _Kept(msgspec.Struct, array_like=True):
    version: int
    entries: tuple[Entry, ...]


def packed(entries: Sequence[Entry]) -> bytes:
    """Return a scan as ``Scans`` keeps it."""
    return zlib.compress(msgspec.msgpack.encode(_Kept(_VERSION, tuple(entries))))


def unpacked(content: bytes | None) -> tuple[Entry, ...] | None:
    """Return a scan that was kept, None where there is none, or one that is broken or of another version."""
    if content is None:
        return None
    try:
        kept = msgspec.msgpack.decode(zlib.decompress(content), type=_Kept)
    except (zlib.error, msgspec.DecodeError):
        return None
    return kept.entries if kept.version == _VERSION else None
