"""Private copies of a build context: one that stays as it was found, and working ones in which changes are made.

The first is a copy, block by block shared where the file system can (a clone is safe to write to). The working ones
are hard links to it, which cost neither bytes nor time; a file that changes there is always a new one, so nothing is
ever written through a link. Nothing links to the user's own tree, into which he may write while the bench runs.
"""

import errno
import fcntl
import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from layerwise.graph.context import Context, Entry, Kind

_CLONE = 0x40049409  # FICLONE of linux/fs.h
_WHOLE = 0o777


def copy_context(context: Context, place: Path) -> None:
    """Copy what a build context holds; modes and times of last change stay.

    Raises:
        OSError: A file can't be read or written.
    """
    assert context.root is not None, "only a context on disk can be built"
    place.mkdir(parents=True)
    for path, entry in context.entries.items():
        _copy(context.root / path, place / path, entry.kind)
    _finish_directories(context.root, place, context.entries)


@dataclass
class Working:
    """A working copy.

    Attributes:
        root: Its directory.
        pristine: The copy that it begins as.
        entries: What both hold.
    """

    root: Path
    pristine: Path
    entries: Mapping[str, Entry]
    _written: set[str] = field(default_factory=set)
    _own: bool = False

    def make(self) -> None:
        """Make it, in the place of what may be there."""
        remove_tree(self.root)
        self.root.mkdir(parents=True)
        for path, entry in self.entries.items():
            if entry.kind is Kind.FILE:
                _link(self.pristine / path, self.root / path)
            else:
                _copy(self.pristine / path, self.root / path, entry.kind)
        _finish_directories(self.pristine, self.root, self.entries)
        self._written.clear()
        self._own = False

    def read(self, path: str) -> bytes:
        """Return a file's bytes."""
        return (self.root / path).read_bytes()

    def write(self, path: str, content: bytes) -> None:
        """Give a file other bytes, and its mode."""
        target = self.root / path
        mode = stat.S_IMODE(target.stat().st_mode)
        new = target.with_name(f".layerwise-{os.getpid()}")
        new.write_bytes(content)
        new.chmod(mode)
        new.replace(target)
        self._written.add(path)

    def give_modes(self, umask: int) -> bool:
        """Give everything the modes of a checkout under another umask; return whether any differs from before."""
        self.detach()
        differs = False
        for path, entry in self.entries.items():
            if entry.kind is Kind.SYMLINK:
                continue
            full = _WHOLE if entry.kind is Kind.DIRECTORY or entry.mode & stat.S_IXUSR else 0o666
            mode = full & ~umask
            differs |= mode != entry.mode
            (self.root / path).chmod(mode)
        return differs

    def detach(self) -> None:
        """Make every file one of its own, so that a program may write to it in place."""
        if self._own:
            return
        self._own = True
        for path, entry in self.entries.items():
            if entry.kind is Kind.FILE and path not in self._written:
                (self.root / path).unlink()
                _copy(self.pristine / path, self.root / path, Kind.FILE)

    def changed(self) -> Iterator[str]:
        """Yield the files that differ from the pristine copy in size or time of last change, or are gone."""
        for path, entry in self.entries.items():
            if entry.kind is Kind.FILE and _stamp(self.root / path) != _stamp(self.pristine / path):
                yield path

    def restore(self) -> None:
        """Bring back what it began as."""
        if self._own:
            self.make()
            return
        for path in self._written:
            (self.root / path).unlink()
            _link(self.pristine / path, self.root / path)
        for parent in {Path(path).parent for path in self._written}:
            shutil.copystat(self.pristine / parent, self.root / parent)
        self._written.clear()


def remove_tree(place: Path) -> None:
    """Remove a copy, directories that nobody may write to as well; nothing where there is none.

    Raises:
        OSError: The system refuses.
    """
    if not place.is_dir():
        return
    for directory, below, _ in os.walk(place):
        for name in below:
            if not (inner := Path(directory, name)).is_symlink():
                inner.chmod(_WHOLE)
    shutil.rmtree(place)


def _link(source: Path, target: Path) -> None:
    try:
        target.hardlink_to(source)
    except OSError:  # a file system without hard links
        _copy(source, target, Kind.FILE)


def _copy(source: Path, target: Path, kind: Kind) -> None:
    if kind is Kind.DIRECTORY:
        target.mkdir()
    elif kind is Kind.SYMLINK:
        target.symlink_to(os.readlink(source))  # noqa: PTH115  # a Path would clean the target
        shutil.copystat(source, target, follow_symlinks=False)
    else:
        if not _cloned(source, target):
            shutil.copyfile(source, target)
        shutil.copystat(source, target)


def _cloned(source: Path, target: Path) -> bool:
    with source.open("rb") as old, target.open("wb") as new:
        try:
            fcntl.ioctl(new.fileno(), _CLONE, old.fileno())
        except OSError as error:
            if error.errno in (errno.EOPNOTSUPP, errno.ENOTTY, errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EPERM):
                return False
            raise
    return True


def _finish_directories(source: Path, target: Path, entries: Mapping[str, Entry]) -> None:
    """Give directories their modes and times once they are filled, the innermost first."""
    for path, entry in reversed(list(entries.items())):
        if entry.kind is Kind.DIRECTORY:
            shutil.copystat(source / path, target / path)
    with suppress(PermissionError):
        shutil.copystat(source, target)


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = path.lstat()
    except FileNotFoundError:
        return None
    return found.st_size, found.st_mtime_ns
