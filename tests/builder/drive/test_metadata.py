import json

from layerwise.builder.drive.metadata import Metadata, combined, read_metadata
from layerwise.builder.local_state import Reference

AMD64 = Metadata(
    {
        "buildx.build.ref": "default/default/abc",
        "buildx.build.provenance": {"buildType": "x"},
        "buildx.build.warnings": [{"short": "one"}],
        "cache.manifest": "m1",
        "containerimage.descriptor": {"digest": "sha256:1"},
        "containerimage.digest": "sha256:1",
        "image.name": "a/b:1.lw-linux-amd64",
    }
)
ARM64 = Metadata({**AMD64.values, "containerimage.digest": "sha256:2", "buildx.build.ref": "box/box0/def"})


def test_a_file_says_what_was_made_and_by_which_build(tmp_path):
    path = tmp_path / "m.json"
    path.write_text(json.dumps(dict(AMD64.values)))
    found = read_metadata(path)
    assert (found.digest, found.reference) == ("sha256:1", Reference("default", "default", "abc"))


def test_a_file_that_is_not_there_or_broken_says_nothing(tmp_path):
    path = tmp_path / "m.json"
    assert read_metadata(path) == Metadata()
    path.write_text("{")
    assert read_metadata(path) == Metadata()
    path.write_text("[]")
    assert (read_metadata(path).digest, read_metadata(path).reference) == ("", None)


def test_that_of_several_platforms_has_the_form_that_buildx_gives_it():
    made = combined({"linux/amd64": AMD64, "linux/arm64": ARM64}, "sha256:9", ["a/b:1", "a/b:2"])
    assert made == {
        "buildx.build.ref": "default/default/abc",
        "buildx.build.provenance/linux/amd64": {"buildType": "x"},
        "buildx.build.provenance/linux/arm64": {"buildType": "x"},
        "buildx.build.warnings": [{"short": "one"}, {"short": "one"}],
        "cache.manifest/linux/amd64": "m1",
        "cache.manifest/linux/arm64": "m1",
        "containerimage.digest": "sha256:9",
        "image.name": "a/b:1,a/b:2",
    }


def test_that_of_one_platform_keeps_its_keys_and_has_the_user_s_names():
    made = combined({"linux/amd64": AMD64}, "sha256:1", ["a/b:1"])
    assert made == {**AMD64.values, "image.name": "a/b:1"}
    moved = combined({"linux/amd64": AMD64}, "sha256:9", ["a/b:1"])
    assert "containerimage.descriptor" not in moved


def test_where_no_tag_has_moved_there_is_no_image():
    assert "containerimage.digest" not in combined({"linux/amd64": AMD64}, "", [])
