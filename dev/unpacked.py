"""Images unpacked and compared without a line of layerwise: `docker export`, GNU tar, `diff -r` and lstat.

The engine applies the layers; diff says which paths are there, of what kind and with what content, and lstat the rest.
"""

import os
import re
import stat
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

MADE_BY_THE_ENGINE = {
    ".dockerenv": "the mark of a container",
    "dev": "device nodes and mount points of every container",
    "proc": "mount point",
    "sys": "mount point",
    "etc/hosts": "mount point of the container's own",
    "etc/hostname": "mount point of the container's own",
    "etc/resolv.conf": "mount point of the container's own",
    "etc/mtab": "a link to /proc/mounts",
}
"""What `docker create` puts into the file system beside the image, and why; neither side is asked about it."""
_EXTRACT = "--extract --numeric-owner --same-permissions --xattrs --xattrs-include=*"


class Fact(NamedTuple):
    """What lstat says of a path.

    Attributes:
        mode: Kind and permission bits.
        owner: User and group.
        device: Numbers of a device, else 0.
        xattrs: Extended attributes by name.
        inode: The same for hard links of each other.
    """

    mode: int
    owner: tuple[int, int]
    device: int
    xattrs: tuple[tuple[str, bytes], ...]
    inode: int


def made_by_the_engine(path: str) -> bool:
    """Whether an absolute path is one that every container has, whatever its image."""
    return any(path == f"/{made}" or path.startswith(f"/{made}/") for made in MADE_BY_THE_ENGINE)


def unpack(archive: Path, name: str, root: Path, environment: Mapping[str, str]) -> None:
    """Write the files of an image, in an archive that calls it by `name`, into `root`; the engine forgets it then.

    Raises:
        subprocess.CalledProcessError: docker or tar failed.
    """
    root.mkdir(parents=True)
    with _container(archive, name, environment) as container:
        exported = f"docker export {container} | tar {_EXTRACT} --directory='{root}'"
        subprocess.run(["bash", "-o", "pipefail", "-c", exported], env=dict(environment), check=True)


@contextmanager
def _container(archive: Path, name: str, environment: Mapping[str, str]) -> Iterator[str]:
    def docker(*arguments: str) -> str:
        done = subprocess.run(["docker", *arguments], env=dict(environment), check=True, stdout=subprocess.PIPE)
        return done.stdout.decode().strip()

    docker("load", "--quiet", f"--input={archive}")
    try:
        container = docker("create", name, "none")
        try:
            yield container
        finally:
            docker("rm", container)
    finally:
        docker("image", "rm", name)


def facts(root: Path) -> dict[str, Fact]:
    """Return what lstat says of each absolute path below `root`, which is `/`."""
    found = {"/": _fact(root)}
    for directory, folders, files in os.walk(root):
        for name in (*folders, *files):
            path = Path(directory, name)
            found[f"/{path.relative_to(root)}"] = _fact(path)
    return {path: fact for path, fact in found.items() if not made_by_the_engine(path)}


def _fact(path: Path) -> Fact:
    found = path.lstat()
    names = sorted(os.listxattr(path, follow_symlinks=False))
    xattrs = tuple((name, os.getxattr(path, name, follow_symlinks=False)) for name in names)
    return Fact(found.st_mode, (found.st_uid, found.st_gid), found.st_rdev, xattrs, found.st_ino)


def differing(left: Path, right: Path) -> set[str]:
    """Return the absolute paths at which two unpacked images differ.

    Raises:
        ValueError: diff says something that is not understood.
    """
    mine, yours = facts(left), facts(right)
    both = mine.keys() & yours.keys()
    paths = {path for path in _named(left, mine, right, yours) if not made_by_the_engine(path)}
    paths |= {path for path in both if mine[path][:-1] != yours[path][:-1]}
    return paths | _linked_otherwise(mine, yours, both)


def _named(left: Path, mine: Mapping[str, Fact], right: Path, yours: Mapping[str, Fact]) -> Iterator[str]:
    """Yield the paths that diff names; of a directory that only one side has also all that is in it."""
    here, there = (re.escape(str(root)) for root in (left, right))
    changed = re.compile(f"(?:Files|Symbolic links) {here}(.*) and {there}\\1 differ")
    kinds = re.compile(f"File {here}(.*) is an? (.+) while file {there}\\1 is an? (.+)")
    for line in _said_by_diff(left, right):
        if found := changed.fullmatch(line):
            yield found[1]
        elif found := kinds.fullmatch(line):
            if found[2] != found[3]:  # of two fifos or devices lstat says whether they differ
                yield from _with_content(found[1], {**mine, **yours})
        elif found := re.fullmatch(f"Only in (?:{here}|{there})(.*?): (.*)", line):
            yield from _with_content(f"{found[1]}/{found[2]}", mine.keys() ^ yours.keys())
        else:
            raise ValueError(f"diff says something that is not understood: {line}")


def _said_by_diff(left: Path, right: Path) -> list[str]:
    command = ["diff", "-r", "--brief", "--no-dereference", str(left), str(right)]
    done = subprocess.run(command, env={**os.environ, "LC_ALL": "C.UTF-8"}, check=False, capture_output=True)
    if done.returncode > 1:
        raise ValueError(f"diff: {os.fsdecode(done.stderr)}")
    return os.fsdecode(done.stdout).splitlines()


def _with_content(path: str, paths: Iterable[str]) -> Iterator[str]:
    yield path
    yield from (below for below in paths if below.startswith(f"{path}/"))


def _linked_otherwise(left: Mapping[str, Fact], right: Mapping[str, Fact], both: set[str]) -> set[str]:
    files = {path for path in both if not (stat.S_ISDIR(left[path].mode) or stat.S_ISDIR(right[path].mode))}
    mine, yours = _first_names(left, files), _first_names(right, files)
    return {path for path in files if mine[path] != yours[path]}


def _first_names(seen: Mapping[str, Fact], files: set[str]) -> Mapping[str, str]:
    """Of each path the first one that is the same file, among those that both sides have as files."""
    first: dict[int, str] = {}
    return {path: first.setdefault(seen[path].inode, path) for path in sorted(files)}
