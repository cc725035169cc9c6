import importlib
import json
import os
from pathlib import Path
from subprocess import PIPE, CalledProcessError

import pytest
from dev import programs
from dev.programs import engine_environment, layerwise, needed_engine

SCRIPTS = ("agreement", "guide", "hand", "honest", "platforms", "public", "proved", "recorded", "seeded")
ARGUMENTS = {"public": ["--mirror=none"], "proved": ["--mirror=none", "name"]}


@pytest.fixture
def dev_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stands for dev/engine; what it says is to be written."""
    program = tmp_path / "engine"
    monkeypatch.setattr(programs, "DEV_ENGINE", program)
    return program


def says(program: Path, script: str) -> None:
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


def test_the_engine_that_is_up_is_what_all_further_programs_use(
    dev_engine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {"DOCKER_HOST": "unix:///there", "LAYERWISE_REGISTRY": "localhost:1"}
    for name in settings:
        monkeypatch.setenv(name, "another")
    says(dev_engine, f"[ \"$*\" = 'env --json' ] && echo '{json.dumps(settings)}'")
    assert needed_engine().image("node:20") == "localhost:1/node:20"
    assert os.environ["DOCKER_HOST"] == "unix:///there"


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_without_an_engine_says_why_and_ends_with_4(
    name: str, dev_engine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    says(dev_engine, "echo no engine today >&2; exit 4")
    script = importlib.import_module(f"dev.{name}")
    try:
        ended = script.main(ARGUMENTS.get(name, []))
    except SystemExit as end:
        ended = end.code
    assert ended == programs.NO_ENGINE
    assert ("dev/engine up --arm64 --second" if name == "platforms" else "no engine today") in capsys.readouterr().err


def test_the_reason_is_the_one_of_dev_engine(dev_engine: Path) -> None:
    says(dev_engine, "echo no engine today >&2; exit 4")
    assert engine_environment() == "no engine today"


def test_layerwise_is_run_where_it_is_to_be_and_its_output_kept(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM debian\nRUN echo here\n")
    assert "RUN echo here" in layerwise("analyze", "--format=json", cwd=tmp_path).stdout


def test_a_store_is_for_one_call_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "other.db"
    other.write_text("no store\n" * 99)
    monkeypatch.setenv("LAYERWISE_STORE", f"sqlite:///{other}")
    assert "No build is recorded" in layerwise("builds", cwd=tmp_path, store=tmp_path / "store.db").stdout
    assert str(other) in layerwise("builds", cwd=tmp_path, stderr=PIPE, check=False).stderr


def test_a_failure_is_an_error_that_says_what_a_user_would_have_typed(tmp_path: Path) -> None:
    with pytest.raises(CalledProcessError, match="layerwise analyze '--target=a b'") as failed:
        layerwise("analyze", "--target=a b", cwd=tmp_path, stderr=PIPE)
    assert failed.value.returncode == 2
    assert failed.value.stderr
    assert layerwise("analyze", "--target=a b", cwd=tmp_path, stderr=PIPE, check=False).returncode == 2
