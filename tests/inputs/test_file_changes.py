import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.inputs.samples import Files, planted

from layerwise.inputs.file_changes import FileChange, How, file_changes

names = st.sampled_from(["a", "b", "c"])
paths = st.lists(names, min_size=1, max_size=3).map("/".join)
modes = st.sampled_from([0o644, 0o755])
contents = st.one_of(st.tuples(st.sampled_from(["", "1", "2"]), modes), st.sampled_from([("-> a", 0), ("-> b", 0)]))
files = st.dictionaries(paths, contents, max_size=6)


def possible(files: Files) -> Files:
    """The files without those that others make a directory."""
    return {path: one for path, one in files.items() if not any(other.startswith(f"{path}/") for other in files)}


def changes(old: Files, new: Files) -> tuple[FileChange, ...]:
    before: dict[str, bytes] = {}
    after: dict[str, bytes] = {}
    return file_changes(before, planted(old, before), after, planted(new, after))


OLD: Files = {"a": ("1", 0o644), "d/b": ("2", 0o644), "d/c": ("", 0o644), "l": ("-> a", 0)}


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        ({"a": ("9", 0o644)}, [FileChange("a", How.CONTENT)]),
        ({"a": ("11", 0o644)}, [FileChange("a", How.CONTENT)]),
        ({"d/b": ("2", 0o755)}, [FileChange("d/b", How.MODE, "644", "755")]),
        ({"d/b": ("3", 0o755)}, [FileChange("d/b", How.CONTENT), FileChange("d/b", How.MODE, "644", "755")]),
        ({"d/e": ("9", 0o644)}, [FileChange("d/e", How.ADDED)]),
        ({"x/y/z": ("9", 0o644), "x/w": ("8", 0o644)}, [FileChange("x/w", How.ADDED), FileChange("x/y/z", How.ADDED)]),
        ({"x/": ("", 0)}, [FileChange("x", How.ADDED)]),
        ({"l": ("-> d", 0)}, [FileChange("l", How.TARGET, "a", "d")]),
        ({"l": ("1", 0o644)}, [FileChange("l", How.KIND, "symlink", "file")]),
        ({"a": ("-> d/b", 0)}, [FileChange("a", How.KIND, "file", "symlink")]),
    ],
)
def test_a_change_is_named(new: Files, expected: list[FileChange]) -> None:
    assert list(changes(OLD, {**OLD, **new})) == expected


def test_what_is_gone_is_named() -> None:
    assert changes(OLD, {"a": OLD["a"]}) == tuple(FileChange(path, How.REMOVED) for path in ("d/b", "d/c", "l"))
    assert len(changes(OLD, {})) == 4
    assert changes({}, {}) == ()


def test_a_file_under_another_name_is_renamed() -> None:
    old = {"a": ("1", 0o644), "d/b": ("2", 0o644)}
    assert changes(old, {"x": ("1", 0o644), "d/b": ("2", 0o644)}) == (FileChange("x", How.RENAMED, "a"),)
    assert changes(old, {"a": ("1", 0o644), "e/b": ("2", 0o644)}) == (FileChange("e/b", How.RENAMED, "d/b"),)
    assert changes(old, {"x": ("1", 0o755), "d/b": ("2", 0o644)}) == (
        FileChange("a", How.REMOVED),
        FileChange("x", How.ADDED),
    )


def test_of_equal_files_those_of_the_same_last_name_are_renamed_first() -> None:
    old = {"d/__init__.py": ("", 0o644), "d/py.typed": ("", 0o644)}
    new = {"e/__init__.py": ("", 0o644), "e/py.typed": ("", 0o644)}
    assert changes(old, new) == (
        FileChange("e/__init__.py", How.RENAMED, "d/__init__.py"),
        FileChange("e/py.typed", How.RENAMED, "d/py.typed"),
    )


def test_a_file_that_becomes_a_directory_says_both() -> None:
    assert changes({"a": ("1", 0o644)}, {"a/b": ("2", 0o644)}) == (
        FileChange("a", How.KIND, "file", "directory"),
        FileChange("a/b", How.ADDED),
    )
    assert changes({"a/b": ("2", 0o644)}, {"a": ("1", 0o644)}) == (
        FileChange("a", How.KIND, "directory", "file"),
        FileChange("a/b", How.REMOVED),
    )


def test_only_what_differs_is_read() -> None:
    class Counting(dict[str, bytes]):
        asked = 0

        def __getitem__(self, name: str, /) -> bytes:
            self.asked += 1
            return super().__getitem__(name)

    before, after = Counting(), Counting()
    same = {f"d{number}/f": (str(number), 0o644) for number in range(50)}
    old, new = planted({**same, "x/a": ("1", 0o644)}, before), planted({**same, "x/a": ("2", 0o644)}, after)
    assert file_changes(before, old, after, new) == (FileChange("x/a", How.CONTENT),)
    assert (before.asked, after.asked) == (2, 2)


@given(files.map(possible), files.map(possible))
def test_each_file_that_differs_is_named_and_no_other(old: Files, new: Files) -> None:
    found = changes(old, new)
    assert (not found) == (old == new)
    touched = {change.path for change in found} | {change.was for change in found if change.how is How.RENAMED}
    differing = {path for path in old.keys() | new.keys() if old.get(path) != new.get(path)}
    assert differing <= touched
    assert all(any(path.startswith(f"{one}/") for path in differing) for one in touched - differing)
    kept = {path for path in old.keys() & new.keys() if old[path] == new[path]}
    assert not kept & touched


@given(files.map(possible), files.map(possible))
def test_the_way_back_says_the_opposite(old: Files, new: Files) -> None:
    there, back = changes(old, new), changes(new, old)
    assert {one.path for one in there if one.how is How.CONTENT} == {one.path for one in back if one.how is How.CONTENT}
    assert len([one for one in there if one.how is How.ADDED]) == len([one for one in back if one.how is How.REMOVED])
