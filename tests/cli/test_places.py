"""Repositories of odd shapes: what the commands find and say there."""

import os
import subprocess
import sys

import pytest
from tests.cli.repository import DOCKERFILE, FILES

WORKFLOW = """\
on: push
jobs:
  image:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: docker/build-push-action@v6
        with:
          context: services/shop
          file: services/shop/Dockerfile
          platforms: linux/amd64,linux/arm64
"""


def test_a_directory_without_git_gets_the_typical_mix(tmp_path, monkeypatch, repository):
    plain = tmp_path / "plain"
    plain.mkdir()
    for name in ("Dockerfile", "requirements.txt"):
        (plain / name).write_text(FILES[name])
    (plain / "main.py").write_text("print()\n")
    monkeypatch.chdir(plain)
    called = repository.call("optimize")
    assert called.code == 0
    assert " is not in a git repository): a typical mix of commits instead" in " ".join(called.out.split())
    assert "Expected build over a typical mix of commits: " in called.out
    assert "re-runs" in called.out


def test_a_machine_without_git_gets_the_typical_mix(repository, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    called = repository.call("analyze")
    assert called.code == 0
    assert "no history (" in called.out


def test_a_repository_without_a_commit_gets_the_typical_mix(empty):
    for name, text in FILES.items():
        path = empty.root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    called = empty.call("optimize")
    assert called.code == 0
    assert "a typical mix of commits instead" in called.out


def test_a_single_commit_is_counted_as_one(empty):
    empty.commit(FILES)
    called = empty.call("optimize")
    assert "replaying the last commit of main" in called.out
    assert "re-ran, of 1 " in called.out


def test_a_shallow_clone_is_said(repository, tmp_path, monkeypatch):
    repository.git("clone", "--quiet", "--depth", "2", f"file://{repository.root}", str(tmp_path / "shallow"))
    monkeypatch.chdir(tmp_path / "shallow")
    called = repository.call("analyze")
    assert called.code == 0
    assert ", a shallow clone\n" in called.out


def test_the_dockerfile_that_ci_builds_is_found_with_its_context(empty):
    empty.commit({f"services/shop/{name}": text for name, text in FILES.items()})
    empty.commit({".github/workflows/image.yml": WORKFLOW})
    empty.commit({"services/shop/app/main.py": "print(1)\n"})
    called = empty.call("analyze")
    assert called.code == 0
    first, second, third, *_ = called.out.splitlines()
    assert first == "services/shop/Dockerfile for linux/amd64, linux/arm64"
    assert second == "  context services/shop: 5 files"
    assert third == "  built as .github/workflows/image.yml:7 does"


def test_path_is_the_context_as_for_docker(empty):
    empty.commit({f"services/shop/{name}": text for name, text in FILES.items()})
    empty.commit({"services/shop/app/main.py": "print(1)\n", "docs/index.md": "text\n"})
    called = empty.call("analyze", "services/shop")
    assert called.out.startswith("services/shop/Dockerfile for ")
    assert "copy-before-install" in called.out


def test_a_platform_is_taken_as_buildx_takes_it(repository):
    called = repository.call("analyze", "--platform", "arm64,linux/x86_64", "--platform", "linux/amd64")
    assert called.out.startswith("Dockerfile for linux/arm64, linux/amd64\n")


def test_a_dockerfile_that_is_no_utf_8_is_analysed(repository):
    repository.dockerfile.write_bytes(DOCKERFILE.encode() + b'RUN echo "caf\xe9" > /menu\n')
    repository.commit()
    for arguments in (
        ["analyze"],
        ["analyze", "--format", "json"],
        ["optimize", "--diff"],
        ["optimize", "--format", "md"],
    ):
        assert repository.call(*arguments).code == 0


def test_what_a_newer_buildkit_may_know_is_kept_and_said(repository):
    repository.commit({"Dockerfile": f"{DOCKERFILE}RUNN true\nRUN --newer=1 true\n"})
    called = repository.call("optimize")
    said = " ".join(called.out.split())
    assert called.code == 0
    assert (
        "line 8: RUNN is no instruction that layerwise knows; it stays put, and a BuildKit that does not know it refuses"
        in said
    )
    assert "line 9: RUN has something that layerwise does not know; it stays put" in said


def test_a_terminal_that_cannot_show_a_character_gets_another(repository):
    repository.commit({"Dockerfile": f"{DOCKERFILE}RUN echo 日本 {'x' * 80}\n"})
    done = run_in(repository.root, "analyze", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"\\u65e5" in done.stdout


@pytest.mark.parametrize(
    "arguments", [["optimize"], ["replay", "--format", "json"], ["explain", "late-args"], ["--help"]]
)
def test_a_reader_that_goes_away_gets_no_traceback(repository, arguments):
    read, write = os.pipe()
    os.close(read)
    process = subprocess.Popen(
        [sys.executable, "-m", "layerwise.cli", *arguments], cwd=repository.root, stdout=write, stderr=subprocess.PIPE
    )
    os.close(write)
    _, told = process.communicate()
    assert told == b""
    assert process.returncode == 1


def run_in(directory, *arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "layerwise.cli", *arguments]
    return subprocess.run(command, cwd=directory, capture_output=True, check=False, env={**os.environ, **environment})
