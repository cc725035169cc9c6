"""`layerwise prove` on the engine: what it keeps, drops, remembers and writes."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.docker.engine import Engine
from tests.docker.test_gate import DOCKERFILE as NODE
from tests.docker.test_gate import FILES as PACKAGE
from tests.docker.test_gate import LOCK

from layerwise.cli.main import run

SHOP = {
    "app/main.py": "print()\n",
    "layerwise.toml": "threshold_s = 0.05\n",
    "Makefile": "image:\n\tdocker buildx build --build-arg GIT_COMMIT=$(shell git rev-parse HEAD) .\n",
    "Dockerfile": """\
FROM {base}
ARG GIT_COMMIT
RUN sleep 2 && useradd -u 700 shop
COPY app /srv/app
RUN chown -R 700:700 /srv/app
RUN echo $GIT_COMMIT > /srv/commit
""",
}


@pytest.fixture
def place(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, value in engine.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("LAYERWISE_STORE", f"sqlite:///{tmp_path}/builds.db")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    root = tmp_path / "shop"
    root.mkdir()
    monkeypatch.chdir(root)
    return root


def write(root: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def asked(capsys: pytest.CaptureFixture[str], *words: str) -> dict:
    capsys.readouterr()
    assert run((*words, "--format", "json")) == 0
    found: dict = json.loads(capsys.readouterr().out)
    return found


def test_a_plan_is_built_measured_written_and_remembered(engine, place, capsys):
    write(place, SHOP | {"Dockerfile": SHOP["Dockerfile"].format(base=engine.image("debian:bookworm-slim"))})
    found = asked(capsys, "prove", "--runs", "1", "--scenario", "args", "--html", "proof.html")
    assert (found["equal"], found["dropped"]) == (True, [])
    assert {edit["pass"] for edit in found["kept"]} == {"late-args", "copy-ownership"}
    (row,) = found["scenarios"]
    assert (row["name"], row["basis"]) == ("args", "measured")
    assert row["after_s"] < row["before_s"]
    assert [step["scenario"] for step in found["steps"]] == ["args"]
    assert (place / "proof.html").read_text().startswith("<!DOCTYPE html>")
    plan = asked(capsys, "optimize", "--write")
    assert plan["dockerfile"] == found["dockerfile"] == (place / "Dockerfile").read_text()


def test_an_edit_that_changes_the_image_is_dropped_and_refused_from_then_on(engine, place, capsys):
    text = NODE.format(base=engine.image("node:20")).replace(" --no-package-lock", "")
    write(place, {**PACKAGE, "package-lock.json": LOCK, "Dockerfile": text})
    found = asked(capsys, "prove", "--only", "manifest-first", "--network", "host")
    (dropped,) = found["dropped"]
    assert (dropped["pass"], dropped["fault"], found["kept"]) == ("manifest-first", "image", [])
    assert dropped["reason"].startswith("/srv/package-lock.json differs in content")
    assert found["dockerfile"] == text
    plan = asked(capsys, "optimize", "--only", "manifest-first", "--network", "host")
    assert plan["edits"] == []
    assert any("showed that it changes the image: /srv/package-lock.json" in one["why"] for one in plan["refused"])
