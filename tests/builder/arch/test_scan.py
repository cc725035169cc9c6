import io
import os
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builder.arch.elves import elf, library
from tests.prove.images import character, file, folder, gone, gzipped, hard_link, symlink, tar

from layerwise.builder.arch import scan as scanning
from layerwise.builder.arch.scan import Form, scan
from layerwise.builder.arch.scans import StoredScans, packed, unpacked
from layerwise.errors import ImageError


def scanned(*entries):
    return scan(io.BytesIO(gzipped(tar(entries))))


def forms(*entries):
    return {one.name: one.form for one in scanned(*entries)}


def test_what_can_start_or_be_loaded_is_kept_by_what_it_is():
    assert forms(
        folder("usr"),
        file("usr/tool", elf("amd64"), mode=0o755),
        file("usr/data", elf("arm64")),
        file("./run.sh", "#!/bin/sh -e\necho", mode=0o755),
        symlink("bin", "usr/bin"),
        file("app.exe", b"MZ\x90\0" + bytes(100)),
        file("app.mac", b"\xcf\xfa\xed\xfe" + bytes(100)),
        file("etc/ld.so.conf", "/opt/lib\n"),
        character("dev/null", 1, 3),
    ) == {
        "usr": Form.DIRECTORY,
        "usr/tool": Form.ELF,
        "usr/data": Form.ELF,
        "run.sh": Form.SCRIPT,
        "bin": Form.LINK,
        "app.exe": Form.WINDOWS,
        "app.mac": Form.MACOS,
        "etc/ld.so.conf": Form.TEXT,
        "dev/null": Form.OTHER,
    }


def test_files_that_nothing_starts_or_loads_are_left_out():
    assert forms(file("README", "read me"), file("empty"), file("a.py", "print()")) == {}


def test_what_hides_a_program_or_a_library_is_kept():
    assert forms(file("tool", "text", mode=0o755), file("lib/libz.so.1", "text"), gone("bin/app")) == {
        "tool": Form.OTHER,
        "lib/libz.so.1": Form.OTHER,
        "bin/.wh.app": Form.OTHER,
    }


def test_a_hard_link_is_kept_where_its_target_is():
    found = forms(
        file("a", elf(), mode=0o755), hard_link("b", "a"), file("text"), hard_link("c", "text"), hard_link("d", "below")
    )
    assert found == {"a": Form.ELF, "b": Form.HARD_LINK, "d": Form.HARD_LINK}


def test_the_first_line_of_a_script_is_kept():
    (one,) = scanned(file("a", "#!/usr/bin/env -S node\nrest", mode=0o755))
    assert one.text == "#!/usr/bin/env -S node"


def test_a_name_that_is_no_text_is_kept_in_some_form():
    (one,) = scanned(file("caf\udce9", elf(), mode=0o755))
    assert one.name == "caf\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize("window", [64, 300, 5000, 20_000, 40_000])
def test_the_libraries_of_a_file_larger_than_what_is_held_are_read(monkeypatch, window):
    monkeypatch.setattr(scanning, "_HEAD", min(window, 300))
    monkeypatch.setattr(scanning, "_WINDOW", window)
    content = elf(interpreter="/lib/ld.so", needed=("liba.so",), padding=30_000)
    chunks = [content[at : at + 700] for at in range(0, len(content), 700)]
    kept = scanning._elf(bytearray(), iter(chunks))
    assert (kept.needed, kept.whole) == (("liba.so",), True)


def test_a_file_whose_names_are_out_of_reach_says_so(monkeypatch):
    monkeypatch.setattr(scanning, "_WINDOW", 1000)
    content = elf(interpreter="", needed=("liba.so",), padding=30_000, strings_last=True)
    kept = scanning._elf(bytearray(), iter([content[at : at + 700] for at in range(0, len(content), 700)]))
    assert (kept.machine, kept.needed, kept.whole) == (183, (), False)


@given(st.integers(1, 3000), st.integers(200, 4000))
def test_a_file_is_read_the_same_in_whatever_pieces_it_comes(size, padding):
    content = library("amd64", "liba.so", "libb.so")
    whole = elf("amd64", needed=("x.so",), padding=padding)
    for one in (content, whole):
        pieces = iter([one[at : at + size] for at in range(0, len(one), size)])
        assert scanning._elf(bytearray(), pieces).needed == (("liba.so", "libb.so") if one is content else ("x.so",))


def test_what_is_no_tar_is_told():
    with pytest.raises(ImageError, match="no tar"):
        scan(io.BytesIO(b"x" * 2000))


# ---- kept ------------------------------------------------------------------------------------------------------------


def test_a_scan_that_was_kept_is_the_same(tmp_path):
    entries = scanned(file("a", elf(needed=("x",)), mode=0o755), symlink("b", "a"))
    scans = StoredScans(tmp_path / "made" / "when needed")
    scans.put("sha256:1", packed(entries))
    assert unpacked(scans.get("sha256:1")) == entries
    assert scans.get("sha256:2") is None


@pytest.mark.parametrize("content", [b"", b"noise", b"x\x9c\x03\x00\x00\x00\x00\x01"])
def test_a_broken_scan_counts_for_nothing(content):
    assert unpacked(content) is None


def test_a_scan_of_another_version_counts_for_nothing(monkeypatch):
    kept = packed(())
    monkeypatch.setattr("layerwise.builder.arch.scans._VERSION", 0)
    assert unpacked(kept) is None


def test_the_scans_that_were_used_last_stay(tmp_path):
    scans = StoredScans(tmp_path, most=25)
    for name in ("a", "b"):
        scans.put(name, b"x" * 10)
    scans.get("a")
    (tmp_path / "b").touch()
    os.utime(tmp_path / "b", (1, 1))
    scans.put("c", b"x" * 10)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "c"]


def test_a_directory_that_cannot_be_written_keeps_nothing(tmp_path):
    (tmp_path / "file").touch()
    scans = StoredScans(tmp_path / "file" / "below")
    scans.put("a", b"x")
    assert scans.get("a") is None


def test_every_tar_format_is_read():
    for layout in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        content = tar([file("d/" * 30 + "tool", elf("386"), mode=0o755)], layout)
        assert [one.form for one in scan(io.BytesIO(content))] == [Form.ELF]
