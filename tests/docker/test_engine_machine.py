import os
import sys
from pathlib import Path

import pytest
from dev.programs import DEV_ENGINE

sys.path.insert(0, str(DEV_ENGINE.parent))

import engine_machine
import engine_place
import engine_process


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in [name for name in os.environ if name.upper().startswith(("PIP_", "NPM_CONFIG_"))]:
        monkeypatch.delenv(name)
    return tmp_path


def _pip(home: Path, text: str) -> str:
    (home / ".pip").mkdir()
    (home / ".pip" / "pip.conf").write_text(text)
    return engine_machine.files().get("/etc/pip.conf", b"").decode()


def test_an_index_that_the_machine_uses_is_copied(home: Path) -> None:
    assert "index-url = https://index.example/simple\n" in _pip(
        home, "[global]\nindex-url = https://index.example/simple\n"
    )


def test_an_address_with_a_password_is_left_out(home: Path) -> None:
    assert "secret" not in _pip(home, "[global]\nindex-url = https://me:secret@index.example/simple\n")


def test_an_index_on_the_machines_disk_is_left_out(home: Path) -> None:
    text = _pip(home, "[global]\nextra-index-url = file:///srv/wheels https://more.example/simple\n")
    assert "file:" not in text
    assert "extra-index-url = https://more.example/simple\n" in text


def test_the_environment_overrules_a_file(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "https://second.example/simple")
    assert "index-url = https://second.example/simple\n" in _pip(home, "[global]\nindex-url = https://first.example/\n")


def test_an_npm_token_is_not_copied(home: Path) -> None:
    (home / ".npmrc").write_text("registry=https://npm.example/\n//npm.example/:_authToken=secret\n")
    text = engine_machine.files()["/usr/local/etc/npmrc"].decode()
    assert "registry=https://npm.example/\n" in text
    assert "secret" not in text


def test_a_process_id_used_again_is_another_process() -> None:
    this = engine_process.identify(os.getpid())
    assert this.alive
    assert not engine_process.Process(this.pid, this.started - 1).alive


def test_the_state_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    place = engine_place.Place(tmp_path)
    state = engine_place.State(holder=engine_process.Process(7, 11), port=5035, emulation=True, key_limits=("1", "2"))
    engine_place.save(place, state)
    assert engine_place.load(place) == state


def test_nothing_runs_where_nothing_was_started(tmp_path: Path) -> None:
    assert engine_place.load(engine_place.Place(tmp_path)) == engine_place.State()
