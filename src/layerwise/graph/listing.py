"""A build context on disk as one walk found it: what lies in each directory, and by what a change of it is noticed.

A large context is walked before each build, so a directory is kept as one packed text until somebody asks what is in
it: then neither the walk nor the comparison with an earlier one makes a value for each file.
"""

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from layerwise.graph.directory_patterns import DirectoryPatterns, Verdict
from layerwise.graph.ignore import IgnoreRules


class Stat(NamedTuple):
    """One entry of a directory.

    Attributes:
        name: As the file system has it.
        mode: Type and permissions, ``st_mode``.
        size: Bytes of a file, else 0.
        device: Of the file system; it, inode and times are 0 for a directory, whose own times say nothing of a key.
        inode: In the file system.
        mtime_ns: When its content was changed, as anybody may set it.
        ctime_ns: When anything of it was changed, as only the system sets it.
        target: Where a symbolic link points.
    """

    name: bytes
    mode: int
    size: int
    device: int
    inode: int
    mtime_ns: int
    ctime_ns: int
    target: bytes


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(list[Stat])
_TYPE = 0o170000
_FILE, _DIRECTORY, _SYMLINK = stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK


class Directory(NamedTuple):
    """One directory.

    Attributes:
        packed: Its entries: equal as long as nothing in it was touched, added or removed.
        files: How many of them are no directories.
        mode: Its own permission bits; 0 for the root, whose mode nobody sees.
    """

    packed: bytes
    files: int
    mode: int


@dataclass(frozen=True, slots=True)
class Listing:
    """What a walk found; paths are relative, in bytes, and ``b""`` is the root.

    Attributes:
        root: The directory that was walked.
        directories: By path.
    """

    root: str
    directories: Mapping[bytes, Directory] = field(repr=False)

    def entries(self, directory: bytes) -> list[Stat]:
        """Return what lies in a directory, in no order; nothing where there is none."""
        found = self.directories.get(directory)
        return unpack(found.packed) if found else []


def unpack(packed: bytes) -> list[Stat]:
    """Return the entries of a packed directory.

    Raises:
        ValueError: These bytes are none.
    """
    return _DECODER.decode(packed)


def list_directory(root: str, rules: IgnoreRules) -> Listing:
    """Walk a directory, leaving out what an ignore file says; sockets, pipes and devices are left out as well.

    Raises:
        OSError: A directory can't be listed.
    """
    walk = _Walk(rules)
    walk.enter(os.fsencode(root), b"", 0)
    return Listing(root, walk.directories)


class _Walk:
    """One walk; an ignored directory counts once something below it is brought back."""

    def __init__(self, rules: IgnoreRules) -> None:
        self.directories: dict[bytes, Directory] = {}
        self._rules = rules
        self._patterns = DirectoryPatterns.of(rules.patterns)

    def enter(self, path: bytes, inner: bytes, own: int) -> bool:
        """List a directory and those below it; return whether anything is in it."""
        ignored = self._patterns.verdict(os.fsdecode(inner))
        entries: list[tuple[bytes, int, int, int, int, int, int, bytes]] = []
        directories: list[tuple[bytes, int]] = []
        with os.scandir(path) as listing:
            for item in listing:
                name, status = item.name, item.stat(follow_symlinks=False)
                mode = status.st_mode
                kind = mode & _TYPE
                if kind == _DIRECTORY:
                    directories.append((name, mode))
                elif ignored is not False and (ignored is True or ignored(os.fsdecode(name))):
                    continue
                elif kind == _FILE:
                    entries.append((name, mode, status.st_size, *_identity(status), b""))
                elif kind == _SYMLINK:
                    target = os.readlink(item.path)  # noqa: PTH115 - a Path would clean the target
                    entries.append((name, mode, 0, *_identity(status), target))
        files = len(entries)
        entries.extend(
            (name, mode, 0, 0, 0, 0, 0, b"")
            for name, mode in directories
            if self._counts(path + b"/" + name, inner + b"/" + name if inner else name, name, mode, ignored)
        )
        self.directories[inner] = Directory(_ENCODER.encode(entries), files, stat.S_IMODE(own))
        return bool(entries)

    def _counts(self, path: bytes, inner: bytes, name: bytes, mode: int, ignored: Verdict | bool) -> bool:
        """Enter a directory where something of it may count, and return whether it does itself."""
        if not (ignored if isinstance(ignored, bool) else ignored(os.fsdecode(name))):
            self.enter(path, inner, mode)
            return True
        if self._rules.hides_all_below(os.fsdecode(inner)):
            return False
        if self.enter(path, inner, mode):
            return True
        del self.directories[inner]
        return False


def _identity(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_dev, status.st_ino, status.st_mtime_ns, status.st_ctime_ns
