"""Where the kernel keeps the control groups of BuildKit's containers, and how it writes their figures.

BuildKit's executor/oci/spec.go names a group ``<parent>/buildkit/<id>``. Under systemd dockerd passes it the parent
``system.slice:docker:``, which runc takes for a part of the name (issue 45796 of moby/moby shows
``/system.slice/system.slice:docker:<id>``). An id has 25 characters of base 36; Docker's own containers have 64
hexadecimal digits.

Version 1 was tried on a real engine. Of version 2 only processor time was, on a kernel that also mounts version 1; its
memory was tried on a tree of files made for the test.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDER = "buildkit"
"""The group of BuildKit's containers, whatever its parent, save under systemd."""
_USUAL = ("docker/buildkit", "system.slice")
_DEPTH = 5
"""A builder in a container has its steps in ``docker/buildx/<container>/buildkit``."""
_BARE = re.compile(r"[0-9a-z]{25}")
_PREFIXED = re.compile(r"(?:.+\.slice:docker:[0-9a-z]{25}|docker-[0-9a-z]{25}\.scope)")
_LEAF = 2
"""Links of a directory without directories in it, as the kernel counts them for control groups."""
_CPU_V2 = re.compile(r"^usage_usec (\d+)$", re.MULTILINE)
_LONGEST = 65536


@dataclass(frozen=True, slots=True)
class Group:
    """The control group of one container.

    Attributes:
        path: Where it is listed.
        version: 1 or 2.
        memory: Where its memory stands.
    """

    path: str
    version: int
    memory: str

    def cpu_s(self) -> float | None:
        """Return the processor time so far in seconds, None where the group is gone or nobody counts it."""
        if self.version == 1:
            nanoseconds = read(f"{self.path}/cpuacct.usage")
            return int(nanoseconds) / 1e9 if nanoseconds else None
        found = _CPU_V2.search(read(f"{self.path}/cpu.stat"))
        return int(found[1]) / 1e6 if found else None

    def memory_bytes(self) -> int | None:
        """Return the most memory so far, None where the group is gone or nobody counts it.

        Version 2 keeps the peak from Linux 5.19 on; before that it is the memory of this moment.
        """
        names = ("memory.max_usage_in_bytes",) if self.version == 1 else ("memory.peak", "memory.current")
        shown = next((text for name in names if (text := read(f"{self.memory}/{name}"))), "")
        return int(shown) if shown else None

    def processes(self) -> tuple[str, ...]:
        """Return the ids of the processes in it, none where it is gone."""
        return tuple(read(f"{self.path}/cgroup.procs").split())


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """Mounted control groups: all in one place (version 2), or in one for each controller (version 1).

    Attributes:
        version: 1 or 2.
        groups: Where they are listed and their processor time stands.
        memory: Where their memory stands.
    """

    version: int
    groups: Path
    memory: Path

    def containers(self, root: Path) -> Iterator[Group]:
        """Yield the groups of BuildKit's containers directly below one of the roots."""
        pattern = _BARE if root.name == FOLDER else _PREFIXED
        memory = self.memory / root.relative_to(self.groups)
        for name in _listed(root):
            if pattern.fullmatch(name):
                yield Group(f"{root}/{name}", self.version, f"{memory}/{name}")


def find_hierarchy(mounted: Path) -> Hierarchy | None:
    """Return the control groups mounted at a directory, None where there are none."""
    if (mounted / "cpuacct").is_dir():
        return Hierarchy(1, mounted / "cpuacct", mounted / "memory")
    if (mounted / "cgroup.controllers").is_file():
        return Hierarchy(2, mounted, mounted)
    return None


def find_roots(hierarchy: Hierarchy) -> tuple[Path, ...]:
    """Return the groups directly below which BuildKit's containers appear; the usual ones may not be there yet."""
    usual = [hierarchy.groups / name for name in _USUAL]
    return tuple(dict.fromkeys([*usual, *_folders(hierarchy.groups, _DEPTH)]))


def read(path: str) -> str:
    """Return the text of a small file of the kernel, "" where it is not there, or not any more."""
    try:
        file = os.open(path, os.O_RDONLY)
    except OSError:  # groups and processes go away at any time
        return ""
    try:
        return os.read(file, _LONGEST).decode("utf-8", "surrogateescape")
    except OSError:
        return ""
    finally:
        os.close(file)


def _listed(directory: Path) -> list[str]:
    try:
        return os.listdir(directory)  # noqa: PTH208 - names are enough, forty times a second
    except OSError:  # as in read
        return []


def _folders(directory: Path, depth: int) -> Iterator[Path]:
    for path in _directories(directory):
        if path.name == FOLDER:
            yield path
        elif depth > 1:
            yield from _folders(path, depth - 1)


def _directories(directory: Path) -> tuple[Path, ...]:
    try:
        if directory.stat().st_nlink == _LEAF:
            return ()
        with os.scandir(directory) as entries:
            return tuple(directory / entry.name for entry in entries if entry.is_dir(follow_symlinks=False))
    except OSError:  # as in read
        return ()
