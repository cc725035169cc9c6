"""`layerwise prove` on the engine: what it keeps, drops, remembers and writes."""

import json
from pathlib import Path

import pytest
from tests.docker.engine import Engine

from layerwise.cli.main import run

FILES = {
    "app/main.py": "print()\n",
    "layerwise.toml": "threshold_s = 0.05\n",
    "Makefile": "image:\n\tdocker buildx build --build-arg GIT_COMMIT=$(shell git rev-parse HEAD) .\n",
}
DOCKERFILE = """\
FROM {base}
ARG GIT_COMMIT
RUN sleep 1 && useradd -u 700 shop
COPY app /srv/app
RUN chown -R 700:700 /srv/app
RUN echo $GIT_COMMIT > /srv/commit
"""


@pytest.fixture
def place(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, value in engine.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("LAYERWISE_STORE", f"sqlite:///{tmp_path}/builds.db")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    root = tmp_path / "shop"
    for name, text in (FILES | {"Dockerfile": DOCKERFILE.format(base=engine.image("debian:bookworm-slim"))}).items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    monkeypatch.chdir(root)
    return root


def proved(capsys: pytest.CaptureFixture[str], *more: str) -> tuple[dict, str]:
    capsys.readouterr()
    assert run(("prove", "--format", "json", "--runs", "1", "--scenario", "args", *more)) == 0
    out, err = capsys.readouterr()
    return json.loads(out), err


def test_a_plan_is_proved_measured_written_and_remembered(engine, place, capsys):
    found, _ = proved(capsys, "--html", "proof.html", "--write")
    assert (found["equal"], found["dropped"]) == (True, [])
    assert {edit["pass"] for edit in found["kept"]} >= {"late-args"}
    (row,) = found["scenarios"]
    assert row["basis"] == "measured"
    assert row["after_s"] < row["before_s"]
    assert (place / "Dockerfile").read_text() == found["dockerfile"]
    assert "<html" in (place / "proof.html").read_text()
    assert not list(place.parent.glob("state/**/journal.jsonl")), "nothing is left of the bench"
