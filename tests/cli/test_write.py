import json
import os
import pathlib

import pytest
from tests.cli.repository import BETTER, DOCKERFILE

from layerwise import rewrite


def test_writing_applies_the_plan_and_says_so(repository):
    called = repository.call("optimize", "--write")
    assert (called.code, called.err) == (0, "layerwise: wrote Dockerfile\n")
    assert "--write applies" not in called.out
    assert repository.dockerfile.read_text() != DOCKERFILE
    assert repository.git("status", "--porcelain") == " M Dockerfile\n"


def test_what_is_written_is_what_json_showed(repository):
    shown = json.loads(repository.call("optimize", "--format", "json").out)["dockerfile"]
    repository.call("optimize", "--write", "--format", "json")
    assert repository.dockerfile.read_text() == shown


def test_a_second_run_finds_nothing(repository):
    repository.call("optimize", "--write")
    again = repository.call("optimize", "--write", "--check")
    assert (again.code, again.err) == (0, "")
    assert "Nothing to apply" in again.out


def test_nothing_to_do_writes_nothing(repository):
    repository.commit({"Dockerfile": BETTER})
    before = repository.dockerfile.stat()
    repository.call("optimize", "--write")
    assert repository.dockerfile.stat() == before


def test_without_write_nothing_is_written(repository):
    for command in ("analyze", "optimize", "replay"):
        repository.call(command)
    assert repository.git("status", "--porcelain", "--ignored") == ""


def test_changes_that_git_does_not_have_are_not_written_over(repository):
    dirty = DOCKERFILE.replace("CMD", "EXPOSE 80\nCMD")
    repository.dockerfile.write_text(dirty)
    called = repository.call("optimize", "--write")
    assert called.code == 2
    assert called.err == ("layerwise: Dockerfile has changes that are not committed; commit it first, or use --force\n")
    assert repository.dockerfile.read_text() == dirty


def test_changes_that_are_only_staged_are_not_written_over(repository):
    repository.dockerfile.write_text(DOCKERFILE + "EXPOSE 80\n")
    repository.git("add", "Dockerfile")
    assert repository.call("optimize", "--write").code == 2


def test_an_untracked_file_is_not_written_over(repository):
    repository.git("rm", "--quiet", "--cached", "Dockerfile")
    repository.git("commit", "--quiet", "-m", "Forget it")
    called = repository.call("optimize", "--write")
    assert (called.code, repository.dockerfile.read_text()) == (2, DOCKERFILE)
    assert "Dockerfile is not committed" in called.err


def test_an_ignored_file_is_not_written_over(repository):
    repository.git("rm", "--quiet", "--cached", "Dockerfile")
    repository.commit({".gitignore": "Dockerfile\n"})
    called = repository.call("optimize", "--write")
    assert (called.code, repository.dockerfile.read_text()) == (2, DOCKERFILE)
    assert "Dockerfile is ignored by git" in called.err


def test_changes_elsewhere_are_no_obstacle(repository):
    (repository.root / "app/main.py").write_text("print('dirty')\n")
    assert repository.call("optimize", "--write").code == 0


def test_force_writes_over_all_of_them(repository):
    repository.dockerfile.write_text(DOCKERFILE + "EXPOSE 80\n")
    assert repository.call("optimize", "--write", "--force").code == 0
    assert repository.dockerfile.read_text().endswith("EXPOSE 80\n")
    assert "COPY requirements.txt" in repository.dockerfile.read_text()


def test_a_repository_that_git_refuses_to_look_at_counts_as_dirty(repository):
    (repository.root / ".git/config").write_text("[core\n")
    called = repository.call("optimize", "--write")
    assert (called.code, repository.dockerfile.read_text()) == (2, DOCKERFILE)
    assert "Dockerfile may have changes that are not committed (" in called.err


def test_without_a_repository_there_is_nothing_to_ask(repository, tmp_path, monkeypatch):
    repository.root.rename(tmp_path / "plain")
    monkeypatch.chdir(tmp_path / "plain")
    for path in sorted((tmp_path / "plain/.git").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    (tmp_path / "plain/.git").rmdir()
    assert repository.call("optimize", "--write").code == 0
    assert "COPY requirements.txt" in pathlib.Path("Dockerfile").read_text()


def test_the_mode_stays(repository):
    repository.dockerfile.chmod(0o640)
    repository.commit()
    repository.call("optimize", "--write")
    assert repository.dockerfile.stat().st_mode & 0o7777 == 0o640


def test_a_link_stays_a_link_and_its_target_is_written(repository):
    repository.git("mv", "Dockerfile", "real.Dockerfile")
    repository.dockerfile.symlink_to("real.Dockerfile")
    repository.commit()
    assert repository.call("optimize", "--write").code == 0
    assert repository.dockerfile.is_symlink()
    assert "COPY requirements.txt" in (repository.root / "real.Dockerfile").read_text()


def test_line_ends_stay_as_they_are(repository):
    repository.commit({"Dockerfile": DOCKERFILE.replace("\n", "\r\n")})
    assert repository.call("optimize", "--write").code == 0
    content = repository.dockerfile.read_bytes()
    assert b"COPY requirements.txt ./\r\n" in content
    assert content.count(b"\n") == content.count(b"\r\n")


def test_bytes_that_are_no_utf_8_stay_as_they_are(repository):
    content = b"# Caf\xe9\n" + DOCKERFILE.encode() + b'LABEL owner="Ren\xe9e"\n'
    repository.dockerfile.write_bytes(content)
    repository.commit()
    called = repository.call("optimize", "--write", "--diff")
    assert called.code == 0
    written = repository.dockerfile.read_bytes()
    assert written.startswith(b"# Caf\xe9\n")
    assert written.endswith(b'LABEL owner="Ren\xe9e"\n')
    assert b"COPY requirements.txt ./\n" in written


def test_a_write_that_fails_half_way_leaves_the_file_as_it_was(repository, monkeypatch):
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(rewrite.os, "fsync", full)
    called = repository.call("optimize", "--write")
    assert (called.code, called.err) == (2, "layerwise: No space left on device\n")
    assert repository.dockerfile.read_text() == DOCKERFILE
    assert repository.git("status", "--porcelain", "--ignored") == ""


def test_a_reader_sees_the_old_file_or_the_new_one(repository):
    with repository.dockerfile.open() as reader:
        repository.call("optimize", "--write")
        assert reader.read() == DOCKERFILE


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_the_owner_stays(repository):
    os.chown(repository.dockerfile, 1234, 1234)
    repository.call("optimize", "--write")
    there = repository.dockerfile.stat()
    assert (there.st_uid, there.st_gid) == (1234, 1234)


WIDE = "FROM python:3.12-slim\nCOPY *.txt /srv/\nCOPY app /srv/app\n"
UNTAKEN = {"Dockerfile": WIDE, "layerwise.toml": "threshold_s = 0\n", "data/one.bin": "1", "data/two.bin": "2"}


@pytest.fixture
def untaken(repository, monkeypatch):
    """A repository with files that no COPY takes, of which a few are enough to be worth a line."""
    monkeypatch.setattr("layerwise.passes.context_filter._MANY_FILES", 2)
    repository.commit({**UNTAKEN, ".dockerignore": "*.md\n"})
    return repository


def test_the_ignore_file_is_written_where_the_plan_changes_it(untaken):
    called = untaken.call("optimize", "--only", "context-filter", "--write", "--diff")
    assert (called.code, called.err) == (0, "layerwise: wrote .dockerignore\n")
    assert "--- a/.dockerignore\n+++ b/.dockerignore\n" in called.out
    text = (untaken.root / ".dockerignore").read_text()
    assert text.startswith("*.md\n")
    assert "\ndata\n" in text
    assert untaken.dockerfile.read_text() == WIDE


def test_an_ignore_file_that_is_not_there_yet_is_made(untaken):
    untaken.git("rm", "--quiet", ".dockerignore")
    untaken.commit()
    found = json.loads(untaken.call("optimize", "--only", "context-filter", "--write", "--format", "json").out)
    assert [file["path"] for file in found["files"]] == [".dockerignore"]
    assert found["files"][0]["diff"].startswith("--- /dev/null\n+++ b/.dockerignore\n")
    assert "data\n" in (untaken.root / ".dockerignore").read_text()


def test_an_ignore_file_with_changes_that_git_does_not_have_is_not_written_over(untaken):
    (untaken.root / ".dockerignore").write_text("*.md\n*.rst\n")
    called = untaken.call("optimize", "--only", "context-filter", "--write")
    assert called.code == 2
    assert "layerwise: .dockerignore has changes that are not committed" in called.err
    assert (untaken.root / ".dockerignore").read_text() == "*.md\n*.rst\n"
