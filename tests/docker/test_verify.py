"""Two honest builds of one Dockerfile are the same image, and verify sees exactly the paths that an unpacked image shows.

The oracle knows nothing of layers: the engine applies them, `docker export` writes what a container would see, GNU tar
unpacks that, and lstat says what is there.
"""

import hashlib
import itertools
import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import pytest
from dev.honest import PLATFORM, cold, dockerfile
from tests.docker.engine import Engine

from layerwise.oci.image import Image
from layerwise.oci.places import read_images
from layerwise.prove.difference import Facet
from layerwise.prove.verify import verify

NAMES = ("accounts", "stages", "heredoc", "links", "apt")
"""The quickest of `python -m dev.honest`, which has the rest."""
UNPACKED = ("stages", "heredoc", "links")
"""Those for the oracle: unpacking an image of 10,000 paths takes longer than building it."""
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


class Fact(NamedTuple):
    kind: int
    mode: int
    owner: tuple[int, int]
    body: str
    xattrs: tuple[tuple[str, bytes], ...]
    inode: int


@dataclass(frozen=True)
class Built:
    archive: Path
    tag: str

    @property
    def images(self) -> tuple[Image, ...]:
        return read_images(f"oci-archive:{self.archive}")


class Workshop:
    """Builds and unpacks each Dockerfile once for each time it is asked for, and keeps what came of it."""

    def __init__(self, engine: Engine, directory: Path) -> None:
        self.engine, self.directory = engine, directory
        self.builds: dict[tuple[str, int], Built] = {}
        self.unpacked: dict[tuple[str, int], Mapping[str, Fact]] = {}

    def built(self, name: str, time: int) -> Built:
        if (name, time) not in self.builds:
            self.builds[name, time] = self._build(name)
        return self.builds[name, time]

    def facts(self, name: str, time: int) -> Mapping[str, Fact]:
        if (name, time) not in self.unpacked:
            self.unpacked[name, time] = self._unpacked(self.built(name, time))
        return self.unpacked[name, time]

    def _build(self, name: str) -> Built:
        scope = uuid4().hex[:12]
        archive, tag = self.directory / f"{name}-{scope}.tar", f"layerwise-honest/{name}:{scope}"
        (context := self.directory / "context").mkdir(exist_ok=True)
        self.engine.build(
            context,
            dockerfile=dockerfile(name),
            platform=PLATFORM,
            args={"BASES": self.engine.image("")},
            output=f"type=oci,dest={archive},name={tag}",
            extra=cold(scope),
        )
        return Built(archive, tag)

    def _unpacked(self, built: Built) -> Mapping[str, Fact]:
        self.engine.docker("load", f"--input={built.archive}")
        container = self.engine.docker("create", built.tag, "none").strip()
        root = Path(tempfile.mkdtemp(dir=self.directory))
        try:
            exported = f"docker export {container} | tar --extract --directory={root} --numeric-owner --xattrs --xattrs-include=*"
            subprocess.run(["bash", "-o", "pipefail", "-c", exported], env=self.engine.environment, check=True)
            return dict(facts(root))
        finally:
            shutil.rmtree(root)
            self.engine.docker("rm", container)
            self.engine.docker("image", "rm", built.tag)


def facts(root: Path) -> Iterator[tuple[str, Fact]]:
    for above, directories, files in os.walk(root):
        for name in (*directories, *files):
            path = Path(above) / name
            if not any(path == root / made or root / made in path.parents for made in MADE_BY_THE_ENGINE):
                yield f"/{path.relative_to(root)}", fact(path)


def fact(path: Path) -> Fact:
    found = path.lstat()
    kind, body = stat.S_IFMT(found.st_mode), ""
    if kind == stat.S_IFREG:
        body = hashlib.sha256(path.read_bytes()).hexdigest()
    elif kind == stat.S_IFLNK:
        body = str(path.readlink())
    elif kind in (stat.S_IFCHR, stat.S_IFBLK):
        body = str(found.st_rdev)
    names = sorted(os.listxattr(path, follow_symlinks=False))
    xattrs = tuple((name, os.getxattr(path, name, follow_symlinks=False)) for name in names)
    return Fact(kind, stat.S_IMODE(found.st_mode), (found.st_uid, found.st_gid), body, xattrs, found.st_ino)


def first_names(seen: Mapping[str, Fact], common: set[str]) -> Mapping[str, str]:
    """Of each path the first one that is the same file, among those that both sides have as files."""
    first: dict[int, str] = {}
    return {path: first.setdefault(seen[path].inode, path) for path in sorted(common)}


def differing(left: Mapping[str, Fact], right: Mapping[str, Fact]) -> set[str]:
    both = left.keys() & right.keys()
    files = {path for path in both if stat.S_IFDIR not in (left[path].kind, right[path].kind)}
    mine, yours = first_names(left, files), first_names(right, files)
    changed = {path for path in both if left[path][:-1] != right[path][:-1]}
    return (left.keys() ^ right.keys()) | changed | {path for path in files if mine[path] != yours[path]}


def found_by_verify(left: Built, right: Built) -> set[str]:
    (platform,) = verify(left.images, right.images).platforms
    made = tuple(f"/{path}" for path in MADE_BY_THE_ENGINE)
    return {
        one.difference.where
        for one in platform.judged
        # How a layer came by a path is no property of the unpacked file system.
        if one.difference.is_file
        and one.difference.facet is not Facet.THROUGH
        and not any(one.difference.where == path or one.difference.where.startswith(f"{path}/") for path in made)
    }


@pytest.fixture(scope="module")
def workshop(engine: Engine) -> Iterator[Workshop]:
    if os.geteuid() or "linux/amd64" not in engine.platforms:
        pytest.skip("unpacking an image with its owners takes root, and the base images are those of linux/amd64")
    with tempfile.TemporaryDirectory(prefix="layerwise-honest-") as directory:
        yield Workshop(engine, Path(directory))


@pytest.mark.parametrize("name", NAMES)
def test_two_cold_builds_of_one_dockerfile_are_equal(workshop: Workshop, name: str) -> None:
    left, right = workshop.built(name, 1), workshop.built(name, 2)
    verdict = verify(left.images, right.images)
    assert verdict.equal, verdict
    assert verdict.platforms[0].paths is not None, "the layers are the same: the second build was not cold"


def test_two_builds_differ_where_the_unpacked_images_do(workshop: Workshop) -> None:
    name = "heredoc"
    expected = differing(workshop.facts(name, 1), workshop.facts(name, 2))
    assert expected
    assert found_by_verify(workshop.built(name, 1), workshop.built(name, 2)) == expected


@pytest.mark.parametrize(("name", "other"), list(itertools.combinations(UNPACKED, 2)))
def test_two_images_differ_where_the_unpacked_images_do(workshop: Workshop, name: str, other: str) -> None:
    expected = differing(workshop.facts(name, 1), workshop.facts(other, 1))
    assert expected
    assert found_by_verify(workshop.built(name, 1), workshop.built(other, 1)) == expected


def test_the_oracle_sees_what_the_links_recipe_makes(workshop: Workshop) -> None:
    seen = workshop.facts("links", 1)
    assert seen["/l/suid"].mode == 0o4755
    assert seen["/l/d"].mode == 0o1777
    assert [name for name, _ in seen["/l/caps"].xattrs] == ["security.capability"]
    assert seen["/l/e"].inode == seen["/l/d/f"].inode
    assert seen["/l/dangling"].body == "/nowhere"
    assert stat.S_ISFIFO(seen["/l/fifo"].kind)
