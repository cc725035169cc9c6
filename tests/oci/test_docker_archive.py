import json

import pytest
from tests.oci.layouts import (
    File,
    blob_path,
    digest,
    gzipped,
    image,
    index,
    new_docker_archive,
    old_docker_archive,
    write_tar,
)

from layerwise.errors import ImageError
from layerwise.oci.places import read_images

BASE = [File("base", b"1" * 5000)]
SHOP = image(BASE, [File("app", b"2")])
TOOL = image(BASE, [File("tool", b"3")])
ARM = image(BASE, [File("app", b"4")], platform="linux/arm64")


def refusal(reference):
    with pytest.raises(ImageError) as caught:
        read_images(str(reference))
    message = str(caught.value)
    assert "\n" not in message
    return message


def contents(found):
    return [blob.open().read() for blob in found.layers]


@pytest.fixture
def old(tmp_path):
    files, links = old_docker_archive(SHOP, TOOL, names=("shop:1", "tool:1"))
    return write_tar(tmp_path / "old.tar", files, links)


def test_an_old_archive_gives_uncompressed_layers_by_their_diff_ids(tmp_path):
    (found,) = read_images(write_tar(tmp_path / "one.tar", *old_docker_archive(SHOP)).as_posix())
    assert (found.platform, found.digest, found.config) == ("linux/amd64", "", SHOP.config)
    assert [blob.digest for blob in found.layers] == list(map(digest, SHOP.tars))
    assert [blob.size for blob in found.layers] == list(map(len, SHOP.tars))
    assert {blob.media_type for blob in found.layers} == {""}
    assert contents(found) == list(SHOP.tars)


def test_a_layer_that_is_a_link_to_another_images_is_read_there(old):
    (found,) = read_images(f"{old}:tool:1")
    assert contents(found) == list(TOOL.tars)


@pytest.mark.parametrize("chosen", ["tool:1", "docker.io/library/tool:1"])
def test_one_of_several_images_is_chosen_by_its_name(old, chosen):
    (found,) = read_images(f"docker-archive:{old}:{chosen}")
    assert found.config == TOOL.config


def test_several_images_are_ambiguous_and_the_message_says_how_to_choose(old):
    message = refusal(old)
    assert message.startswith(f"docker-archive:{old} holds several images; name one: ")
    found = [read_images(way_out)[0].config for way_out in message.partition("name one: ")[2].split(", ")]
    assert found == [SHOP.config, TOOL.config]


def test_a_tag_that_two_images_have_is_ambiguous_too(old):
    assert "several images" in refusal(f"{old}:1")


def test_a_name_that_is_not_there_is_said_with_those_that_are(old):
    message = refusal(f"{old}:cart")
    assert message == f"docker-archive:{old} holds no cart; there is {old_names(old)}"


def old_names(old):
    return f"docker-archive:{old}:shop:1, docker-archive:{old}:tool:1"


def test_a_new_archive_is_read_as_the_layout_that_it_is_too(tmp_path):
    path = write_tar(tmp_path / "new.tar", new_docker_archive(index(SHOP, ARM, attested=True)))
    found = read_images(str(path))
    assert [(one.platform, one.digest) for one in found] == [("linux/amd64", SHOP.digest), ("linux/arm64", ARM.digest)]


def test_a_new_archive_is_read_as_a_docker_archive_if_it_is_called_one(tmp_path):
    path = write_tar(tmp_path / "new.tar", new_docker_archive(index(SHOP, ARM)))
    (found,) = read_images(f"docker-archive:{path}")
    assert (found.platform, found.digest) == ("linux/amd64", "")
    assert [blob.digest for blob in found.layers] == list(map(digest, SHOP.layers))
    assert contents(found) == list(SHOP.layers)


def rewritten(files, **changed):
    (entry,) = json.loads(files["manifest.json"])
    return files | {"manifest.json": json.dumps([entry | changed]).encode()}


def test_compressed_layers_are_held_against_the_digest_that_their_names_say(tmp_path):
    """As go-containerregistry (crane, kaniko) writes them: the config as sha256:HEX, layers as HEX.tar.gz."""
    names = [f"{digest(one).partition(':')[2]}.tar.gz" for one in SHOP.layers]
    config = digest(SHOP.config)
    manifest = [{"Config": config, "RepoTags": None, "Layers": names}]
    files = dict(zip(names, SHOP.layers, strict=True)) | {config: SHOP.config}
    files["manifest.json"] = json.dumps(manifest).encode()
    (found,) = read_images(str(write_tar(tmp_path / "crane.tar", files)))
    assert [blob.digest for blob in found.layers] == list(map(digest, SHOP.layers))
    assert contents(found) == list(SHOP.layers)


def test_a_compressed_layer_without_a_digest_in_its_name_is_hashed(tmp_path):
    files, _ = old_docker_archive(SHOP)
    (entry,) = json.loads(files["manifest.json"])
    packed = {name: gzipped(files[name]) for name in entry["Layers"]}
    (found,) = read_images(str(write_tar(tmp_path / "packed.tar", files | packed)))
    assert [blob.digest for blob in found.layers] == list(map(digest, SHOP.layers))


def test_a_damaged_layer_is_found_when_it_is_read(tmp_path):
    files, _ = old_docker_archive(SHOP)
    (entry,) = json.loads(files["manifest.json"])
    files[entry["Layers"][0]] = files[entry["Layers"][0]].replace(b"1", b"!", 1)
    (found,) = read_images(str(write_tar(tmp_path / "damaged.tar", files)))
    with pytest.raises(ImageError, match=f"other bytes than those of {digest(SHOP.tars[0])}"):
        found.layers[0].open().read()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"Layers": []}, "has 0 layers of the 2 that its config names"),
        ({"Layers": ["a/layer.tar", "b/layer.tar"]}, "does not hold a/layer.tar"),
        ({"Config": "c.json"}, "does not hold c.json"),
        ({"Config": "manifest.json"}, "has a broken document"),
        ({"Config": 1}, "has a broken document"),
    ],
)
def test_a_broken_archive_is_said_to_be_one(tmp_path, changed, said):
    files = rewritten(old_docker_archive(SHOP)[0], **changed)
    message = refusal(write_tar(tmp_path / "broken.tar", files))
    assert said in message
    assert message.endswith("it is broken, write it again")


def test_a_config_that_is_not_that_of_its_name_is_refused(tmp_path):
    files, _ = old_docker_archive(SHOP)
    path = f"{digest(SHOP.config).partition(':')[2]}.json"
    message = refusal(write_tar(tmp_path / "other.tar", files | {path: TOOL.config}))
    assert f"other bytes in {path} than those of {digest(SHOP.config)}" in message


def test_links_that_lead_nowhere_or_in_a_circle_are_missing_layers(tmp_path):
    files, _ = old_docker_archive(SHOP)
    files = rewritten(files, Layers=["a/layer.tar", "b/layer.tar"])
    for links in ({"a/layer.tar": "../b/layer.tar", "b/layer.tar": "../a/layer.tar"}, {"a/layer.tar": "/x"}):
        assert "does not hold a/layer.tar" in refusal(write_tar(tmp_path / "links.tar", files, links))


def test_an_archive_without_a_single_image_has_nothing_to_choose(tmp_path):
    assert "holds no image" in refusal(write_tar(tmp_path / "none.tar", {"manifest.json": b"[]"}))


def test_a_blob_path_says_the_digest():
    assert blob_path(b"") == "blobs/sha256/e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
