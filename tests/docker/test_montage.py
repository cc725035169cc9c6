import json
import platform
import re
import subprocess
from collections import Counter
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from dev.montage import main
from dev.montage_history import EXAMPLE, Kind, plan_history, read_example, write_history
from dev.montage_stand_ins import DOWNLOAD, STANDS_FOR, Engine, build_arguments, download_server, x86_program


def git(directory, *arguments):
    done = subprocess.run(["git", "-C", str(directory), *arguments], check=True, capture_output=True, text=True)
    return done.stdout


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    target = tmp_path_factory.mktemp("montage") / "repository"
    write_history(plan_history(read_example(), 150), target)
    return target


def test_the_history_ends_at_the_example(repository):
    kept = {path: (repository / path).read_text() for path in git(repository, "ls-files").splitlines()}
    assert kept == read_example()
    assert git(repository, "status", "--porcelain") == ""


def test_the_history_has_150_commits_in_one_line(repository):
    assert git(repository, "rev-list", "--count", "HEAD").strip() == "150"
    assert git(repository, "rev-list", "--merges", "HEAD") == ""


def test_the_same_content_gives_the_same_commit_ids(repository, tmp_path):
    again = write_history(plan_history(read_example(), 150), tmp_path / "again")
    assert again == git(repository, "rev-parse", "HEAD").strip()


def test_the_kinds_of_commits_have_the_shares_of_real_repositories():
    counts = Counter(commit.kind for commit in plan_history(read_example(), 150))
    assert counts == {None: 1, Kind.SOURCE: 92, Kind.MANIFEST: 30, Kind.DOCS: 21, Kind.DOCKERFILE: 6}


def test_a_commit_touches_only_files_of_its_kind():
    release = {"CHANGELOG.md", "src/montage/__init__.py"}
    own = {
        Kind.SOURCE: re.compile(r"(src|tests)/.*"),
        Kind.MANIFEST: re.compile(r"requirements\.txt|environment\.yml|pyproject\.toml"),
        Kind.DOCKERFILE: re.compile(r"Dockerfile"),
        Kind.DOCS: re.compile(r".*\.md"),
    }
    for commit in plan_history(read_example(), 150)[1:]:
        touched = {path for path, _ in commit.files} - release
        assert touched, commit.subject
        assert all(own[commit.kind].fullmatch(path) for path in touched), commit.subject


def test_every_commit_changes_something(repository):
    assert "" not in [block.strip() for block in git(repository, "log", "--format=%x00", "--name-only").split("\0")[1:]]


def test_every_module_of_every_commit_is_python():
    for commit in plan_history(read_example(), 150):
        for path, text in commit.files:
            if path.endswith(".py"):
                compile(text, path, "exec")


def test_more_commits_than_there_are_changes_is_an_error():
    with pytest.raises(ValueError, match="do not make"):
        plan_history(read_example(), 1000)


def test_a_folder_that_is_in_use_is_left_alone(tmp_path):
    (tmp_path / "mine").write_text("")
    with pytest.raises(FileExistsError):
        write_history(plan_history(read_example(), 150), tmp_path)


def test_the_flaws_are_left_in():
    text = (EXAMPLE / "Dockerfile").read_text()
    places = [text.index(part) for part in ("ARG GIT_COMMIT", "apt-get", "npm install -g", "conda env", "COPY . .")]
    assert places == sorted(places)
    assert text.index("COPY . .") < text.index("pip install --no-cache-dir -r requirements.txt")
    assert text.count("pip install --no-cache-dir --no-build-isolation -e .") == 2
    assert text.index("chown -R") > text.rindex("pip install")
    assert not (EXAMPLE / ".dockerignore").exists()
    assert STANDS_FOR in text


def test_the_server_has_the_program_and_nothing_else():
    with download_server(port=0) as port:
        with urlopen(f"http://127.0.0.1:{port}{DOWNLOAD}") as answer:
            assert answer.read() == x86_program()
        with pytest.raises(HTTPError, match="404"):
            urlopen(f"http://127.0.0.1:{port}/etc/passwd")


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the program is for x86-64 only, which is its point")
def test_the_program_runs(tmp_path):
    program = tmp_path / "upscale"
    program.write_bytes(x86_program(b"hello\n"))
    program.chmod(0o755)
    assert subprocess.run([program, "--version"], check=True, capture_output=True).stdout == b"hello\n"


def test_the_public_names_are_pointed_at_stand_ins(capsys, monkeypatch):
    monkeypatch.setenv("LAYERWISE_REGISTRY", "localhost:5035")
    monkeypatch.setenv("LAYERWISE_HOST_LOOPBACK", "169.254.1.2")
    assert main(["arguments"]) == 0
    network, context, address = capsys.readouterr().out.splitlines()
    assert network == "--network=host"
    assert context.startswith(f"--build-context={STANDS_FOR}=docker-image://localhost:5035/layerwise-stand-in/")
    assert context.endswith(f"/{STANDS_FOR}")  # as a mirror of it would be called
    assert address == f"--build-arg=UPSCALER_URL=http://169.254.1.2:8417{DOWNLOAD}"


def test_the_engine_accepts_the_dockerfile_for_both_platforms(engine, repository):
    arguments = build_arguments(Engine.of(engine.environment), ["linux/amd64"])
    platforms = "--platform=linux/amd64,linux/arm64"
    shown = engine.docker("buildx", "build", "--call=targets,format=json", platforms, *arguments, str(repository))
    (target,) = json.loads(shown)["targets"]
    assert target["base"] == STANDS_FOR
