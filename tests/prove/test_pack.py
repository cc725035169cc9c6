import dataclasses
import hashlib
import io
import json
import tarfile
from pathlib import Path

import pytest
from tests.oci.layouts import File, image, layout, write_tar

from layerwise.oci.image import Image
from layerwise.oci.places import read_images
from layerwise.prove.pack import pack
from layerwise.prove.verify import verify

NAME = "layerwise-smoke:1"


def packed(image: Image, name: str = NAME) -> dict[str, bytes]:
    stream = io.BytesIO()
    pack(image, name, stream)
    with tarfile.open(fileobj=io.BytesIO(stream.getvalue())) as archive:
        return {member.name: archive.extractfile(member).read() for member in archive}


@pytest.fixture
def made(tmp_path: Path) -> Image:
    write_tar(tmp_path / "made.tar", layout(image([File("etc/name", b"one")], [File("bin/tool", b"two")])))
    (made,) = read_images(str(tmp_path / "made.tar"))
    return made


def test_what_is_packed_is_the_same_image_but_for_its_comment(made: Image, tmp_path: Path) -> None:
    with (tmp_path / "image.tar").open("wb") as stream:
        pack(made, NAME, stream)
    (read,) = read_images(str(tmp_path / "image.tar"))
    (platform,) = verify((made,), (read,)).platforms
    assert [(one.difference.where, one.difference.right) for one in platform.judged] == [("comment", NAME)]
    assert [layer.digest for layer in read.layers] == [layer.digest for layer in made.layers]


def test_it_is_named_and_nothing_else_is(made: Image) -> None:
    (manifest,) = json.loads(packed(made)["manifest.json"])
    assert manifest["RepoTags"] == [NAME]


def test_its_id_is_that_of_no_other_image(made: Image) -> None:
    configs = {json.loads(packed(made, name)["manifest.json"])[0]["Config"] for name in ("a:1", "a:2")}
    assert len(configs) == 2
    assert f"{hashlib.sha256(made.config).hexdigest()}.json" not in configs


def test_a_layer_of_unknown_size_is_packed_whole(made: Image) -> None:
    sizeless = dataclasses.replace(made, layers=tuple(dataclasses.replace(one, size=None) for one in made.layers))
    assert packed(sizeless) == packed(made)
