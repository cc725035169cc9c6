import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerwise.graph.ignore import IgnoreRules
from layerwise.graph.listing import Listing, list_directory

names = st.sampled_from(["a", "b", "c.py", "d"])
paths = st.lists(names, min_size=1, max_size=3).map("/".join)
patterns = st.sampled_from(["a", "**/b", "*.py", "a/*", "**", "!a/b", "!**/c.py", "d/**", "!b"])


def seen(listing: Listing) -> set[str]:
    return {
        os.fsdecode(b"/".join(filter(None, (directory, entry.name))))
        for directory in listing.directories
        for entry in listing.entries(directory)
    }


def visible(root: Path, directory: Path, rules: IgnoreRules) -> Iterator[str]:
    """What counts, told for each path by itself: an ignored directory once something below it does."""
    for path in directory.iterdir():
        below = list(visible(root, path, rules)) if path.is_dir() else []
        name = path.relative_to(root).as_posix()
        if below or not rules.ignores(name):
            yield name
        yield from below


@given(st.sets(paths, max_size=8), st.lists(patterns, max_size=3))
def test_what_an_ignore_file_says_is_left_out(
    tmp_path_factory: pytest.TempPathFactory, files: set[str], ignored: list[str]
) -> None:
    root = tmp_path_factory.mktemp("context")
    for file in sorted(files, key=len, reverse=True):
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        if not (root / file).exists():
            (root / file).touch()
    text = "\n".join(ignored)
    listing = list_directory(str(root), IgnoreRules.parse(text))
    assert seen(listing) == set(visible(root, root, IgnoreRules.parse(text)))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "d").mkdir()
    (tmp_path / "d/f").write_text("1")
    (tmp_path / "e").write_text("2")
    (tmp_path / "l").symlink_to("e")
    return tmp_path


def listed(root: Path) -> Listing:
    return list_directory(str(root), IgnoreRules())


def test_a_directory_says_what_is_in_it(root: Path) -> None:
    (root / "d").chmod(0o750)
    listing = listed(root)
    found = {entry.name: entry for entry in listing.entries(b"")}
    status = (root / "e").stat()
    assert found[b"e"][1:] == (
        status.st_mode,
        1,
        status.st_dev,
        status.st_ino,
        status.st_mtime_ns,
        status.st_ctime_ns,
        b"",
    )
    assert (found[b"l"].target, found[b"l"].size) == (b"e", 0)
    assert found[b"d"][2:] == (0, 0, 0, 0, 0, b"")
    assert (listing.directories[b""].files, listing.directories[b""].mode) == (2, 0)
    assert (listing.directories[b"d"].files, listing.directories[b"d"].mode) == (1, 0o750)
    assert listing.entries(b"nowhere") == []


def test_names_are_taken_as_the_file_system_has_them(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"\xff\xfe")).touch()
    assert [entry.name for entry in listed(tmp_path).entries(b"")] == [b"\xff\xfe"]


@pytest.mark.parametrize(
    "touch",
    [
        lambda root: (root / "d/f").write_text("2"),
        lambda root: (root / "d/f").chmod(0o600),
        lambda root: os.utime(root / "d/f", (0, 0)),
        lambda root: (root / "d/f").rename(root / "d/g"),
        lambda root: (root / "d/g").touch(),
        lambda root: (root / "d/f").unlink(),
        lambda root: (root / "d/g").mkdir(),
    ],
)
def test_what_is_packed_changes_with_whatever_happens_in_a_directory(
    root: Path, touch: Callable[[Path], object]
) -> None:
    before = listed(root).directories
    touch(root)
    after = listed(root).directories
    assert before[b"d"].packed != after[b"d"].packed
    assert before[b""] == after[b""]


def test_what_is_packed_stays_where_nothing_happens(root: Path) -> None:
    assert listed(root).directories == listed(root).directories
