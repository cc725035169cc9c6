import json

import pytest
from tests.builder.push.shop import Shop, pushed_by_buildx, shop
from tests.oci.layouts import OCI_INDEX, File, digest, image, index

from layerwise.builder.arch.scans import StoredScans
from layerwise.builder.push.checking import Pushed, check
from layerwise.errors import RegistryError, UsageError
from layerwise.oci.reference import Reference

AMD, ARM = shop("1", "linux/amd64"), shop("1", "linux/arm64")


def refused(client, *pushed):
    found = check(client(), pushed)
    assert found.refusals
    return found.refusals


def test_whole_images_for_their_platforms_are_right(here, client):
    found = check(client(), here.version("1"))
    assert (found.refusals, found.warnings, found.notes) == ((), (), ())
    assert [(one.digest, one.platform.name) for one in found.images] == [
        (AMD.digest, "linux/amd64"),
        (ARM.digest, "linux/arm64"),
    ]
    assert len(found.attestations) == 2
    assert found.programs == 2
    sizes = {name: len(content) for name, content in here.kept.blobs.items() if name in found.blobs}
    assert dict(found.blobs) == sizes
    assert found.size_bytes == sum(sizes.values())
    # configs and layers of both and of their attestations
    assert len(found.blobs) == 10


def test_nothing_is_written(here, client):
    check(client(), here.version("1"))
    assert {one.method for one in here.memory.requests} == {"GET", "HEAD"}


def test_manifests_without_an_index_are_right_too(here, client):
    found = check(client(), here.push(AMD, ARM))
    assert found.refusals == ()
    assert [one.platform.name for one in found.images] == ["linux/amd64", "linux/arm64"]
    assert [one.size for one in found.images] == [len(AMD.manifest), len(ARM.manifest)]
    assert found.attestations == ()


def test_the_image_of_the_platform_is_taken_from_an_index_of_several(here, client):
    both = index(AMD, ARM, attested=True)
    found = check(client(), here.push(both, both))
    assert [one.digest for one in found.images] == [AMD.digest, ARM.digest]
    assert len(found.attestations) == 2


def test_the_order_in_which_platforms_are_given_does_not_matter(here, client):
    pushed = here.version("1")
    assert check(client(), pushed) == check(client(), pushed[::-1])


def test_each_platform_needs_one_image(here, client):
    (one, _) = here.version("1")
    with pytest.raises(UsageError, match="each platform needs one image, and there are those for none"):
        check(client(), ())
    with pytest.raises(UsageError, match="linux/amd64, linux/amd64"):
        check(client(), (one, Pushed("linux/x86_64", one.reference)))


def test_layers_that_platforms_share_are_asked_for_and_read_once(here, client):
    here.version("1")
    both = here.push(AMD, shop("1", "linux/arm64"))
    here.memory.requests.clear()
    check(client(), both)
    asked = [(one.method, one.path) for one in here.memory.requests if "/blobs/" in one.path]
    assert len(asked) == len(set(asked))


def test_layers_that_were_read_before_are_not_read_again(here, client, tmp_path):
    scans, read = StoredScans(tmp_path / "scans"), []
    first = check(client(), here.version("1"), scans, read.append)
    assert len(read) == 4
    assert check(client(), here.version("1"), scans, read.append) == first
    assert len(read) == 4


# ---- what is missing -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("which", ["config", "layer", "attestation"])
def test_a_blob_that_is_not_there_is_refused_by_its_digest(here, client, which):
    pushed = here.version("1")
    found = check(client(), pushed)
    gone = {
        "config": digest(ARM.config),
        "layer": digest(ARM.layers[1]),
        "attestation": json.loads(here.kept.manifests[found.attestations[1].digest][0])["layers"][0]["digest"],
    }[which]
    del here.kept.blobs[gone]
    assert refused(client, *pushed) == (
        f"linux/arm64: {here.memory.host}/shop has no {gone}, which a manifest names: push it again",
    )


def test_a_blob_of_another_size_is_refused(here, client):
    pushed, name = here.version("1"), digest(ARM.layers[1])
    here.kept.blobs[name] = here.kept.blobs[name][:-1]
    size = len(ARM.layers[1])
    assert refused(client, *pushed) == (
        f"linux/arm64: {here.memory.host}/shop has {size - 1} of the {size} bytes of {name}: push it again",
    )


def test_a_manifest_that_is_not_there_is_refused_by_its_digest(here, client):
    pushed = here.version("1")
    del here.kept.manifests[ARM.digest]
    assert refused(client, *pushed) == (
        f"linux/arm64: {here.memory.host}/shop has no manifest {ARM.digest}: push it again",
    )


def test_a_layer_of_other_bytes_than_those_of_its_digest_is_an_error(here, client):
    pushed, name = here.version("1"), digest(ARM.layers[1])
    here.kept.blobs[name] = b"x" * len(ARM.layers[1])
    with pytest.raises(RegistryError, match="other bytes"):
        check(client(), pushed)


def test_a_manifest_that_is_broken_is_refused(here, client):
    content = b"{"
    here.kept.manifests[digest(content)] = (content, ARM.media_type)
    (said,) = refused(client, Pushed("linux/arm64", Reference(here.memory.host, "shop", digest=digest(content))))
    assert f"has a broken manifest {digest(content)}" in said


def test_layers_that_their_makers_give_away_are_not_asked_for(here, client):
    made = image([File("a")])
    said = json.loads(made.manifest)
    said["layers"][0]["mediaType"] = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
    content = json.dumps(said).encode()
    here.kept.put(made)
    here.kept.manifests[digest(content)] = (content, made.media_type)
    found = check(client(), (Pushed("linux/amd64", Reference(here.memory.host, "shop", digest=digest(content))),))
    assert found.refusals == ()
    assert digest(made.layers[0]) not in found.blobs


# ---- what is for another platform ------------------------------------------------------------------------------------


def test_an_image_whose_config_is_for_another_platform_is_refused(here, client):
    pushed = here.push(AMD, shop("1", "linux/arm64", says="linux/amd64"))
    assert refused(client, *pushed) == (
        "linux/arm64: what was pushed is for linux/amd64 by its config: does the last FROM name a platform?",
    )


def test_an_index_that_calls_an_image_by_another_platform_is_refused(here, client):
    said = json.loads(pushed_by_buildx(ARM).manifest)
    said["manifests"][0]["platform"] = {"os": "linux", "architecture": "amd64"}
    content = json.dumps(said).encode()
    here.push(AMD, pushed_by_buildx(ARM))
    here.kept.manifests[digest(content)] = (content, pushed_by_buildx(ARM).media_type)
    pushed = Pushed("linux/arm64", Reference(here.memory.host, "shop", digest=digest(content)))
    assert refused(client, pushed) == (
        f"linux/arm64: the index calls {ARM.digest} an image for linux/amd64: push it again",
    )


def test_variants_are_compared_as_they_are_normalised(here, client):
    one = shop("1", "linux/arm64", says="linux/arm64/v8")
    assert check(client(), here.push(AMD, one)).refusals == ()
    two = shop("1", "linux/arm/v7", machine="arm")
    assert check(client(), here.push(two, platforms=("linux/arm",))).refusals == ()
    assert refused(client, *here.push(two, platforms=("linux/arm/v6",)))


def test_what_is_no_image_is_refused(here, client):
    made = image([File("a")])
    said = json.loads(made.manifest)
    said["config"]["mediaType"] = "application/vnd.buildkit.cacheconfig.v0"
    content = json.dumps(said).encode()
    here.kept.put(made)
    here.kept.manifests[digest(content)] = (content, made.media_type)
    pushed = Pushed("linux/amd64", Reference(here.memory.host, "shop", digest=digest(content)))
    assert refused(client, pushed) == ("linux/amd64: what was pushed is no image",)


def test_a_program_of_the_wrong_machine_is_refused_with_its_step(here, client):
    pushed = here.push(AMD, shop("1", "linux/arm64", machine="amd64"))
    assert refused(client, *pushed) == (
        (
            "linux/arm64: /app, its entrypoint, is built for amd64 and does not run on linux/arm64; "
            "`COPY app /app` (layer 2 of 2) brought it: build or fetch it there for linux/arm64"
        ),
    )


def test_what_is_wrong_with_each_platform_is_said_at_once(here, client):
    pushed = here.push(shop("1", "linux/amd64", machine="arm64"), shop("1", "linux/arm64", machine="amd64"))
    assert [said.partition(":")[0] for said in refused(client, *pushed)] == ["linux/amd64", "linux/arm64"]


def test_the_commit_that_all_images_name_is_told(here, client):
    assert check(client(), here.version("1", revision="abc")).commit == "abc"
    mixed = here.push(shop("1", "linux/amd64", revision="a"), shop("1", "linux/arm64", revision="b"))
    assert check(client(), mixed).commit == ""


def test_a_repository_that_is_not_there_is_an_error_or_a_refusal(here, client):
    pushed = Pushed("linux/arm64", Reference(here.memory.host, "other", digest=ARM.digest))
    (said,) = refused(client, pushed)
    assert said == f"linux/arm64: {here.memory.host}/other has no manifest {ARM.digest}: push it again"


def test_images_in_two_repositories_are_checked_where_they_are(here, client):
    (amd,) = here.push(AMD, platforms=("linux/amd64",))
    (arm,) = Shop(here.memory, "other").push(ARM, platforms=("linux/arm64",))
    assert check(client(), (amd, arm)).refusals == ()


def kept(here, content, media_type=ARM.media_type):
    """Hold a document as it is."""
    here.kept.manifests[digest(content)] = (content, media_type)
    return Pushed("linux/arm64", Reference(here.memory.host, "shop", digest=digest(content)))


def test_a_config_that_is_broken_is_refused(here, client):
    made = image([File("a")])
    here.kept.put(made)
    here.kept.blobs[digest(b"[]")] = b"[]"
    said = json.loads(made.manifest)
    said["config"] |= {"digest": digest(b"[]"), "size": 2}
    assert "is broken" in refused(client, kept(here, json.dumps(said).encode()))[0]


def test_indexes_in_indexes_without_end_are_refused(here, client):
    here.kept.put(ARM)
    inner = ARM.descriptor
    for _ in range(6):
        content = json.dumps({"schemaVersion": 2, "manifests": [inner]}).encode()
        inner = {"mediaType": OCI_INDEX, "digest": digest(content), "size": len(content)}
        pushed = kept(here, content, OCI_INDEX)
    assert "has indexes in indexes, more than 4 deep" in refused(client, pushed)[0]
