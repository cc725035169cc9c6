import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.builder.inputs.trees import later, put, rewritten

from layerwise.builder.inputs import known
from layerwise.builder.inputs.files import Files
from layerwise.builder.inputs.hashing import Hashed, hash_file
from layerwise.builder.inputs.known import KnownFiles
from layerwise.graph.ignore import IgnoreRules
from layerwise.graph.listing import Stat, list_directory


@pytest.fixture
def root(tmp_path: Path) -> Path:
    put(tmp_path / "context", a="1", d__b="2", d__c="3")
    return tmp_path / "context"


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that are hashed, by their last component."""
    found: list[str] = []

    def noting(path: bytes, entry: Stat) -> Hashed:
        found.append(os.fsdecode(entry.name))
        return hash_file(path, entry)

    monkeypatch.setattr(known, "hash_file", noting)
    return found


def looked(root: Path, clock: Callable[[], int] = later, *, only: bytes | None = None) -> KnownFiles:
    files = Files(root.parent / "state", clock).of(list_directory(str(root), IgnoreRules()))
    files.hash(dict.fromkeys(files.listing.directories) if only is None else {b"d": frozenset({only})})
    assert files.save() == ""
    return files


def test_a_file_is_hashed_once(root: Path, hashed: list[str]) -> None:
    looked(root)
    assert sorted(hashed) == ["a", "b", "c"]
    hashed.clear()
    looked(root)
    assert hashed == []


@pytest.mark.parametrize(
    "change",
    [
        lambda root: (root / "d/b").write_text("4"),
        lambda root: rewritten(root / "d/b", "4"),
        lambda root: os.utime(root / "d/b", (0, 0)),
        lambda root: (root / "d/b").chmod(0o600),
        lambda root: ((root / "new").write_text("2"), (root / "new").replace(root / "d/b")),
    ],
)
def test_a_file_that_was_touched_is_hashed_again_and_no_other(
    root: Path, hashed: list[str], change: Callable[[Path], object]
) -> None:
    looked(root)
    change(root)
    hashed.clear()
    looked(root)
    assert hashed == ["b"]
    hashed.clear()
    looked(root)
    assert hashed == []


def test_a_file_that_was_just_written_is_hashed_again(root: Path, hashed: list[str]) -> None:
    looked(root, time.time_ns)
    hashed.clear()
    looked(root)
    assert sorted(hashed) == ["a", "b", "c"]
    hashed.clear()
    looked(root, time.time_ns)
    assert hashed == []


def test_of_a_directory_only_the_files_asked_for_are_hashed(root: Path, hashed: list[str]) -> None:
    looked(root, only=b"b")
    assert hashed == ["b"]
    looked(root)
    assert sorted(hashed) == ["a", "b", "c"]


def test_what_is_asked_for_again_is_not_hashed_again(root: Path, hashed: list[str]) -> None:
    files = looked(root, only=b"b")
    files.hash({b"d": frozenset({b"c"})})
    files.hash({b"d": None})
    assert hashed == ["b", "c"]


def test_what_does_not_hold_still_is_hashed_again_by_the_next_build(
    root: Path, hashed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    noting = known.hash_file
    monkeypatch.setattr(known, "hash_file", lambda path, entry: noting(path, entry)._replace(steady=entry.name != b"b"))
    looked(root)
    monkeypatch.setattr(known, "hash_file", noting)
    hashed.clear()
    looked(root)
    assert sorted(hashed) == ["b", "c"]  # a directory is remembered as a whole


def test_a_file_that_cannot_be_read_is_said(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: bytes, entry: Stat) -> Hashed:
        if entry.name == b"a":
            return hash_file(path, entry)
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(known, "hash_file", refuse)
    (note,) = looked(root).notes
    assert note == "d/b and 1 more can't be read (Permission denied), so that a change of it can't be told"
    monkeypatch.undo()
    assert looked(root).notes == []


def test_a_file_that_cannot_be_read_is_tried_once(root: Path, hashed: list[str]) -> None:
    files = Files(root.parent / "state", later).of(list_directory(str(root), IgnoreRules()))
    (root / "d/b").unlink()
    files.hash({b"d": frozenset({b"b"})})
    files.hash({b"d": None})
    assert sorted(hashed) == ["b", "c"]
    assert len(files.notes) == 1


def test_what_is_damaged_is_said_once(root: Path, hashed: list[str]) -> None:
    looked(root)
    next((root.parent / "state").iterdir()).write_bytes(b"rubbish")
    (note,) = looked(root).notes
    assert "is no list of digests" in note
    assert looked(root).notes == []


def test_directories_that_nobody_asks_for_are_kept_for_a_while(root: Path, hashed: list[str]) -> None:
    looked(root)
    for _ in range(2):
        files = Files(root.parent / "state", later).of(list_directory(str(root), IgnoreRules()))
        (root / "a").touch()
        files.hash({b"": None})
        files.save()
    hashed.clear()
    looked(root)
    assert "b" not in hashed


@pytest.mark.parametrize("many", [20, 21])
def test_many_files_are_shared_out(root: Path, hashed: list[str], monkeypatch: pytest.MonkeyPatch, many: int) -> None:
    monkeypatch.setattr(known, "_BATCH", 2)
    put(root, **{f"d__f{number}": str(number) for number in range(many)})
    one = looked(root).of(b"d")
    assert len(hashed) == 3 + many
    monkeypatch.undo()
    (next((root.parent / "state").iterdir())).unlink()
    assert looked(root).of(b"d").digests == one.digests
