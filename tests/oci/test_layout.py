import json

import pytest
from tests.oci.layouts import (
    DOCKER_LIST,
    File,
    blob_path,
    described,
    digest,
    document,
    image,
    index,
    layout,
    named,
    write_directory,
    write_tar,
)

from layerwise.errors import ImageError
from layerwise.oci.places import read_images

AMD = image([File("a", b"1")], [File("b", b"2")])
ARM = image([File("a", b"1")], [File("b", b"3")], platform="linux/arm64/v8", annotations={"k": "v"})
BOTH = index(AMD, ARM, attested=True)
CACHE = "application/vnd.buildkit.cacheconfig.v0"


def as_said(found):
    return [(one.platform, one.digest, [blob.digest for blob in one.layers]) for one in found]


EXPECTED = [(one.platform, one.digest, list(map(digest, one.layers))) for one in (AMD, ARM)]


def refusal(reference):
    with pytest.raises(ImageError) as caught:
        read_images(str(reference))
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_a_layout_gives_an_image_for_each_platform_and_no_attestation(tmp_path):
    found = read_images(f"oci:{write_directory(tmp_path, layout(BOTH))}")
    assert as_said(found) == EXPECTED
    assert [one.config for one in found] == [AMD.config, ARM.config]
    assert [one.annotations for one in found] == [(), (("k", "v"),)]
    assert [[blob.open().read() for blob in one.layers] for one in found] == [list(AMD.layers), list(ARM.layers)]
    assert {one.reference for one in found} == {f"oci:{tmp_path}"}


def test_a_blob_says_its_size_and_media_type_and_opens_again_and_again(tmp_path):
    (found,) = read_images(f"oci:{write_directory(tmp_path, layout(AMD))}")
    blob = found.layers[0]
    assert (blob.size, blob.media_type) == (len(AMD.layers[0]), "application/vnd.oci.image.layer.v1.tar+gzip")
    with blob.open() as one, blob.open() as another:
        assert one.read(3) + another.read() + one.read() == AMD.layers[0][:3] + AMD.layers[0] + AMD.layers[0][3:]


def test_a_docker_list_in_an_index_of_indexes_is_read(tmp_path):
    docker = image([File("a")], docker=True)
    listed = index(docker, docker=True)
    outer = index(more=[listed.descriptor])
    assert listed.descriptor["mediaType"] == DOCKER_LIST
    files = layout(listed, outer, entries=[outer.descriptor])
    assert as_said(read_images(f"oci:{write_directory(tmp_path, files)}")) == as_said(
        read_images(f"oci:{write_directory(tmp_path / 'flat', layout(docker))}")
    )


def test_the_platform_is_the_configs_where_the_index_says_none(tmp_path):
    files = layout(ARM, entries=[described(ARM.manifest, ARM.media_type)])
    (found,) = read_images(f"oci:{write_directory(tmp_path, files)}")
    assert found.platform == "linux/arm64/v8"


def test_manifests_of_several_platforms_without_names_are_one_image(tmp_path):
    assert as_said(read_images(f"oci:{write_directory(tmp_path, layout(AMD, ARM))}")) == EXPECTED


def test_platforms_that_docker_save_left_out_are_left_out(tmp_path):
    files = layout(BOTH)
    for content in (ARM.manifest, ARM.config, ARM.layers[1]):
        del files[blob_path(content)]
    assert as_said(read_images(f"oci:{write_directory(tmp_path, files)}")) == EXPECTED[:1]


def test_an_index_without_any_of_its_manifests_is_broken(tmp_path):
    files = layout(BOTH)
    for content in (AMD.manifest, ARM.manifest):
        del files[blob_path(content)]
    for name, data in list(files.items()):
        if b"in-toto" in data and b"schemaVersion" in data:
            del files[name]
    message = refusal(f"oci:{write_directory(tmp_path, files)}")
    assert f"does not hold {AMD.digest}" in message


@pytest.mark.parametrize("chosen", ["two", "docker.io/library/shop:two", "shop:two"])
def test_one_of_several_images_is_chosen_by_its_name(tmp_path, chosen):
    other = image([File("x")])
    entries = [named(BOTH, "docker.io/library/shop:two"), named(other, "docker.io/library/shop:one")]
    write_directory(tmp_path, layout(BOTH, other, entries=entries))
    assert as_said(read_images(f"oci:{tmp_path}:{chosen}")) == EXPECTED


def test_one_of_several_images_is_chosen_by_its_digest(tmp_path):
    other = image([File("x")])
    write_directory(tmp_path, layout(BOTH, other))
    assert as_said(read_images(f"oci:{tmp_path}@{BOTH.digest}")) == EXPECTED


def test_several_images_are_ambiguous_and_the_message_says_how_to_choose(tmp_path):
    other = image([File("x")])
    write_directory(tmp_path, layout(AMD, other, entries=[named(AMD, "shop:two"), named(other)]))
    message = refusal(f"oci:{tmp_path}")
    assert message.startswith(f"oci:{tmp_path} holds several images; name one: ")
    for way_out in message.partition("name one: ")[2].split(", "):
        assert len(read_images(way_out)) == 1


def test_two_images_of_one_platform_without_names_are_ambiguous(tmp_path):
    assert "several images" in refusal(f"oci:{write_directory(tmp_path, layout(AMD, image([File('x')])))}")


def test_two_names_of_one_image_are_one_image(tmp_path):
    write_directory(tmp_path, layout(BOTH, entries=[named(BOTH, "shop:1"), named(BOTH, "shop:2")]))
    assert as_said(read_images(f"oci:{tmp_path}")) == EXPECTED


def test_a_name_that_is_not_there_is_said_with_those_that_are(tmp_path):
    write_directory(tmp_path, layout(AMD, entries=[named(AMD, "shop:1")]))
    message = refusal(f"oci:{tmp_path}:2")
    assert message == f"oci:{tmp_path} holds no 2; there is oci:{tmp_path}:shop:1"


def test_a_build_cache_is_called_one(tmp_path):
    config = document(layers=[], records=[])
    manifest = document(schemaVersion=2, config=described(config, CACHE), layers=[])
    entry = described(manifest, AMD.media_type)
    files = layout(entries=[entry]) | {blob_path(one): one for one in (config, manifest)}
    assert "it is a build cache" in refusal(f"oci:{write_directory(tmp_path, files)}")


def test_an_index_that_is_a_build_cache_is_called_one(tmp_path):
    layer = described(b"x", "application/vnd.oci.image.layer.v1.tar+gzip")
    cache = index(more=[layer, described(b"{}", CACHE)])
    assert "it is a build cache" in refusal(f"oci:{write_directory(tmp_path, layout(cache))}")


def test_what_is_no_image_is_called_by_its_type(tmp_path):
    chart = document(schemaVersion=2, config=described(b"{}", "application/vnd.cncf.helm.config.v1+json"), layers=[])
    files = layout(entries=[described(chart, AMD.media_type)]) | {blob_path(chart): chart}
    assert "its content is of type application/vnd.cncf.helm.config.v1+json" in refusal(
        f"oci:{write_directory(tmp_path, files)}"
    )
    assert "there is nothing in it" in refusal(f"oci:{write_directory(tmp_path / 'empty', layout())}")


def damaged(files, content, **changed):
    return files | {blob_path(content): changed.get("to", content[:-1])}


@pytest.mark.parametrize("content", [BOTH.manifest, AMD.manifest, AMD.config], ids=["index", "manifest", "config"])
def test_a_damaged_document_is_named_by_its_digest(tmp_path, content):
    message = refusal(f"oci:{write_directory(tmp_path, damaged(layout(BOTH), content))}")
    assert digest(content) in message
    assert message.endswith("it is broken, write it again")


def test_a_damaged_layer_is_found_when_it_is_read(tmp_path):
    write_directory(tmp_path, damaged(layout(AMD), AMD.layers[1], to=AMD.layers[1][:-1] + b"!"))
    (found,) = read_images(f"oci:{tmp_path}")
    assert found.layers[0].open().read() == AMD.layers[0]
    with pytest.raises(ImageError, match=f"other bytes than those of {digest(AMD.layers[1])}"):
        found.layers[1].open().read()


def test_a_layer_that_is_missing_is_found_when_it_is_opened(tmp_path):
    files = layout(AMD)
    del files[blob_path(AMD.layers[1])]
    (found,) = read_images(f"oci:{write_directory(tmp_path, files)}")
    with pytest.raises(ImageError, match=f"does not hold {digest(AMD.layers[1])}"):
        found.layers[1].open()


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{", b'{"manifests": 1}', b'{"manifests": [{"digest": "sha256:../../../etc/passwd"}]}', b"\xff"],
)
def test_a_broken_index_is_said_to_be_one(tmp_path, content):
    write_directory(tmp_path, layout(AMD) | {"index.json": content})
    assert "broken index.json" in refusal(f"oci:{tmp_path}")


def test_indexes_that_nest_without_end_are_refused(tmp_path):
    inner = index(AMD)
    files = layout(inner)
    for _ in range(8):
        inner = index(more=[inner.descriptor])
        files |= layout(inner)
    assert "indexes in indexes" in refusal(f"oci:{write_directory(tmp_path, files)}")


def test_a_tar_file_of_a_layout_is_read_like_the_directory(tmp_path):
    path = write_tar(tmp_path / "image.tar", layout(BOTH))
    found = read_images(str(path))
    assert as_said(found) == EXPECTED
    assert [[blob.open().read() for blob in one.layers] for one in found] == [list(AMD.layers), list(ARM.layers)]


def test_nulls_in_documents_are_as_good_as_nothing(tmp_path):
    manifest = json.loads(AMD.manifest) | {"annotations": None}
    content = json.dumps(manifest).encode()
    entry = described(content, AMD.media_type) | {"annotations": None, "platform": None}
    files = layout(AMD, entries=[entry]) | {blob_path(content): content}
    (found,) = read_images(f"oci:{write_directory(tmp_path, files)}")
    assert (found.platform, found.annotations) == ("linux/amd64", ())


@pytest.mark.parametrize("content", [b"{", b'{"config": 1}', b"[]"])
def test_a_document_that_is_what_its_digest_says_and_yet_broken_is_named(tmp_path, content):
    files = layout(entries=[described(content, AMD.media_type)]) | {blob_path(content): content}
    assert f"has a broken document {digest(content)}" in refusal(f"oci:{write_directory(tmp_path, files)}")


def test_a_config_without_a_platform_leaves_it_unsaid(tmp_path):
    made = image([File("a")], platform="")
    files = layout(made, entries=[described(made.manifest, made.media_type)])
    (found,) = read_images(f"oci:{write_directory(tmp_path, files)}")
    assert found.platform == ""
