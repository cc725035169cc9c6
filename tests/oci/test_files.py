import bz2
import contextlib
import gc
import io
import lzma
import os
import sys
import tarfile
import tempfile
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.oci.layouts import (
    File,
    gzipped,
    image,
    index,
    layout,
    new_docker_archive,
    old_docker_archive,
    plain,
    write_tar,
)

from layerwise.errors import ImageError, LayerwiseError
from layerwise.oci.files import DirectoryFiles, looks_like_tar, open_tar
from layerwise.oci.places import read_images

FILES = {"a": b"1" * 100_000, "deep/b": b"2", "empty": b""}


def zstandard(content):
    module = pytest.importorskip("zstandard", reason="the zstd extra is not installed")
    half = len(content) // 2
    pack = module.ZstdCompressor().compress
    return pack(content[:half]) + pack(content[half:])


PACKERS = {"plain": plain, "gzip": gzipped, "bzip2": bz2.compress, "xz": lzma.compress, "zstd": zstandard}


@pytest.mark.parametrize("packed", PACKERS.values(), ids=list(PACKERS))
def test_a_tar_file_is_read_however_it_is_compressed(tmp_path, packed):
    files = open_tar(str(write_tar(tmp_path / "x.tar", FILES, packed=packed)), "x")
    assert {name: files.open(name).read() for name in FILES} == FILES
    assert [files.size(name) for name in ("a", "empty", "c")] == [100_000, 0, None]


@pytest.mark.parametrize("packed", [plain, gzipped])
def test_reading_leaves_nothing_behind(tmp_path, monkeypatch, packed):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    path = write_tar(tmp_path / "x.tar", FILES, packed=packed)
    files = open_tar(str(path), "x")
    stream, descriptor = files.open("a"), files.held.descriptor
    assert list((tmp_path / "temporary").iterdir()) == []
    del files
    assert stream.read(10) == b"1" * 10
    stream.close()
    del stream
    gc.collect()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)


def test_names_with_a_dot_and_slash_before_them_are_the_same(tmp_path):
    made = image([File("a")])
    (found,) = read_images(str(write_tar(tmp_path / "x.tar", layout(made), prefix="./")))
    assert found.digest == made.digest


def test_hard_links_are_followed_from_the_root(tmp_path):
    with tarfile.open(tmp_path / "x.tar", "w") as archive:
        File("deep/a", b"1").add_to(archive)
        link = tarfile.TarInfo("deep/b")
        link.type, link.linkname = tarfile.LNKTYPE, "./deep/a"
        archive.addfile(link)
    assert open_tar(str(tmp_path / "x.tar"), "x").open("deep/b").read() == b"1"


def test_of_two_members_of_one_name_the_later_counts(tmp_path):
    with tarfile.open(tmp_path / "x.tar", "w") as archive:
        File("a", b"1").add_to(archive)
        File("a", b"22").add_to(archive)
    assert open_tar(str(tmp_path / "x.tar"), "x").open("a").read() == b"22"


def test_parts_can_be_read_by_several_threads_at_once(tmp_path):
    contents = {str(number): bytes([number]) * 300_000 for number in range(8)}
    files = open_tar(str(write_tar(tmp_path / "x.tar", contents)), "x")

    def slowly(name):
        with files.open(name) as stream:
            return b"".join(iter(lambda: stream.read(7_000), b""))

    with ThreadPoolExecutor(4) as pool:
        assert dict(zip(contents, pool.map(slowly, contents), strict=True)) == contents


def refusal(path):
    with pytest.raises(ImageError) as caught:
        open_tar(str(path), f"oci-archive:{path}")
    message = str(caught.value)
    assert message.startswith(f"oci-archive:{path} ")
    return message


@pytest.mark.parametrize("content", [b"", b"no tar at all", bytes(100)])
def test_what_is_no_tar_file_is_said_to_be_none(tmp_path, content):
    (tmp_path / "x").write_bytes(content)
    assert "is no tar file, or a broken one" in refusal(tmp_path / "x")


def test_a_tar_file_that_ends_too_early_is_broken(tmp_path):
    path = write_tar(tmp_path / "x.tar", FILES)
    path.write_bytes(path.read_bytes()[:50_000])
    assert "is no tar file, or a broken one" in refusal(path)


@pytest.mark.parametrize("name", ["gzip", "bzip2", "xz"])
def test_a_compressed_file_that_ends_too_early_is_broken(tmp_path, name):
    path = write_tar(tmp_path / "x.tar", {"a": os.urandom(50_000)}, packed=PACKERS[name])
    path.write_bytes(path.read_bytes()[:-1000])
    assert "is broken and can't be unpacked" in refusal(path)


@pytest.mark.parametrize("magic", [b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0"])
def test_a_compressed_file_that_is_damaged_is_one_clear_message(tmp_path, magic):
    (tmp_path / "x").write_bytes(magic + b"!" * 500)
    assert "\n" not in refusal(tmp_path / "x")


def test_without_the_library_for_zstd_the_way_out_is_said(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "zstandard", None)
    (tmp_path / "x.tar.zst").write_bytes(b"\x28\xb5\x2f\xfd")
    message = refusal(tmp_path / "x.tar.zst")
    assert f"`unzstd {tmp_path / 'x.tar.zst'}`" in message
    assert "pip install 'layerwise[zstd]'" in message


def test_a_file_that_is_not_there_or_may_not_be_read_is_said(tmp_path):
    assert "No such file" in refusal(tmp_path / "gone.tar")
    assert "directory" in refusal(tmp_path)


def test_directories_in_a_tar_file_are_no_files(tmp_path):
    with tarfile.open(tmp_path / "x.tar", "w") as archive:
        folder = tarfile.TarInfo("blobs")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
    assert open_tar(str(tmp_path / "x.tar"), "x").size("blobs") is None


def test_a_file_of_a_directory_that_can_not_be_read_is_named(tmp_path):
    files = DirectoryFiles("oci:x", tmp_path)
    with pytest.raises(ImageError, match="oci:x: gone can't be read: No such file or directory"):
        files.open("gone")


def test_a_file_that_can_not_be_read_looks_like_no_tar_file(tmp_path):
    assert not looks_like_tar(str(tmp_path / "gone"))


def test_a_sparse_member_is_refused_and_not_read_wrongly(tmp_path):
    with tarfile.open(tmp_path / "x.tar", "w") as archive:
        info = tarfile.TarInfo("a")
        info.type, info.size = tarfile.GNUTYPE_SPARSE, 512
        archive.addfile(info, io.BytesIO(bytes(512)))
    assert "--sparse" in refusal(tmp_path / "x.tar")


MADE = index(
    image([File("a", b"1" * 700)], [File("b", b"2")]), image([File("a")], platform="linux/arm64"), attested=True
)
ARCHIVES = (new_docker_archive(MADE), old_docker_archive(*MADE.images, names=("a:1", "b:1"))[0])


@given(
    st.sampled_from(ARCHIVES),
    st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 255)), min_size=1, max_size=8),
    st.sampled_from(["oci-archive", "docker-archive"]),
)
def test_no_damage_to_an_archive_crashes_its_reader(tmp_path_factory, files, changes, form):
    path = write_tar(tmp_path_factory.mktemp("damaged") / "x.tar", files)
    content = bytearray(path.read_bytes())
    for place, value in changes:
        content[place % len(content)] = value
    path.write_bytes(content)
    with contextlib.suppress(LayerwiseError):
        for found in read_images(f"{form}:{path}"):
            for blob in found.layers:
                with blob.open() as stream:
                    stream.read()


def test_a_member_of_negative_size_does_not_send_the_reader_in_circles(tmp_path):
    path = write_tar(tmp_path / "x.tar", FILES)
    content = bytearray(path.read_bytes())
    content[124:136] = b"\xff" * 10 + b"\xfe\x00"  # base-256: -512
    content[148:156] = b" " * 8
    content[148:156] = f"{sum(content[:512]):06o}\0 ".encode()
    path.write_bytes(content)
    assert "broken" in refusal(path)
