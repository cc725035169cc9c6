import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerwise.graph.context import Context, Kind, read_context
from layerwise.prove.bench.tree import Working, copy_context, remove_tree


@pytest.fixture
def source(tmp_path: Path) -> Path:
    root = tmp_path / "source"
    (root / "app").mkdir(parents=True)
    (root / "app" / "main.py").write_text("print(1)\n")
    (root / "run.sh").write_text("echo\n")
    (root / "run.sh").chmod(0o755)
    (root / "empty").mkdir()
    (root / "link").symlink_to("app/main.py")
    (root / "away").symlink_to("/no/such/place")
    os.utime(root / "app" / "main.py", ns=(1_000_000_000, 2_000_000_000))
    return root


def working(source: Path, place: Path) -> Working:
    context = read_context(source)
    copy_context(context, place / "pristine")
    made = Working(place / "side", place / "pristine", context.entries)
    made.make()
    return made


def snapshot(root: Path) -> dict[str, tuple]:
    found = {}
    for path in sorted(root.rglob("*")):
        state = path.lstat()
        content = str(path.readlink()) if path.is_symlink() else path.read_bytes() if path.is_file() else b""
        found[path.relative_to(root).as_posix()] = (state.st_mode, state.st_mtime_ns, content)
    return found


def test_a_copy_has_the_same_files_modes_links_and_times(source, tmp_path):
    made = working(source, tmp_path / "bench")
    assert snapshot(made.root) == snapshot(source)


def test_a_copy_holds_what_the_build_context_holds(source, tmp_path):
    (source / ".dockerignore").write_text("*.sh\n")
    made = working(source, tmp_path / "bench")
    assert not (made.root / "run.sh").exists()
    assert (made.root / "app" / "main.py").is_file()


def test_a_change_is_a_new_file_that_neither_the_user_nor_the_other_side_sees(source, tmp_path):
    made = working(source, tmp_path / "bench")
    other = Working(tmp_path / "bench" / "other", made.pristine, made.entries)
    other.make()
    before = snapshot(source)
    made.write("run.sh", b"echo other\n")
    assert made.read("run.sh") == b"echo other\n"
    assert (made.root / "run.sh").stat().st_mode & 0o777 == 0o755
    assert snapshot(source) == before == snapshot(other.root) == snapshot(made.pristine)


def test_what_writes_in_place_finds_files_of_its_own(source, tmp_path):
    made = working(source, tmp_path / "bench")
    made.write("run.sh", b"changed\n")
    made.detach()
    assert made.read("run.sh") == b"changed\n"
    with (made.root / "app" / "main.py").open("a") as file:
        file.write("more\n")
    assert (made.pristine / "app" / "main.py").read_text() == "print(1)\n"
    assert set(made.changed()) == {"app/main.py", "run.sh"}


def test_another_checkout_has_other_modes_and_the_same_bytes(source, tmp_path):
    made = working(source, tmp_path / "bench")
    assert made.give_modes(0o002)
    modes = {path: (made.root / path).stat().st_mode & 0o777 for path in ("app", "app/main.py", "run.sh")}
    assert modes == {"app": 0o775, "app/main.py": 0o664, "run.sh": 0o775}
    assert made.read("app/main.py") == b"print(1)\n"
    assert (made.pristine / "run.sh").stat().st_mode & 0o777 == 0o755


def test_a_tree_that_nobody_may_write_to_can_be_removed(tmp_path):
    inner = tmp_path / "tree" / "a" / "b"
    inner.mkdir(parents=True)
    (inner / "file").write_text("")
    (inner / "link").symlink_to("/")
    for place in (inner, inner.parent):
        place.chmod(0o555)
    remove_tree(tmp_path / "tree")
    remove_tree(tmp_path / "tree")
    assert not (tmp_path / "tree").exists()


ACTIONS = st.lists(
    st.tuples(st.sampled_from(["write", "detach", "modes", "append", "remove", "add"]), st.integers(0, 2)), max_size=6
)


@settings(max_examples=30, deadline=None)
@given(actions=ACTIONS)
def test_whatever_was_done_is_undone(actions, tmp_path_factory):
    place = tmp_path_factory.mktemp("tree")
    root = place / "source"
    (root / "d").mkdir(parents=True)
    names = ("a", "d/b", "d/c")
    for name in names:
        (root / name).write_text(name)
    made = working(root, place / "bench")
    before = snapshot(made.root)
    for action, number in actions:
        act(made, action, names[number])
    made.restore()
    assert snapshot(made.root) == before == snapshot(made.pristine)


def act(made: Working, action: str, name: str) -> None:
    if action in ("append", "remove", "add", "modes"):
        made.detach()
    if action == "write" and (made.root / name).exists():
        made.write(name, b"written")
    elif action == "append" and (made.root / name).exists():
        with (made.root / name).open("ab") as file:
            file.write(b"appended")
    elif action == "remove":
        (made.root / name).unlink(missing_ok=True)
    elif action == "add":
        (made.root / f"{name}.new").write_text("")
    elif action == "modes" and all(
        (made.root / path).exists() for path, entry in made.entries.items() if entry.kind is Kind.FILE
    ):
        made.give_modes(0o002)


def test_a_context_that_is_not_on_disk_is_a_bug(tmp_path):
    with pytest.raises(AssertionError):
        copy_context(Context.from_paths(["a"]), tmp_path / "copy")
