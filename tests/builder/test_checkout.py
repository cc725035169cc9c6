import os
import subprocess
from pathlib import Path

import pytest

from layerwise.builder import checkout
from layerwise.builder.checkout import Checkout, changed_between, named, project_of, read_checkout


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, value in {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}.items():
        monkeypatch.setenv(name, value)
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    made = tmp_path / "shop"
    made.mkdir()
    git(made, "init", "--quiet", "--initial-branch=main")
    return made


def git(root: Path, *arguments: str) -> str:
    names = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    command = ["git", "-C", str(root), *names, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def commit(root: Path, **files: str) -> str:
    for name, text in files.items():
        write(root, name, text)
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--allow-empty", "--message=x")
    return git(root, "rev-parse", "HEAD")


def write(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def read(root: Path) -> Checkout:
    found = read_checkout(root)
    assert found is not None
    return found


def dirty(root: Path) -> dict[str, str]:
    return dict(read(root).dirty or ())


def state(root: Path) -> tuple[str, tuple[tuple[str, str], ...]]:
    found = read(root)
    assert found.dirty is not None
    return found.commit, found.dirty


def test_a_directory_that_git_does_not_know_is_no_checkout(tmp_path: Path) -> None:
    assert read_checkout(tmp_path) is None
    assert project_of(tmp_path) == str(tmp_path)


def test_a_directory_that_is_not_there_is_no_checkout(tmp_path: Path) -> None:
    assert read_checkout(tmp_path / "gone") is None


def test_without_git_there_is_no_checkout(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(root))
    assert read_checkout(root) is None


def test_a_clean_checkout_has_its_commit_and_nothing_dirty(root: Path) -> None:
    made = commit(root, **{"a.txt": "one"})
    assert read(root) == Checkout(root, str(root), made, ())


def test_a_checkout_is_the_same_from_its_directories(root: Path) -> None:
    commit(root, **{"deep/er/a.txt": "one"})
    assert read(root / "deep" / "er") == read(root)


def test_before_the_first_commit_there_is_none_and_all_is_dirty(root: Path) -> None:
    write(root, "a.txt", "one")
    found = read(root)
    assert found.commit == ""
    assert [path for path, _ in found.dirty or ()] == ["a.txt"]


def test_files_that_changed_came_or_went_are_dirty(root: Path) -> None:
    commit(root, **{"same.txt": "same", "changed.txt": "one", "gone.txt": "x", "staged.txt": "one"})
    write(root, "changed.txt", "two")
    write(root, "new/file with spaces é.txt", "new")
    write(root, "staged.txt", "two")
    git(root, "add", "staged.txt")
    (root / "gone.txt").unlink()
    found = dirty(root)
    assert sorted(found) == ["changed.txt", "gone.txt", "new/file with spaces é.txt", "staged.txt"]
    assert found["gone.txt"] == ""
    assert found["changed.txt"] == found["staged.txt"] == git(root, "hash-object", "changed.txt")


def test_files_that_git_ignores_are_not_dirty(root: Path) -> None:
    commit(root, **{".gitignore": "*.log\n"})
    write(root, "a.log", "x")
    assert dirty(root) == {}


def test_a_file_that_moved_went_and_came(root: Path) -> None:
    commit(root, **{"old.txt": "a long enough text to be found again\n" * 9})
    git(root, "mv", "old.txt", "new.txt")
    assert sorted(dirty(root)) == ["new.txt", "old.txt"]


def test_a_link_has_the_content_that_git_gives_it(root: Path) -> None:
    commit(root, **{"a.txt": "one", "dir/b.txt": "two"})
    for name, target in {"file-link": "a.txt", "dir-link": "./dir//", "dangling": "nowhere"}.items():
        os.symlink(target, root / name)  # noqa: PTH211 - a Path would clean the target
    before = dirty(root)
    made = commit(root)
    assert before == {name: git(root, "rev-parse", f"{made}:{name}") for name in ("file-link", "dir-link", "dangling")}


def test_names_that_git_quotes_are_told_apart(root: Path) -> None:
    commit(root)
    for name in ('"quoted".txt', "two\nlines.txt", "plain.txt"):
        write(root, name, "x")
    found = dirty(root)
    assert sorted(found) == ['"quoted".txt', "plain.txt", "two\nlines.txt"]
    assert found["plain.txt"]


def test_a_checkout_that_differs_everywhere_is_not_listed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(root)
    monkeypatch.setattr(checkout, "_MOST_DIRTY", 2)
    write(root, "a", "x")
    write(root, "b", "x")
    assert len(read(root).dirty or ()) == 2
    write(root, "c", "x")
    assert read(root).dirty is None


def test_a_file_that_can_not_be_read_makes_nothing_known(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(root, **{"a.txt": "one"})
    write(root, "a.txt", "two")
    monkeypatch.setattr(checkout, "_hashes", lambda *_: None)
    assert read(root).dirty is None


def test_a_broken_repository_has_nothing_known(root: Path) -> None:
    commit(root, **{"a.txt": "one"})
    (root / ".git" / "index").write_bytes(b"broken")
    assert read(root).dirty is None


def test_a_project_is_named_for_where_it_comes_from(root: Path) -> None:
    git(root, "remote", "add", "origin", "https://me:swordfish@git.example/acme/shop.git")
    assert read(root).project == project_of(root) == "git.example/acme/shop"


@pytest.mark.parametrize(
    ("remote", "name"),
    [
        ("git@github.com:acme/shop.git", "github.com/acme/shop"),
        ("github.com:acme/shop", "github.com/acme/shop"),
        ("git@github.com:/acme/shop.git", "github.com/acme/shop"),
        ("git@host:9lives/shop.git", "host/9lives/shop"),
        ("https://github.com/acme/shop.git", "github.com/acme/shop"),
        ("https://github.com/acme/shop/", "github.com/acme/shop"),
        ("https://user@github.com/acme/shop", "github.com/acme/shop"),
        ("https://user:pass@github.com/acme/shop.git", "github.com/acme/shop"),
        ("https://user:p@ss:word@github.com/acme/shop.git", "github.com/acme/shop"),
        ("https://github.com/acme/shop.git?token=swordfish#main", "github.com/acme/shop"),
        ("ssh://git@host:2222/acme/shop.git", "host:2222/acme/shop"),
        ("git+ssh://git@host/acme/shop", "host/acme/shop"),
        ("git@[::1]:acme/shop", "[::1]/acme/shop"),
        ("file:///srv/git/shop.git", "/srv/git/shop"),
        ("/srv/git/shop.git", "/srv/git/shop"),
        ("../shop", "../shop"),
        (r"C:\git\shop", r"C:\git\shop"),
    ],
)
def test_a_remote_is_named_without_user_password_and_suffix(remote: str, name: str) -> None:
    assert named(remote) == name


def test_between_a_state_and_itself_nothing_changed(root: Path) -> None:
    commit(root, **{"a.txt": "one"})
    assert changed_between(root, state(root), state(root)) == frozenset()
    write(root, "a.txt", "two")
    assert changed_between(root, state(root), state(root)) == frozenset()


def test_a_commit_changes_the_files_that_differ(root: Path) -> None:
    commit(root, **{"a.txt": "one", "b.txt": "one", "gone.txt": "x"})
    before = state(root)
    (root / "gone.txt").unlink()
    commit(root, **{"a.txt": "two", "new/c.txt": "new"})
    assert changed_between(root, before, state(root)) == {"a.txt", "gone.txt", "new/c.txt"}


def test_a_file_that_becomes_dirty_or_clean_changes(root: Path) -> None:
    commit(root, **{"a.txt": "one"})
    clean = state(root)
    write(root, "a.txt", "two")
    write(root, "new.txt", "x")
    assert changed_between(root, clean, state(root)) == {"a.txt", "new.txt"}
    assert changed_between(root, state(root), clean) == {"a.txt", "new.txt"}


def test_a_file_that_was_dirty_and_is_committed_as_it_was_does_not_change(root: Path) -> None:
    commit(root, **{"a.txt": "one"})
    write(root, "a.txt", "two")
    write(root, "b.txt", "new")
    before = state(root)
    commit(root)
    assert changed_between(root, before, state(root)) == frozenset()


def test_neither_does_one_that_git_stores_in_another_form(root: Path) -> None:
    commit(root, **{".gitattributes": "*.txt text\n", "a.txt": "one\n"})
    (root / "a.txt").write_bytes(b"one\r\ntwo\r\n")
    before = state(root)
    commit(root)
    assert changed_between(root, before, state(root)) == frozenset()


def test_a_commit_that_undoes_another_changes_nothing(root: Path) -> None:
    commit(root, **{"a.txt": "one"})
    before = state(root)
    commit(root, **{"a.txt": "two"})
    commit(root, **{"a.txt": "one"})
    assert changed_between(root, before, state(root)) == frozenset()


def test_a_name_that_git_can_not_be_asked_for_differs_with_the_commit(root: Path) -> None:
    commit(root, **{"two\nlines.txt": "one", "b.txt": "one"})
    before = state(root)
    commit(root, **{"two\nlines.txt": "two"})
    assert changed_between(root, before, state(root)) == {"two\nlines.txt"}
    before = state(root)
    commit(root, **{"b.txt": "two"})
    assert changed_between(root, before, state(root)) == {"b.txt"}


def test_a_commit_that_is_not_there_tells_nothing(root: Path) -> None:
    commit(root, **{"a.txt": "one"})
    assert changed_between(root, ("0" * 40, ()), state(root)) is None
    assert changed_between(root, ("", ()), state(root)) is None


def test_a_repository_that_is_gone_tells_nothing(root: Path, tmp_path: Path) -> None:
    assert changed_between(tmp_path, ("a", (("x", "1"),)), ("a", ())) is None
