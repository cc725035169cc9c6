import os
import pathlib
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerwise.model.commits import Commit, History, Touched, read_blobs, read_commits


class Repository:
    def __init__(self, path: pathlib.Path) -> None:
        self.path = path
        path.mkdir()
        self.git("init", "-q", "-b", "main")

    def git(self, *arguments: str) -> str:
        command = ["git", "-C", self.path, "-c", "user.name=A", "-c", "user.email=a@b", *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def write(self, name: str, text: str) -> None:
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def commit(self, subject: str = "a change", **files: str) -> str:
        for name, text in files.items():
            self.write(name, text)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "--allow-empty-message", "-m", subject)
        return self.git("rev-parse", "HEAD")


@pytest.fixture(autouse=True)
def no_user_config(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)


@pytest.fixture
def repository(tmp_path: pathlib.Path) -> Repository:
    return Repository(tmp_path / "repository")


def last(repository: Repository) -> Commit:
    return read_commits(repository.path).commits[0]


def test_commits_come_newest_first_and_the_initial_one_adds_its_files(repository):
    first = repository.commit("one", a="1")
    second = repository.commit("two", a="2")
    history = read_commits(repository.path)
    assert [(commit.id, commit.subject, commit.touched) for commit in history.commits] == [
        (second, "two", (Touched("a", "M"),)),
        (first, "one", (Touched("a", "A"),)),
    ]
    assert history.branch == "main"
    assert history.why is None
    assert not history.more_available


def test_a_commit_keeps_its_time_in_unix_seconds(repository, monkeypatch):
    monkeypatch.setenv("GIT_COMMITTER_DATE", "1700000000 +0300")
    repository.commit(a="1")
    assert last(repository).when == 1_700_000_000


def test_a_merge_is_one_commit_with_all_it_brought_in(repository):
    repository.commit("base", a="1")
    repository.git("checkout", "-q", "-b", "side")
    repository.commit("side one", b="1")
    repository.commit("side two", c="1")
    repository.git("checkout", "-q", "main")
    repository.git("-c", "user.name=A", "merge", "-q", "--no-ff", "-m", "merge", "side")
    history = read_commits(repository.path)
    assert [commit.subject for commit in history.commits] == ["merge", "base"]
    assert history.commits[0].touched == (Touched("b", "A"), Touched("c", "A"))


def test_an_empty_commit_and_an_empty_message_are_commits(repository):
    repository.commit("one", a="1")
    repository.commit("")
    repository.commit("three", a="3")
    commits = read_commits(repository.path).commits
    assert [(commit.subject, len(commit.touched)) for commit in commits] == [("three", 1), ("", 0), ("one", 1)]


def test_a_subject_that_looks_like_a_raw_line_stays_a_subject(repository):
    repository.commit(":100644 100644 0 0 M", a="1")
    assert (last(repository).subject, last(repository).touched) == (":100644 100644 0 0 M", (Touched("a", "A"),))


def test_a_commit_knows_its_tags(repository):
    repository.commit("one", a="1")
    repository.git("tag", "v1,x")
    repository.git("tag", "-a", "-m", "annotated", "v2")
    repository.git("branch", "v3")
    repository.commit("two", a="2")
    assert [set(commit.tags) for commit in read_commits(repository.path).commits] == [set(), {"v1,x", "v2"}]


def test_an_exact_rename_names_both_paths(repository):
    repository.commit(a="some content")
    repository.git("mv", "a", "b")
    repository.commit()
    assert last(repository).touched == (Touched("b", "R", "a"),)
    assert last(repository).touched[0].paths == ("b", "a")


def test_a_renamed_and_edited_file_is_a_removal_and_an_addition(repository):
    repository.commit(a="one\ntwo\nthree\nfour\n")
    repository.git("mv", "a", "b")
    repository.commit(b="one\ntwo\nthree\n4\n")
    assert set(last(repository).touched) == {Touched("a", "D"), Touched("b", "A")}


def test_a_mode_change_is_seen_without_a_content_change(repository):
    repository.commit(run="#!/bin/sh\n")
    (repository.path / "run").chmod(0o755)
    repository.commit()
    assert last(repository).touched == (Touched("run", "M", None, mode_changed=True),)


def test_a_file_that_becomes_a_link_changes_type(repository):
    repository.commit(a="1", b="2")
    (repository.path / "b").unlink()
    (repository.path / "b").symlink_to("a")
    repository.commit()
    assert last(repository).touched == (Touched("b", "T", None, mode_changed=True),)


def test_a_submodule_is_kept_as_a_touched_path(repository):
    repository.commit(a="1")
    other = repository.git("rev-parse", "HEAD")
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{other},vendor/lib")
    repository.git("commit", "-q", "-m", "submodule")
    assert last(repository).touched == (Touched("vendor/lib", "A"),)


@pytest.mark.parametrize(
    "name", ["with space", "tab\there", "line\nend", '"quoted"', "ünïcode", ":100644", "-dash", " "]
)
def test_odd_file_names_survive(repository, name):
    repository.commit(**{name: "1"})
    assert last(repository).touched == (Touched(name, "A"),)


def test_a_file_name_that_is_not_utf_8_survives(repository):
    name = os.fsdecode(b"caf\xe9")
    repository.commit(**{name: "1"})
    assert last(repository).touched == (Touched(name, "A"),)


def test_the_limit_keeps_the_newest_and_says_that_there_are_more(repository):
    for number in range(4):
        repository.commit(str(number), a=str(number))
    history = read_commits(repository.path, limit=3)
    assert [commit.subject for commit in history.commits] == ["3", "2", "1"]
    assert history.more_available
    assert not read_commits(repository.path, limit=4).more_available


def test_below_keeps_only_the_commits_of_a_directory(repository):
    repository.commit("app", **{"app/a": "1", "b": "1"})
    repository.commit("other", b="2")
    history = read_commits(repository.path / "app", below="app")
    assert [(commit.subject, commit.touched) for commit in history.commits] == [("app", (Touched("app/a", "A"),))]


def test_below_takes_a_directory_with_glob_characters_literally(repository):
    repository.commit("glob", **{"[ab]/f": "1"})
    repository.commit("plain", **{"a/f": "1"})
    assert [commit.subject for commit in read_commits(repository.path, below="[ab]").commits] == ["glob"]


def test_within_makes_paths_relative_and_keeps_commits_that_touched_nothing_there(repository):
    repository.commit("app", **{"app/a": "1", "b": "1"})
    repository.commit("other", b="2")
    history = read_commits(repository.path / "app")
    assert history.prefix == "app/"
    inside = history.within(history.prefix)
    assert [commit.touched for commit in inside.commits] == [(), (Touched("a", "A"),)]
    assert inside.prefix == ""


def test_within_the_root_is_the_same_history(repository):
    repository.commit(a="1")
    history = read_commits(repository.path)
    assert history.within(".") == history


def test_a_rename_across_the_border_is_an_addition_or_a_deletion():
    moved = (Touched("app/in", "R", "out"), Touched("gone", "R", "app/gone"), Touched("app/new", "R", "app/old"))
    history = History((Commit("1", 0, "", moved),))
    assert history.within("app").commits[0].touched == (
        Touched("in", "A"),
        Touched("gone", "D"),
        Touched("new", "R", "old"),
    )


names = st.text(st.characters(exclude_characters="/\0", codec="utf-8"), min_size=1, max_size=5)
paths = st.lists(names, min_size=1, max_size=3).map("/".join)


@given(st.lists(st.builds(Touched, paths, st.sampled_from("AMD")), max_size=6), st.sampled_from(["a", "a/b", "x"]))
def test_within_keeps_exactly_the_paths_below(touched, directory):
    inside = History((Commit("1", 0, "", tuple(touched)),)).within(directory)
    expected = [one.path for one in touched if one.path.startswith(f"{directory}/")]
    assert [f"{directory}/{one.path}" for one in inside.commits[0].touched] == expected


def test_a_shallow_clone_is_said_and_its_last_commit_left_out(repository, tmp_path):
    for number in range(4):
        repository.commit(str(number), a=str(number))
    clone = tmp_path / "clone"
    repository.git("clone", "-q", "--depth", "3", f"file://{repository.path}", str(clone))
    history = read_commits(clone)
    assert history.shallow
    assert [commit.subject for commit in history.commits] == ["3", "2"]


def test_a_detached_head_is_named_so(repository):
    repository.git("checkout", "-q", repository.commit(a="1"))
    history = read_commits(repository.path)
    assert (history.branch, len(history.commits)) == ("HEAD", 1)


def test_a_repository_without_a_commit_says_why(repository):
    assert read_commits(repository.path) == History(why="the branch has no commit yet")


def test_a_directory_outside_git_says_why(tmp_path):
    history = read_commits(tmp_path)
    assert history.commits == ()
    assert history.why == f"{tmp_path} is not in a git repository"


def test_without_git_there_is_no_history(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    history = read_commits(tmp_path)
    assert history.commits == ()
    assert "git could not be run" in history.why
    assert read_blobs(tmp_path, [("HEAD", "a")]) == {("HEAD", "a"): None}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a repository to another user")
def test_the_repository_of_another_user_is_refused_with_the_remedy(repository, monkeypatch):
    repository.commit(a="1")
    monkeypatch.delenv("SUDO_UID", raising=False)
    for path in (repository.path, repository.path / ".git"):
        os.chown(path, 12345, 12345)
    assert f"--add safe.directory {repository.path}" in read_commits(repository.path).why


def test_a_missing_object_ends_the_history_with_the_reason(repository):
    repository.commit("one", a="1")
    tree = repository.git("rev-parse", "HEAD^{tree}")
    repository.commit("two", a="2")
    (repository.path / ".git/objects" / tree[:2] / tree[2:]).unlink()
    assert tree in read_commits(repository.path).why


def test_the_variables_of_a_git_hook_do_not_lead_elsewhere(repository, tmp_path, monkeypatch):
    other = Repository(tmp_path / "other")
    other.commit("elsewhere", a="1")
    repository.commit("here", a="1")
    monkeypatch.setenv("GIT_DIR", str(other.path / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other.path))
    assert last(repository).subject == "here"


@pytest.mark.parametrize(
    "setting",
    [
        ("log.diffMerges", "combined"),
        ("log.showRoot", "false"),
        ("log.showSignature", "true"),
        ("log.follow", "true"),
        ("diff.renames", "false"),
        ("diff.relative", "true"),
        ("diff.ignoreSubmodules", "all"),
        ("color.ui", "always"),
        ("core.abbrev", "7"),
        ("log.date", "relative"),
        ("log.decorate", "full"),
        ("log.excludeDecoration", "refs/tags/*"),
        ("format.pretty", "oneline"),
    ],
)
def test_no_setting_of_the_user_changes_what_is_read(repository, setting):
    repository.commit("one", **{"app/a": "some content", "b": "1"})
    repository.git("mv", "app/a", "app/c")
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{repository.git('rev-parse', 'HEAD')},module")
    repository.git("commit", "-q", "-m", "two")
    repository.git("tag", "v1")
    plain = read_commits(repository.path / "app")
    repository.git("config", *setting)
    assert len(plain.commits) == 2
    assert read_commits(repository.path / "app") == plain


def test_blobs_of_several_commits_come_in_one_go(repository):
    first = repository.commit(Dockerfile="FROM a\n", empty="")
    second = repository.commit(Dockerfile="FROM b\n")
    wanted = [(first, "Dockerfile"), (second, "Dockerfile"), (first, "empty"), (first, "absent"), ("0" * 40, "a")]
    contents = read_blobs(repository.path, wanted)
    assert list(contents) == wanted
    assert list(contents.values()) == [b"FROM a\n", b"FROM b\n", b"", None, None]


def test_a_directory_is_no_blob_and_does_not_disturb_the_next(repository):
    commit = repository.commit(**{"dir/a": "1", "b": "2", "with space": "3"})
    wanted = [(commit, "dir"), (commit, "b"), (commit, "no\nsuch"), (commit, "with space"), (commit, "not there")]
    assert list(read_blobs(repository.path, wanted).values()) == [None, b"2", None, b"3", None]


def test_a_blob_asked_for_twice_is_read_once(repository):
    commit = repository.commit(a="1")
    assert read_blobs(repository.path, [(commit, "a")] * 2) == {(commit, "a"): b"1"}
