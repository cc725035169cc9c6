import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builder.inputs.trees import contents, put

from layerwise.builder.inputs import known
from layerwise.builder.inputs.contents import shown
from layerwise.graph.checksum import Digests
from layerwise.inputs.tree import Kind, decode

names = st.sampled_from(["a", "b", "a.b", "é", "z"])
paths = st.lists(names, min_size=1, max_size=3).map("/".join)
files = st.dictionaries(paths, st.text(max_size=3), min_size=1, max_size=8)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    put(tmp_path / "context", a="1", d__b="2", d__e__c="3")
    (tmp_path / "context/d/l").symlink_to("b")
    return tmp_path / "context"


@given(files, st.sampled_from([0o755, 0o700]), st.sampled_from([0o644, 0o755]))
def test_directories_have_the_digests_that_buildkit_gives_them(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, str], outer: int, inner: int
) -> None:
    root = tmp_path_factory.mktemp("context")
    for path, text in sorted(files.items(), key=lambda one: len(one[0]), reverse=True):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        if not (root / path).exists():
            (root / path).write_text(text)
            (root / path).chmod(inner)
            (root / path).parent.chmod(outer)
    state = tmp_path_factory.mktemp("state")
    for _ in range(2):  # hashed, then remembered
        context, found, notes = contents(root, state)
        found.hash([("", True)])
        known = Digests(context)
        assert notes == []
        assert shown(found.directory("").digest) == known.path("")
        assert all(shown(found.file(path)[1]) == known.path(path) for path in context.files())
        found._files.save()


def test_a_directory_is_named_for_what_is_in_it(root: Path, tmp_path: Path) -> None:
    _, found, _ = contents(root, tmp_path / "state")
    found.hash([("", True)])
    top, inner = found.directory(""), found.directory("d/e")
    trees = dict(found.trees())
    assert set(trees.values()) == {b"", b"d", b"d/e"}
    assert [(entry.name, entry.kind) for entry in decode(found.encoded(b""))] == [
        (b"a", Kind.FILE),
        (b"d", Kind.DIRECTORY),
    ]
    below = {entry.name: entry for entry in decode(found.encoded(trees[found.directory("d").name]))}
    assert below[b"e"].digest == inner.name
    assert (below[b"l"].kind, below[b"l"].target, below[b"l"].mode) == (Kind.SYMLINK, b"b", None)
    assert top.name != inner.name


@pytest.mark.parametrize("path", ["d", "d/e"])
def test_the_mode_of_a_directory_counts_though_nothing_is_hashed(
    root: Path, tmp_path: Path, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = digests(root, tmp_path)
    monkeypatch.setattr(known, "hash_file", None)
    (root / path).chmod(0o700)
    after = digests(root, tmp_path)
    assert {one for one in before if before[one] != after[one]} == {"", "d", path}
    assert after == digests(root, tmp_path)
    (root / path).chmod(0o755)
    assert digests(root, tmp_path) == before


def test_a_part_that_another_build_looked_at_makes_nothing_stale(root: Path, tmp_path: Path) -> None:
    before = digests(root, tmp_path)
    put(root, d__e__c="4")
    _, found, _ = contents(root, tmp_path / "state")
    found.hash([("d/e", True)])
    inner = found.directory("d/e")
    found._files.save()
    after = digests(root, tmp_path)
    assert after["d/e"] == shown(inner.digest)
    assert not set(before.values()) & set(after.values())


def digests(root: Path, tmp_path: Path) -> dict[str, str]:
    _, found, _ = contents(root, tmp_path / "state")
    found.hash([("", True)])
    kept = {path: shown(found.directory(path).digest) for path in ("", "d", "d/e")}
    found._files.save()
    return kept


def test_a_file_that_cannot_be_read_has_no_sums(root: Path, tmp_path: Path) -> None:
    _, found, notes = contents(root, tmp_path / "state")
    (root / "a").unlink()
    found.hash([("", True)])
    found.directory("")
    assert found.file("a") == (b"", b"")
    assert decode(found.encoded(b""))[0].digest == b""
    assert notes == ["a can't be read (No such file or directory), so that a change of it can't be told"]


@pytest.mark.parametrize(
    ("taken", "expected"),
    [
        (
            [("a", False), ("d", False), ("d/b", False), ("d/l", False)],
            {("a", False), ("d", False), ("d/b", False), ("d/l", False)},
        ),
        ([("d/e", False), ("d/e/c", False)], {("d/e", True)}),
        ([("d", False), ("d/b", False), ("d/l", False), ("d/e", False), ("d/e/c", False)], {("d", True)}),
        ([("d", False), ("d/b", False), ("d/l", False), ("d/e", True)], {("d", True)}),
        ([("d", True), ("d", False), ("a", True)], {("d", True), ("a", False)}),
        ([("", True)], {("", True)}),
        ([("d/e", False), ("d/e/c", False), ("d/e/c", False)], {("d/e", True)}),
    ],
)
def test_a_directory_of_which_all_is_taken_is_taken_as_a_whole(
    root: Path, tmp_path: Path, taken: list[tuple[str, bool]], expected: set[tuple[str, bool]]
) -> None:
    _, found, _ = contents(root, tmp_path / "state")
    assert set(found.condensed(taken)) == expected


def test_names_that_are_no_text_are_taken(tmp_path: Path) -> None:
    root = tmp_path / "context"
    root.mkdir()
    (root / os.fsdecode(b"\xff")).write_text("1")
    context, found, _ = contents(root, tmp_path / "state")
    found.hash([("", True)])
    assert shown(found.directory("").digest) == Digests(context).path("")
