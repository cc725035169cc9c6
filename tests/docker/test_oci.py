"""One image in a registry, in layouts and in archives, as a real engine writes them."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from tests.docker.engine import Engine

from layerwise.errors import RegistryError
from layerwise.oci.access import Access
from layerwise.oci.image import Image
from layerwise.oci.places import read_images
from layerwise.oci.reference import parse_reference
from layerwise.oci.registry import Client

PLATFORMS = ("linux/amd64", "linux/arm64")
DOCKERFILE = "FROM scratch\nARG TARGETARCH\nCOPY shared /shared\nCOPY $TARGETARCH /own\nLABEL a=b\n"


@dataclass(frozen=True)
class Pushed:
    engine: Engine
    context: Path
    name: str

    def written(self, path: Path, **attributes: str) -> Path:
        """The same image once more, as `--output` writes it."""
        said = ",".join(f"{name.replace('_', '-')}={value}" for name, value in attributes.items())
        self.engine.build(self.context, platform=PLATFORMS, output=f"dest={path},{said}")
        return path

    def saved(self, path: Path, *options: str) -> Path:
        self.engine.docker("save", *options, "--output", str(path), self.name)
        return path


@pytest.fixture(scope="module")
def pushed(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pushed]:
    if not engine.registry:
        pytest.skip("the engine that is up has no registry of its own to push to")
    context = tmp_path_factory.mktemp("context")
    (context / "Dockerfile").write_text(DOCKERFILE)
    (context / "shared").write_bytes(uuid4().bytes * 10_000)
    for platform in PLATFORMS:
        (context / platform.partition("/")[2]).write_text(platform)
    name = f"{engine.registry}/layerwise-test/{uuid4().hex[:12]}:both"
    engine.build(context, platform=PLATFORMS, output=f"type=image,push=true,name={name}")
    yield Pushed(engine, context, name)
    engine.docker("image", "rm", name)


def read(reference: str | Path) -> tuple[Image, ...]:
    found = read_images(str(reference))
    assert [image.platform for image in found] == list(PLATFORMS)
    return found


def digests(found: tuple[Image, ...]) -> list[list[str]]:
    return [[layer.digest for layer in image.layers] for image in found]


def configs(found: tuple[Image, ...]) -> list[bytes]:
    return [image.config for image in found]


def test_an_image_is_the_same_in_a_registry_an_archive_and_a_layout(pushed: Pushed, tmp_path: Path) -> None:
    there = read(pushed.name)
    here = [
        read(pushed.saved(tmp_path / "saved.tar")),
        read(pushed.written(tmp_path / "layout.tar", type="oci")),
        read(pushed.written(tmp_path / "layout", type="oci", tar="false")),
    ]
    for found in here:
        assert configs(found) == configs(there)
        assert digests(found) == digests(there)
        assert [image.digest for image in found] == [image.digest for image in there]
        for image, other in zip(found, there, strict=True):
            assert [one.open().read() for one in image.layers] == [one.open().read() for one in other.layers]


@pytest.mark.parametrize("compression", ["zstd", "uncompressed"])
def test_where_only_the_compression_differs_the_diff_ids_are_the_same(
    pushed: Pushed, tmp_path: Path, compression: str
) -> None:
    there = read(pushed.name)
    attributes = {"type": "oci", "compression": compression, "force_compression": "true"}
    found = read(pushed.written(tmp_path / "other.tar", **attributes))
    assert [json.loads(one)["rootfs"] for one in configs(found)] == [
        json.loads(one)["rootfs"] for one in configs(there)
    ]
    assert all(set(ours).isdisjoint(theirs) for ours, theirs in zip(digests(found), digests(there), strict=True))
    for image in found:
        for layer in image.layers:
            content = layer.open().read()
            assert f"sha256:{hashlib.sha256(content).hexdigest()}" == layer.digest
            assert len(content) == layer.size


def test_what_docker_save_writes_is_a_docker_archive_too(pushed: Pushed, tmp_path: Path) -> None:
    there = {image.platform: image for image in read(pushed.name)}
    (found,) = read_images(f"docker-archive:{pushed.saved(tmp_path / 'saved.tar', '--platform', 'linux/arm64')}")
    other = there["linux/arm64"]
    assert (found.platform, found.config, found.digest) == ("linux/arm64", other.config, "")
    assert digests((found,)) == digests((other,))


def test_a_docker_tar_of_one_platform_is_read(pushed: Pushed, tmp_path: Path) -> None:
    path = tmp_path / "one.tar"
    pushed.engine.build(pushed.context, platform="linux/amd64", output=f"type=docker,dest={path}")
    (found,) = read_images(str(path))
    assert found.platform == "linux/amd64"
    assert found.config == read(pushed.name)[0].config


def test_the_registry_answers_what_is_asked_of_it(pushed: Pushed) -> None:
    reference = parse_reference(pushed.name)
    repository = Client(Access()).repository(reference)
    assert list(repository.tags()) == ["both"]
    assert repository.digest("both") == repository.manifest("both").digest
    assert repository.digest("none") is None
    layer = read(pushed.name)[0].layers[0]
    assert repository.blob_size(layer.digest) == layer.size
    by_digest = read(f"{reference.name}@{repository.digest('both')}")
    assert digests(by_digest) == digests(read(pushed.name))


def test_a_tag_that_is_not_there_is_said_with_the_one_that_is(pushed: Pushed) -> None:
    with pytest.raises(RegistryError, match="has no tag boht; near ones: both"):
        read_images(pushed.name.replace(":both", ":boht"))


def test_a_repository_that_is_not_there_is_said_to_be_none(pushed: Pushed) -> None:
    with pytest.raises(RegistryError, match="is no repository"):
        read_images(f"{pushed.engine.registry}/layerwise-test/none:1")
