import sqlite3
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.inputs.samples import Files, manifest, planted, step
from tests.records import build
from tests.store.conftest import Clock

from layerwise.errors import StoreError
from layerwise.inputs.differences import differences
from layerwise.inputs.file_changes import FileChange, How, file_changes
from layerwise.inputs.manifest import FileSet, Input, InputManifest, Part, Piece
from layerwise.store import Store, open_store

DAY_S = 86_400.0
ONE: Files = {"a": ("1", 0o644), "d/b": ("2", 0o644), "d/e/c": ("3", 0o755), "l": ("-> a", 0)}
OTHER: Files = {**ONE, "d/b": ("9", 0o644)}


def made(*files: Files, **versions: str) -> InputManifest:
    trees: dict[str, bytes] = {}
    sets = tuple(FileSet("", f"sha256:{number}", planted(each, trees)) for number, each in enumerate(files))
    base, copy = (
        step("FROM base", Piece(Part.BASE, "base", "sha256:0")),
        step("COPY . /", files=sets, inputs=(Input(0),)),
    )
    return manifest(base, copy, trees=trees, **versions)


def rows(path: Path, table: str) -> int:
    with closing(sqlite3.connect(path)) as connection:
        found: int = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    return found


def test_what_is_kept_is_read_again(store: Store) -> None:
    kept = made(ONE, buildkit="v0.25.0")
    store.add_inputs("b1", kept)
    found = store.inputs("b1")
    assert found == kept
    assert found.steps[1].files == kept.steps[1].files
    assert [files.tree for files in found.steps[1].files] == [files.tree for files in kept.steps[1].files]
    assert all(found.trees[name] == content for name, content in kept.trees.items())
    assert store.inputs("b2") is None


def test_two_that_are_kept_are_compared(store: Store) -> None:
    store.add_inputs("b1", made(ONE))
    trees: dict[str, bytes] = {}
    other = manifest(
        made(ONE).steps[0],
        step("COPY . /", files=(FileSet("", "sha256:9", planted(OTHER, trees)),), inputs=(Input(0),)),
        trees=trees,
    )
    store.add_inputs("b2", other)
    old, new = store.inputs("b1"), store.inputs("b2")
    assert old
    assert new
    (found,) = differences(old, new).steps
    assert found.files[0].files == (FileChange("d/b", How.CONTENT),)


def test_builds_share_the_directories_that_are_the_same(store: Store, path: Path) -> None:
    store.add_inputs("b1", made(ONE))
    assert rows(path, "trees") == 3
    store.add_inputs("b2", made(ONE))
    assert rows(path, "trees") == 3
    store.add_inputs("b3", made(OTHER))
    assert rows(path, "trees") == 5  # the root and d anew, d/e as before


def test_a_directory_that_is_there_twice_is_kept_once(store: Store, path: Path) -> None:
    store.add_inputs("b1", made({"one/a": ("1", 0o644), "two/a": ("1", 0o644)}))
    assert (rows(path, "trees"), rows(path, "tree_links")) == (2, 1)


def test_of_a_large_directory_only_the_parts_that_changed_are_kept_anew(store: Store, path: Path) -> None:
    many: Files = {f"f{number}": ("1", 0o644) for number in range(3000)}
    store.add_inputs("b1", made(many))
    before = rows(path, "trees")
    store.add_inputs("b2", made({**many, "f7": ("2", 0o644)}))
    assert (before > 10, rows(path, "trees")) == (True, before + 2)
    old, new = store.inputs("b1"), store.inputs("b2")
    assert old
    assert new
    changes = file_changes(old.trees, old.roots()[0], new.trees, new.roots()[0])
    assert changes == (FileChange("f7", How.CONTENT),)


def test_only_what_is_not_there_is_asked_for(store: Store) -> None:
    store.add_inputs("b1", made(ONE))
    whole = made(ONE)
    store.add_inputs("b2", manifest(*whole.steps, trees={}))
    found = store.inputs("b2")
    assert found
    assert found.trees[whole.roots()[0]] == whole.trees[whole.roots()[0]]


def test_another_manifest_of_a_build_takes_the_place_of_the_first(store: Store, path: Path) -> None:
    store.add_inputs("b1", made(ONE))
    store.add_inputs("b1", made(OTHER, ONE))
    assert store.inputs("b1") == made(OTHER, ONE)
    assert (rows(path, "inputs"), rows(path, "input_trees")) == (1, 2)


def test_names_that_are_no_unicode_are_kept(store: Store) -> None:
    odd = manifest(step("COPY \udcff /"), step("RUN a", Piece(Part.INSTRUCTION, "command", "a\0\udcff")))
    store.add_inputs("b\udcff1", odd)
    found = store.inputs("b\udcff1")
    assert found == odd
    assert found.steps[0].instruction == "COPY \udcff /"


def test_the_manifest_of_a_build_goes_with_it(store: Store, path: Path, clock: Clock) -> None:
    for number, files in enumerate((ONE, OTHER)):
        store.add(build(id=f"b{number}", started_at=clock.now + number))
        store.add_inputs(f"b{number}", made(files))
    clock.now += 2 * DAY_S
    assert store.prune(project="shop", keep=1, older_than=None) == 1
    assert (store.inputs("b0"), store.inputs("b1")) == (None, made(OTHER))
    assert rows(path, "trees") == 3
    assert store.prune(project="shop", keep=0, older_than=0.0) == 1
    assert [rows(path, table) for table in ("inputs", "input_trees", "trees", "tree_links")] == [0, 0, 0, 0]


def test_a_manifest_that_no_build_claims_is_kept_for_a_day(store: Store, clock: Clock) -> None:
    store.add_inputs("early", made(ONE))
    clock.now += DAY_S - 1
    store.prune(project="shop", keep=10, older_than=None)
    assert store.inputs("early") is not None
    store.add(build(id="early"))
    clock.now += DAY_S
    store.add_inputs("never", made(OTHER))
    store.prune(project="shop", keep=10, older_than=None)
    assert (store.inputs("early"), store.inputs("never")) == (made(ONE), made(OTHER))
    clock.now += DAY_S + 1
    store.prune(project="shop", keep=10, older_than=None)
    assert (store.inputs("early"), store.inputs("never")) == (made(ONE), None)


def test_a_part_that_got_lost_is_said(store: Store, path: Path) -> None:
    store.add_inputs("b1", made(ONE))
    found = store.inputs("b1")
    assert found
    (root,) = found.roots()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE trees SET content = x'00' WHERE name = ?", (bytes.fromhex(root),))
    with pytest.raises(StoreError, match="the store lost a part of an input manifest"):
        found.trees[root]
    with pytest.raises(StoreError, match="the store lost a part of an input manifest"):
        found.trees["00" * 32]


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [
        ("layout", 2, "the inputs of build b1 were written by a newer layerwise: update this one to read them"),
        ("document", b"no zlib", "the input manifest of build b1 can't be read"),
        ("document", zlib.compress(b"no JSON"), "the input manifest of build b1 can't be read"),
        ("document", zlib.compress(b"{}"), "the input manifest of build b1 can't be read"),
    ],
)
def test_a_manifest_that_cannot_be_read_is_said(
    store: Store, path: Path, column: str, value: object, says: str
) -> None:
    store.add_inputs("b1", made(ONE))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"UPDATE inputs SET {column} = ?", (value,))
    with pytest.raises(StoreError) as caught:
        store.inputs("b1")
    assert says in str(caught.value)


names = st.sampled_from(["a", "b", "c"])
files = st.dictionaries(
    st.lists(names, min_size=1, max_size=3).map(lambda parts: "/".join(parts) + ".txt"),
    st.tuples(st.sampled_from(["1", "2"]), st.just(0o644)),
    max_size=4,
)


@given(st.lists(files, min_size=1, max_size=5), st.data())
def test_what_is_kept_is_whole_whatever_is_removed(
    shared: tuple[Store, Clock], contents: list[Files], data: st.DataObject
) -> None:
    store, clock = shared
    clock.now += 10 * DAY_S
    store.prune(project=None, keep=0, older_than=0.0)
    for number, each in enumerate(contents):
        store.add(build(id=f"b{number}", started_at=clock.now + number))
        store.add_inputs(f"b{number}", made(each))
    clock.now += 2 * DAY_S
    kept = data.draw(st.integers(0, len(contents)))
    store.prune(project="shop", keep=kept, older_than=None)
    for number, each in enumerate(contents):
        found = store.inputs(f"b{number}")
        assert (found is None) == (number < len(contents) - kept)
        if found:
            assert all(found.trees[name] == content for name, content in made(each).trees.items())


def test_several_may_add_at_once(store: Store, path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: store.add_inputs(f"b{number % 5}", made((ONE, OTHER)[number % 2])), range(20)))
    assert (rows(path, "inputs"), rows(path, "trees")) == (5, 5)


def test_an_older_store_takes_manifests(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/old.db"
    open_store(url).close()
    with closing(sqlite3.connect(tmp_path / "old.db")) as connection, connection:
        for table in ("input_trees", "tree_links", "trees", "inputs"):
            connection.execute(f"DROP TABLE {table}")
        connection.execute("UPDATE store_version SET version = 2")
    with open_store(url) as store:
        assert store.inputs("b1") is None
        store.add_inputs("b1", made(ONE))
        assert store.inputs("b1") == made(ONE)
