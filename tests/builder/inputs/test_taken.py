from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builder.inputs.trees import contents, put

from layerwise.builder.inputs.taken import MadeTrees, Taker
from layerwise.graph.checksum import ListForm, content_digest
from layerwise.graph.context import Context
from layerwise.graph.copying import select
from layerwise.inputs import tree
from layerwise.inputs.manifest import FileSet
from layerwise.inputs.tree import Kind, entries_of

FILES = {"a.txt": "1", "b.md": "2", "d__x.py": "3", "d__y.md": "4", "d__e__z.py": "5", "f__g": "6"}
SOURCES = [
    "a.txt",
    "b.md",
    "d",
    "d/e",
    "f",
    ".",
    "*.md",
    "d/*",
    "d*",
    "*/x.py",
    "l",
    "dl",
    "gone",
    "[ab]*",
    "*",
    "d/x*",
]


def context(root: Path) -> Path:
    put(root, **{name.replace(".", "."): text for name, text in FILES.items()})
    (root / "l").symlink_to("d/x.py")
    (root / "dl").symlink_to("d")
    (root / "d/up").symlink_to("../a.txt")
    (root / "f/empty").mkdir()
    return root


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return context(tmp_path / "context")


def taker(root: Path, state: Path, form: ListForm = ListForm.PATHS) -> tuple[Context, Taker]:
    found, known, _ = contents(root, state)
    return found, Taker("", found, known, form)


def taken(root: Path, state: Path, *sources: str, **options: object) -> dict[str, str]:
    """The paths that a COPY takes, each with its kind and mode as the tree says."""
    found, one = taker(root, state)
    files = one.take(select(found, sources, "/w/", **options))  # type: ignore[arg-type]
    return listed(one, files)


def listed(one: Taker, files: FileSet) -> dict[str, str]:
    trees = MadeTrees([one])

    def walk(name: str, above: str) -> dict[str, str]:
        found = {}
        for entry in entries_of(trees, bytes.fromhex(name)):
            path = above + entry.name.decode()
            mode = "-" if entry.mode is None else f"{entry.mode:o}"
            found[path] = f"{entry.kind.value} {mode}"
            if entry.kind is Kind.DIRECTORY:
                found |= walk(entry.digest.hex(), f"{path}/")
        return found

    return walk(files.tree, "") if files.tree else {}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return context(tmp_path_factory.mktemp("shared") / "context"), tmp_path_factory.mktemp("state")


@given(
    st.lists(st.sampled_from(SOURCES), min_size=1, max_size=3),
    st.lists(st.sampled_from(["*.md", "e", "d/*", "**/x.py", "!d/x.py"]), max_size=2),
    st.booleans(),
    st.sampled_from(ListForm),
)
def test_the_key_is_that_of_buildkit_and_the_tree_holds_what_is_placed(
    shared: tuple[Path, Path], sources: list[str], exclude: list[str], parents: bool, form: ListForm
) -> None:
    found, one = taker(*shared, form)
    selection = select(found, sources, "/w/", exclude=exclude, parents=parents)
    files = one.take(selection)
    assert files.digest == content_digest(found, selection, form=form)
    placed = {path for path in selection.placed if not path.startswith(("dl/", "l/"))}
    assert placed <= {path for path, shown in listed(one, files).items() if not shown.startswith("d")} | selection.links


def test_the_root_is_taken_as_it_is(root: Path, tmp_path: Path) -> None:
    found = taken(root, tmp_path / "state", ".")
    assert found["d"] == "d 755"
    assert found["d/e/z.py"] == "f 644"
    assert found["l"] == "l -"
    assert "f/empty" in found


def test_a_file_stands_at_its_path_in_directories_that_do_not_count(root: Path, tmp_path: Path) -> None:
    assert taken(root, tmp_path / "state", "d/e/z.py", "a.txt") == {
        "a.txt": "f 644",
        "d": "d -",
        "d/e": "d -",
        "d/e/z.py": "f 644",
    }


def test_a_directory_counts_with_its_mode(root: Path, tmp_path: Path) -> None:
    assert taken(root, tmp_path / "state", "d/e") == {"d": "d -", "d/e": "d 755", "d/e/z.py": "f 644"}


def test_a_link_to_a_source_is_shown_with_what_it_leads_to(root: Path, tmp_path: Path) -> None:
    assert taken(root, tmp_path / "state", "l") == {"l": "l -", "d": "d -", "d/x.py": "f 644"}


def test_what_is_excluded_is_not_there(root: Path, tmp_path: Path) -> None:
    found = taken(root, tmp_path / "state", "d", exclude=["*.md", "e"])
    assert found == {"d": "d 755", "d/x.py": "f 644", "d/up": "l -"}


def test_nothing_has_no_tree(root: Path, tmp_path: Path) -> None:
    assert taken(root, tmp_path / "state", "d", exclude=["*"]) == {}
    assert taken(root, tmp_path / "state", "none*") == taken(root, tmp_path / "state", "gone") == {}


@pytest.mark.parametrize("options", [{}, {"exclude": ["b.md"]}])
def test_a_large_directory_is_there_in_parts(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, list[str]]
) -> None:
    whole = taken(root, tmp_path / "state", ".", **options)
    monkeypatch.setattr(tree, "_LARGE", 1)
    assert taken(root, tmp_path / "other", ".", **options) == whole


def test_two_steps_that_take_the_same_are_looked_at_once(root: Path, tmp_path: Path) -> None:
    found, one = taker(root, tmp_path / "state")
    first = one.take(select(found, ["d"], "/w/"))
    assert one.take(select(found, ["d"], "/w/")) is first
    assert one.take(select(found, ["d"], "/other/")) == first
