import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from layerwise.builder.inputs import remembered
from layerwise.builder.inputs.remembered import Known, Remembered

KNOWN = {
    b"": Known(b"packed", b"c" * 32, b"d" * 32, 1, 2, b"below", b"n" * 32, b"e" * 32),
    b"d": Known(b"", b"", b"", 0, 9),
}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "state" / "files"


def written(place: Path) -> Path:
    (path,) = place.iterdir()
    return path


def test_what_is_saved_is_loaded(place: Path, tmp_path: Path) -> None:
    assert Remembered(place).load(tmp_path) == ({}, "")
    assert Remembered(place).save(tmp_path, KNOWN) == ""
    assert Remembered(place).load(tmp_path) == (KNOWN, "")
    assert Remembered(place).load(tmp_path / "other") == ({}, "")


def test_nobody_else_can_read_it(place: Path, tmp_path: Path) -> None:
    Remembered(place).save(tmp_path, KNOWN)
    assert (place.stat().st_mode & 0o777, written(place).stat().st_mode & 0o777) == (0o700, 0o600)


def test_a_context_is_known_by_where_it_really_is(place: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path, target_is_directory=True)
    Remembered(place).save(tmp_path / "link", KNOWN)
    assert Remembered(place).load(tmp_path) == (KNOWN, "")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "another layerwise wrote it"),
        (b"layerwise files 0\n", "another layerwise wrote it"),
        (b"layerwise files 1\n", "Input data was truncated"),
        (b"layerwise files 1\n\0\0\0\0\x80trailing", "it is damaged"),
    ],
)
def test_what_is_damaged_is_said_and_made_anew(place: Path, tmp_path: Path, content: bytes, says: str) -> None:
    Remembered(place).save(tmp_path, KNOWN)
    written(place).write_bytes(content)
    known, problem = Remembered(place).load(tmp_path)
    assert known == {}
    assert problem.endswith(f"is no list of digests ({says}): it is made anew, and all files are hashed")
    assert Remembered(place).save(tmp_path, KNOWN) == ""
    assert Remembered(place).load(tmp_path) == (KNOWN, "")


@pytest.mark.parametrize("position", [20, 60, -1])
def test_a_single_wrong_byte_is_noticed(place: Path, tmp_path: Path, position: int) -> None:
    Remembered(place).save(tmp_path, KNOWN)
    content = bytearray(written(place).read_bytes())
    content[position] ^= 1
    written(place).write_bytes(content)
    assert Remembered(place).load(tmp_path)[0] == {}


def test_what_the_system_refuses_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where a directory should be")
    problem = Remembered(tmp_path / "state" / "files").save(tmp_path, KNOWN)
    assert problem.endswith("digests can't be remembered, so the next build hashes all files again: Not a directory")
    known, problem = Remembered(tmp_path / "state" / "files").load(tmp_path)
    assert (known, problem.rpartition(": ")[2]) == ({}, "Not a directory")


def test_a_directory_that_nobody_asks_for_is_forgotten_in_the_end(place: Path, tmp_path: Path) -> None:
    Remembered(place).save(tmp_path, {b"": KNOWN[b""], b"d": KNOWN[b"d"]._replace(unused=19)})
    assert set(Remembered(place).load(tmp_path)[0]) == {b"", b"d"}
    Remembered(place).save(tmp_path, {b"": KNOWN[b""], b"d": KNOWN[b"d"]._replace(unused=20)})
    assert set(Remembered(place).load(tmp_path)[0]) == {b""}


def test_a_large_context_keeps_what_was_asked_for_last(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remembered, "_LARGEST", 300)
    big = Known(b"x" * 200, b"", b"", 0, 0, unused=1)
    assert Remembered(place).save(tmp_path, {**KNOWN, b"big": big}) == ""
    assert Remembered(place).load(tmp_path) == (KNOWN, "")
    problem = Remembered(place).save(tmp_path, {b"": big, b"d": big._replace(unused=0, packed=b"x" * 400)})
    assert problem == f"{tmp_path} has so many files that their digests are not remembered"


def test_the_contexts_that_were_built_least_lately_go_first(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        Remembered(place).save(tmp_path / str(number), KNOWN)
        os.utime(Remembered(place)._file(tmp_path / str(number)), (number, number))
    monkeypatch.setattr(remembered, "_MOST", 2 * written_size(place))
    Remembered(place).save(tmp_path / "0", KNOWN)
    assert [bool(Remembered(place).load(tmp_path / str(number))[0]) for number in range(3)] == [True, False, True]


def written_size(place: Path) -> int:
    return next(place.iterdir()).stat().st_size


def test_several_may_save_at_once(place: Path, tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: Remembered(place).save(tmp_path, KNOWN), range(64))) == {""}
    assert Remembered(place).load(tmp_path) == (KNOWN, "")
    assert len(list(place.iterdir())) == 1
