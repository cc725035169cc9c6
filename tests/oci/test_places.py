import contextlib
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.oci.layouts import File, image, layout, old_docker_archive, write_directory, write_tar

from layerwise.errors import ImageError, LayerwiseError, UsageError
from layerwise.oci.places import Place, place_of, read_images

MADE = image([File("a", b"1")])


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refusal(reference):
    with pytest.raises(ImageError) as caught:
        read_images(reference)
    return str(caught.value)


@pytest.mark.parametrize(
    ("reference", "place"),
    [
        ("alpine", Place("registry", "alpine")),
        ("localhost:5035/x/y:tag", Place("registry", "localhost:5035/x/y:tag")),
        ("docker://alpine", Place("registry", "alpine")),
        ("docker://oci:latest", Place("registry", "oci:latest")),
        ("oci:d", Place("oci", "d")),
        ("oci:d:1", Place("oci", "d", "1")),
        ("oci:d:host:5000/x:1", Place("oci", "d", "host:5000/x:1")),
        ("oci:d:e", Place("oci", "d:e")),
        ("oci:d:e:1", Place("oci", "d:e", "1")),
        ("oci:gone:1", Place("oci", "gone:1")),
        ("oci-archive:x.tar:1", Place("oci-archive", "x.tar", "1")),
        ("docker-archive:x.tar", Place("docker-archive", "x.tar")),
        ("x.tar", Place("archive", "x.tar")),
        ("x.tar:shop:1", Place("archive", "x.tar", "shop:1")),
        ("./x.tar:1", Place("archive", "./x.tar", "1")),
        ("./d", Place("oci", "./d")),
        (f"./d@sha256:{'0' * 64}", Place("oci", "./d", f"sha256:{'0' * 64}")),
    ],
)
def test_a_reference_says_where_the_image_is(here, reference, place):
    write_directory(here / "d", layout(MADE))
    write_directory(here / "d:e", layout(MADE))
    write_tar(here / "x.tar", layout(MADE))
    assert place_of(reference) == place


@pytest.mark.parametrize("name", ["shop", "a/b"])
def test_what_is_a_path_and_could_be_a_registrys_is_ambiguous_with_two_ways_out(here, name):
    write_directory(here / name, layout(MADE))
    message = refusal(name)
    assert f"write ./{name} for the one or docker://{name} for the other" in message
    assert place_of(f"./{name}").form == "oci"
    assert place_of(f"docker://{name}").form == "registry"


def test_a_tar_file_without_a_suffix_is_ambiguous_too(here):
    write_tar(here / "shop", layout(MADE))
    assert "docker://shop" in refusal("shop")


def test_a_name_that_only_a_path_can_have_is_a_path(here):
    write_directory(here / "Shop", layout(MADE))
    assert place_of("Shop") == Place("oci", "Shop")


def test_a_directory_or_file_without_an_image_does_not_stand_in_the_way(here):
    (here / "alpine").mkdir()
    (here / "node").write_text("#!/bin/sh\n")
    assert [place_of(name).form for name in ("alpine", "node")] == ["registry", "registry"]


@pytest.mark.parametrize("reference", ["./gone", "/gone/x.tar", "dist/image.tar.gz", "x.tgz"])
def test_a_path_that_is_not_there_is_not_asked_of_a_registry(reference):
    assert refusal(reference).startswith(f"there is no file {reference}; ")


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("oci:gone", "there is no directory 'gone'"),
        ("oci:", "there is no directory ''"),
        ("oci:empty", "empty holds no OCI layout"),
        ("./empty", "./empty holds no OCI layout"),
        ("oci:layout.tar", "layout.tar is a file: an OCI layout in it is written oci-archive:layout.tar"),
        ("oci-archive:empty", "empty is a directory: an OCI layout in it is written oci:empty"),
        ("docker-archive:layout.tar", "write oci-archive: before it"),
        ("oci-archive:saved.tar", "write docker-archive: before it"),
        ("export.tar", "export.tar holds no image: neither an OCI layout nor what docker save writes"),
        ("ancient.tar", "was written by a docker before 1.10"),
    ],
)
def test_a_file_or_directory_of_another_kind_is_said_with_the_way_out(here, reference, said):
    (here / "empty").mkdir()
    write_tar(here / "layout.tar", layout(MADE))
    write_tar(here / "saved.tar", *old_docker_archive(MADE))
    write_tar(here / "export.tar", {"etc/passwd": b""})
    write_tar(here / "ancient.tar", {"repositories": b"{}", "x/layer.tar": b""})
    assert said in refusal(reference)


def test_what_is_no_reference_at_all_is_wrong_use():
    with pytest.raises(UsageError, match="is no reference"):
        read_images("Not A Reference")


@given(st.text(max_size=300))
def test_no_text_crashes_the_search_for_a_place(text):
    with contextlib.suppress(LayerwiseError):
        assert place_of(text).form in {"registry", "oci", "oci-archive", "docker-archive", "archive"}


def test_a_layout_is_read_without_loading_the_http_library(here):
    write_directory(here / "d", layout(MADE))
    script = (
        "import sys\nfrom layerwise.oci.places import read_images\n"
        "assert len(read_images('oci:d')) == 1\nassert 'urllib3' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
