import json
import os
import subprocess
from pathlib import Path

import pytest

from layerwise import __version__
from layerwise.cli import plugin
from layerwise.cli.main import run


@pytest.fixture
def program(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    return tmp_path / "docker" / "cli-plugins" / "docker-layerwise"


def test_installing_writes_a_program_that_docker_can_start(program, capsys):
    assert run(["plugin", "install"]) == 0
    assert capsys.readouterr().err.startswith(f"layerwise: wrote {program}; ")
    said = subprocess.run([program, "docker-cli-plugin-metadata"], capture_output=True, text=True, check=True)
    assert json.loads(said.stdout)["SchemaVersion"] == "0.1.0"
    assert json.loads(said.stdout)["Vendor"] == "layerwise"
    shown = subprocess.run([program, "layerwise", "--version"], capture_output=True, text=True, check=True)
    assert shown.stdout == f"layerwise {__version__}\n"


def test_it_can_be_taken_away_again(program, capsys):
    run(["plugin", "install"])
    assert run(["plugin", "uninstall"]) == 0
    assert not program.exists()
    assert run(["plugin", "uninstall"]) == 2
    assert "there is nothing to take away" in capsys.readouterr().err


def test_else_it_lies_in_the_user_s_docker_directory(tmp_path, monkeypatch):
    monkeypatch.delenv("DOCKER_CONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert run(["plugin", "install"]) == 0
    assert (tmp_path / ".docker" / "cli-plugins" / "docker-layerwise").stat().st_mode & 0o111


@pytest.fixture
def ran(monkeypatch) -> list[tuple[list[str], str, str]]:
    """What was run, with the context and the host that docker would take."""
    calls: list[tuple[list[str], str, str]] = []

    def recorded(arguments: list[str]) -> int:
        calls.append((arguments, os.environ.get("DOCKER_CONTEXT", ""), os.environ.get("DOCKER_HOST", "")))
        return 7

    monkeypatch.setattr(plugin, "run", recorded)
    monkeypatch.delenv("DOCKER_CONTEXT", raising=False)
    monkeypatch.setenv("DOCKER_HOST", "unix:///here")
    return calls


@pytest.mark.parametrize(
    ("words", "context", "host"),
    [
        (["layerwise", "build", "."], "", "unix:///here"),
        (["--context", "box", "layerwise", "build", "."], "box", ""),
        (["--context=box", "-D", "layerwise", "build", "."], "box", ""),
        (["-H", "tcp://there", "--log-level", "debug", "layerwise", "build", "."], "", "tcp://there"),
    ],
)
def test_docker_s_own_options_are_taken_over(ran, words, context, host):
    with pytest.raises(SystemExit) as stop:
        plugin.main(words)
    assert stop.value.code == 7
    assert ran == [(["build", "."], context, host)]


def test_it_is_no_program_by_itself(ran, capsys):
    with pytest.raises(SystemExit) as stop:
        plugin.main(["build", "."])
    assert stop.value.code == 2
    assert capsys.readouterr().err == "layerwise: build: this program is a plugin of docker: `docker layerwise`\n"
