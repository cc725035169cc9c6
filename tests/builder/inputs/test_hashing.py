import hashlib
import os
from pathlib import Path

import pytest

from layerwise.builder.inputs.hashing import hash_file
from layerwise.graph.checksum import Digests
from layerwise.graph.context import read_context
from layerwise.graph.ignore import IgnoreRules
from layerwise.graph.listing import Stat, list_directory


def found(path: Path) -> Stat:
    entries = list_directory(str(path.parent), IgnoreRules()).entries(b"")
    return next(entry for entry in entries if entry.name == os.fsencode(path.name))


@pytest.mark.parametrize("size", [0, 1, 1000, (1 << 20) - 1, 1 << 20, (5 << 20) + 3])
def test_a_file_has_the_sum_of_its_bytes_and_the_digest_that_buildkit_gives_it(tmp_path: Path, size: int) -> None:
    path = tmp_path / "f"
    path.write_bytes(os.urandom(size))
    path.chmod(0o4750)
    hashed = hash_file(os.fsencode(path), found(path))
    assert hashed.content == hashlib.sha256(path.read_bytes()).digest()
    assert f"sha256:{hashed.digest.hex()}" == Digests(read_context(tmp_path)).path("f")
    assert hashed.steady


def test_a_file_that_was_written_since_the_walk_counts_as_it_is_but_is_not_steady(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_text("one")
    before = found(path)
    path.write_text("three")
    hashed = hash_file(os.fsencode(path), before)
    assert f"sha256:{hashed.digest.hex()}" == Digests(read_context(tmp_path)).path("f")
    assert (hashed.content, hashed.steady) == (hashlib.sha256(b"three").digest(), False)


def test_a_file_that_is_written_all_the_time_is_given_up_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "f"
    path.write_text("1")
    before = found(path)
    fstat = os.fstat

    def growing(descriptor: int) -> os.stat_result:
        path.write_text(path.read_text() + "1")
        return fstat(descriptor)

    monkeypatch.setattr(os, "fstat", growing)
    assert not hash_file(os.fsencode(path), before).steady


def test_what_is_no_regular_file_any_more_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_text("1")
    before = found(path)
    path.unlink()
    with pytest.raises(FileNotFoundError):
        hash_file(os.fsencode(path), before)
    path.symlink_to("elsewhere")
    with pytest.raises(OSError, match="symbolic links"):
        hash_file(os.fsencode(path), before)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(OSError, match="no regular file"):
        hash_file(os.fsencode(path), before)
