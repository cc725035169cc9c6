"""Digests of files as earlier builds computed them: one file for each build context, in a directory of the user's own.

It only ever saves time. A file of it that is damaged, or that another layerwise wrote, is said and made anew; several
processes each write a whole one, and the last counts.
"""

import hashlib
import os
import secrets
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import msgspec

_MAGIC = b"layerwise files 1\n"
WIDTH = 32
"""Bytes of a digest."""
UNKNOWN = bytes(WIDTH)
"""Stands for the digest of what was not hashed."""

_SUM = 4
_UNUSED = 20  # times, after which a directory is forgotten
_LARGEST = 64 << 20  # bytes of one file: some 500,000 entries
_MOST = 256 << 20  # bytes of all


class Known(NamedTuple):
    """What is remembered of a directory.

    Attributes:
        packed: Its entries when they were looked at, as ``graph.listing`` packs them.
        contents: 32 bytes for each entry: the sha256 of a file's bytes, zeros where nobody hashed it.
        digests: 32 bytes for each entry: BuildKit's digest of a file, zeros where nobody hashed it.
        newest_ns: The latest time at which one of the files was changed.
        hashed_ns: When their bytes began to be read.
        below: Its mode, and names and digests of the directories in it, as they were for the next two.
        name: Of its tree (``inputs.tree``); empty where not all of it was hashed.
        digest: BuildKit's digest of all below it.
        unused: How many times it was remembered since it was last asked for.
    """

    packed: bytes
    contents: bytes
    digests: bytes
    newest_ns: int
    hashed_ns: int
    below: bytes = b""
    name: bytes = b""
    digest: bytes = b""
    unused: int = 0


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(dict[bytes, Known])


@dataclass(frozen=True, slots=True)
class Remembered:
    """The directory that it is kept in.

    Attributes:
        directory: Made when it is first needed.
    """

    directory: Path

    def load(self, context: Path) -> tuple[Mapping[bytes, Known], str]:
        """Return what is known of a context, by directory, and a sentence about what can't be read."""
        path = self._file(context)
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return {}, ""
        except OSError as error:
            return {}, f"{path}: the digests of earlier builds can't be read, so all files are hashed: {error.strerror}"
        try:
            return _decoded(content), ""
        except ValueError as error:
            return {}, f"{path} is no list of digests ({error}): it is made anew, and all files are hashed"

    def save(self, context: Path, known: Mapping[bytes, Known]) -> str:
        """Remember what is known of a context, by directory; return why that can't be done, "" where it is."""
        content = _encoded({path: one for path, one in known.items() if one.unused < _UNUSED})
        if len(content) > _LARGEST:
            content = _encoded({path: one for path, one in known.items() if not one.unused})
        if len(content) > _LARGEST:
            return f"{context} has so many files that their digests are not remembered"
        path = self._file(context)
        made = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        try:
            self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            try:
                with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
                    file.write(content)
                made.replace(path)
            finally:
                made.unlink(missing_ok=True)
            self._make_room(path)
        except OSError as error:
            return f"{path}: digests can't be remembered, so the next build hashes all files again: {error.strerror}"
        return ""

    def _make_room(self, kept: Path) -> None:
        """Remove the files that were not written for the longest time, beyond a sum."""
        found = []
        for path in self.directory.iterdir():
            try:
                status = path.stat()
            except FileNotFoundError:
                continue
            found.append((path != kept, -status.st_mtime_ns, status.st_size, path))
        total = 0
        for _, _, size, path in sorted(found):
            total += size
            if total > _MOST:
                path.unlink(missing_ok=True)

    def _file(self, context: Path) -> Path:
        name = os.fsencode(context.resolve())
        return self.directory / hashlib.sha256(name).hexdigest()[:32]


def _encoded(known: Mapping[bytes, Known]) -> bytes:
    payload = _ENCODER.encode(known)
    return b"".join((_MAGIC, zlib.crc32(payload).to_bytes(_SUM), payload))


def _decoded(content: bytes) -> Mapping[bytes, Known]:
    if not content.startswith(_MAGIC):
        raise ValueError("another layerwise wrote it")
    view = memoryview(content)[len(_MAGIC) :]
    payload = view[_SUM:]
    if zlib.crc32(payload) != int.from_bytes(view[:_SUM]):
        raise ValueError("it is damaged")
    return _DECODER.decode(payload)
