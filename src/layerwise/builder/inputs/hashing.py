"""The digests of one file, read while others may write it."""

import errno
import hashlib
import os
import stat
from typing import NamedTuple

from layerwise.graph.checksum import header
from layerwise.graph.context import Kind
from layerwise.graph.listing import Stat

_CHUNK = 1 << 20
_ATTEMPTS = 3


class Hashed(NamedTuple):
    """What a file was found to be.

    Attributes:
        content: The sha256 of its bytes.
        digest: BuildKit's digest, of its mode, size and bytes.
        mode: The permission bits.
        size: Bytes.
        steady: Whether it is what the walk found, and stayed so while it was read.
    """

    content: bytes
    digest: bytes
    mode: int
    size: int
    steady: bool


def hash_file(path: bytes, found: Stat) -> Hashed:
    """Return the digests of a regular file.

    Args:
        path: Where it is.
        found: What the walk found.

    Raises:
        OSError: It can't be read, or is no regular file any more.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        expected = (found.mode, found.size, found.device, found.inode, found.mtime_ns, found.ctime_ns)
        seen = expected
        for _ in range(_ATTEMPTS):
            mode, size = stat.S_IMODE(seen[0]), seen[1]
            content, digest = _read(descriptor, mode, size)
            now = os.fstat(descriptor)
            before = seen
            seen = (now.st_mode, now.st_size, now.st_dev, now.st_ino, now.st_mtime_ns, now.st_ctime_ns)
            if seen == before:
                break
            if not stat.S_ISREG(now.st_mode):
                raise OSError(errno.EINVAL, "it is no regular file any more")
            os.lseek(descriptor, 0, os.SEEK_SET)
        return Hashed(content, digest, mode, size, steady=seen == expected)
    finally:
        os.close(descriptor)


def _read(descriptor: int, mode: int, size: int) -> tuple[bytes, bytes]:
    """Return the sha256 of the bytes of an open file, and of a header with them."""
    data = os.read(descriptor, min(size + 1, _CHUNK))
    content, digest = hashlib.sha256(data), hashlib.sha256(header(Kind.FILE, mode, size, ""))
    digest.update(data)
    if len(data) != size:  # else that was all, or what is behind it shows in the size
        while data := os.read(descriptor, _CHUNK):
            content.update(data)
            digest.update(data)
    return content.digest(), digest.digest()
