import subprocess
from pathlib import Path

import pytest

from layerwise.builder.push.ancestry import ancestry


def git(directory: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false")
    command = ["git", *identity, "-C", str(directory), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def repository(tmp_path):
    git(tmp_path, "init", "--quiet")
    for name in ("one", "two"):
        git(tmp_path, "commit", "--quiet", "--allow-empty", "--message", name)
    return tmp_path


def test_the_earlier_commit_is_the_ancestor(repository):
    one, two = git(repository, "rev-parse", "HEAD~1", "HEAD").split()
    tells = ancestry(repository)
    assert tells(one, two) is True
    assert tells(two, one) is False
    assert tells(one, one) is False


def test_commits_side_by_side_are_no_ancestors_of_each_other(repository):
    first = git(repository, "rev-parse", "HEAD")
    git(repository, "checkout", "--quiet", "--orphan", "other")
    git(repository, "commit", "--quiet", "--allow-empty", "--message", "three")
    assert ancestry(repository)("HEAD", first) is False


@pytest.mark.parametrize("commit", ["0" * 40, "no such", "--all", "", "a\0b"])
def test_what_is_no_commit_here_is_not_known(repository, commit):
    assert ancestry(repository)("HEAD", commit) is None
    assert ancestry(repository)(commit, "HEAD") is None


def test_without_a_repository_nothing_is_known(tmp_path):
    assert ancestry(tmp_path / "none")("a", "b") is None
