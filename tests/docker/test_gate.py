"""`layerwise optimize --verify` on the engine: what it proves is applied, what it disproves is refused."""

import json
from pathlib import Path

import pytest
from tests.docker.engine import Engine

from layerwise.cli.main import run

FILES = {
    "package.json": '{"name": "shop", "version": "1.0.0", "dependencies": {"is-odd": "3.0.1"}}\n',
    ".dockerignore": "Dockerfile\n",
    "index.js": "",
}
DOCKERFILE = "FROM {base}\nWORKDIR /srv\nCOPY . .\nRUN npm install --no-audit --no-fund --no-package-lock\n"
# It names too little: npm completes it, and the COPY that comes afterwards would bring this text back.
LOCK = """\
{"name": "shop", "version": "1.0.0", "lockfileVersion": 3, "packages": {
  "": {"name": "shop", "version": "1.0.0", "dependencies": {"is-odd": "3.0.1"}},
  "node_modules/is-odd": {"version": "3.0.1"}}}
"""


@pytest.fixture
def place(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, value in engine.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("LAYERWISE_STORE", f"sqlite:///{tmp_path}/builds.db")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    root = tmp_path / "shop"
    root.mkdir()
    for name, text in (FILES | {"Dockerfile": DOCKERFILE.format(base=engine.image("node:20"))}).items():
        (root / name).write_text(text)
    monkeypatch.chdir(root)
    return root


def planned(capsys: pytest.CaptureFixture[str], *more: str) -> tuple[dict, str]:
    capsys.readouterr()
    assert run(("optimize", "--only", "manifest-first", "--format", "json", *more)) == 0
    out, err = capsys.readouterr()
    return json.loads(out), err


def test_a_rewrite_that_leaves_the_image_as_it_is_is_proved_and_applied(engine, place, capsys):
    before, _ = planned(capsys)
    assert before["edits"] == []
    proved, said = planned(capsys, "--verify", "--", engine.network)
    assert "manifest-first: the images are the same" in said
    (edit,) = proved["edits"]
    assert (edit["safety"], edit["proof"]["verdict"]) == ("equivalent, after proof", "equal")
    assert planned(capsys)[0]["edits"] == proved["edits"]


def test_a_rewrite_that_changes_the_image_is_disproved_and_refused(engine, place, capsys):
    (place / "package-lock.json").write_text(LOCK)
    written = (place / "Dockerfile").read_text()
    (place / "Dockerfile").write_text(written.replace(" --no-package-lock", ""))
    refused, said = planned(capsys, "--verify", "--", engine.network)
    assert "manifest-first: /srv/package-lock.json differs in content" in said
    assert refused["edits"] == []
    assert any("showed that it changes the image: /srv/package-lock.json" in one["why"] for one in refused["refused"])
