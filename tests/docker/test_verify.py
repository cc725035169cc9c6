"""Two honest builds of one Dockerfile are the same image, and verify sees exactly the paths that an unpacked image shows.

The oracle is `dev.unpacked`: the engine applies the layers, and diff and lstat say what is there.
"""

import itertools
import os
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from dev.agreement import found_by_verify
from dev.honest import PLATFORM, cold, dockerfile
from dev.unpacked import differing, facts, unpack
from tests.docker.engine import Engine

from layerwise.oci.image import Image
from layerwise.oci.places import read_images
from layerwise.prove.verify import verify

NAMES = ("accounts", "stages", "heredoc", "links", "apt")
"""The quickest of `python -m dev.honest`, which has the rest."""
UNPACKED = ("stages", "heredoc", "links")
"""Those for the oracle, which takes as long as the builds; `python -m dev.agreement` has all of them."""


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
        self.unpacked: dict[tuple[str, int], Path] = {}

    def built(self, name: str, time: int) -> Built:
        if (name, time) not in self.builds:
            self.builds[name, time] = self._build(name)
        return self.builds[name, time]

    def root(self, name: str, time: int) -> Path:
        if (name, time) not in self.unpacked:
            built, root = self.built(name, time), self.directory / f"{name}-{time}"
            unpack(built.archive, built.tag, root, self.engine.environment)
            self.unpacked[name, time] = root
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


def paths_of_verify(left: Built, right: Built) -> set[str]:
    (platform,) = verify(left.images, right.images).platforms
    return found_by_verify(platform)


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
    expected = differing(workshop.root(name, 1), workshop.root(name, 2))
    assert expected
    assert paths_of_verify(workshop.built(name, 1), workshop.built(name, 2)) == expected


@pytest.mark.parametrize(("name", "other"), list(itertools.combinations(UNPACKED, 2)))
def test_two_images_differ_where_the_unpacked_images_do(workshop: Workshop, name: str, other: str) -> None:
    expected = differing(workshop.root(name, 1), workshop.root(other, 1))
    assert expected
    assert paths_of_verify(workshop.built(name, 1), workshop.built(other, 1)) == expected


def test_the_oracle_sees_what_the_links_recipe_makes(workshop: Workshop) -> None:
    root = workshop.root("links", 1)
    seen = facts(root)
    assert stat.S_IMODE(seen["/l/suid"].mode) == 0o4755
    assert stat.S_IMODE(seen["/l/d"].mode) == 0o1777
    assert seen["/l/a"].owner == (5, 6)
    assert [name for name, _ in seen["/l/caps"].xattrs] == ["security.capability"]
    assert seen["/l/e"].inode == seen["/l/d/f"].inode
    assert (root / "l/dangling").readlink() == Path("/nowhere")
    assert stat.S_ISFIFO(seen["/l/fifo"].mode)
