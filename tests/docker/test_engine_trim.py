import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from dev.programs import DEV_ENGINE

sys.path.insert(0, str(DEV_ENGINE.parent))

import engine_place
import engine_process
import engine_trim


def _trim(directory: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "LAYERWISE_ENGINE_DIR": str(directory)}
    return subprocess.run([DEV_ENGINE, "trim"], env=environment, capture_output=True, text=True, check=False)


def test_an_engine_that_was_there_before_is_not_trimmed(tmp_path: Path) -> None:
    engine_place.save(engine_place.Place(tmp_path), engine_place.State(reachable="unix:///run/docker.sock"))
    done = _trim(tmp_path)
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr == "dev/engine: the engine in use was here before `up`; trim only empties a private one\n"


def test_where_no_engine_is_up_trim_says_so(tmp_path: Path) -> None:
    done = _trim(tmp_path)
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr == "dev/engine: no engine is up; run `dev/engine up` first\n"


@pytest.mark.parametrize("repository", ["debian", "python", "node", "layerwise-stand-in/miniconda3"])
def test_bases_and_stand_ins_are_kept(repository: str) -> None:
    assert engine_trim.is_kept(repository)


@pytest.mark.parametrize("repository", ["layerwise-demo", "python/cache", "pythonic", "layerwise-stand-in", "my/node"])
def test_other_repositories_are_not_kept(repository: str) -> None:
    assert not engine_trim.is_kept(repository)


def test_an_image_is_removed_by_the_most_that_is_known_of_its_name() -> None:
    lines = [
        "localhost:5035/layerwise-demo original sha256:aa sha256:aa",
        "localhost:5035/python 3.12-slim sha256:bb sha256:bb",
        "mine local <none> sha256:cc",
        "localhost:5035/layerwise-demo <none> sha256:dd sha256:dd",
        "localhost:5035/layerwise-stand-in/uv 1 sha256:ee sha256:ee",
        "<none> <none> <none> sha256:ff",
        "localhost:5036/node 20 sha256:ab sha256:ab",
    ]
    assert list(engine_trim.unkept(lines, 5035)) == [
        "localhost:5035/layerwise-demo:original",
        "mine:local",
        "localhost:5035/layerwise-demo@sha256:dd",
        "sha256:ff",
        "localhost:5036/node:20",
    ]


def test_a_repository_goes_and_those_below_and_above_it_stay(tmp_path: Path) -> None:
    top = tmp_path / "docker" / "registry" / "v2" / "repositories"
    kept = ("python", "layerwise-stand-in/uv", "layerwise-stand-in/deep/uv")
    gone = ("layerwise-demo", "nested/deep/cache", "nested/deep", "python/cache")
    for name in (*kept, *gone):
        for part in ("_manifests/tags/1/current", "_layers/sha256", "_uploads"):
            (top / name / part).mkdir(parents=True)
    assert engine_trim.forget_repositories(tmp_path) == tuple(sorted(gone))
    assert sorted(path.parent.relative_to(top).as_posix() for path in top.rglob("_layers")) == sorted(kept)
    assert sorted(path.name for path in top.iterdir()) == ["layerwise-stand-in", "python"]
    assert [path.name for path in (top / "python").iterdir() if not path.name.startswith("_")] == []


def test_a_registry_that_holds_nothing_yet_has_nothing_to_forget(tmp_path: Path) -> None:
    assert engine_trim.forget_repositories(tmp_path) == ()


def test_a_file_that_two_layers_share_counts_once(tmp_path: Path) -> None:
    before = engine_trim.bytes_in(tmp_path)
    (tmp_path / "one").write_bytes(os.urandom(1 << 20))
    (tmp_path / "two").hardlink_to(tmp_path / "one")
    assert engine_trim.bytes_in(tmp_path) - before == 1 << 20


def test_a_process_is_found_by_its_exact_command_line_only(tmp_path: Path) -> None:
    mark = json.dumps(str(tmp_path))
    argv = [sys.executable, "-c", "import sys; print(flush=True); sys.stdin.read()", mark]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()  # before, the command line may still be ours
        assert [one.pid for one in engine_process.running(argv)] == [child.pid]
        assert list(engine_process.running(argv[:-1])) == []
        assert list(engine_process.running([*argv, "more"])) == []
        child.communicate()
