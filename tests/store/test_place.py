import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from layerwise.errors import StoreError
from layerwise.store import default_url, open_store


def test_the_environment_names_the_store() -> None:
    assert default_url({"LAYERWISE_STORE": "sqlite:///x.db", "HOME": "/home/u"}) == "sqlite:///x.db"


def test_the_default_lies_in_the_state_directory() -> None:
    assert default_url({"XDG_STATE_HOME": "/state", "HOME": "/home/u"}) == "sqlite:////state/layerwise/builds.db"


@pytest.mark.parametrize("state", [{}, {"XDG_STATE_HOME": ""}, {"XDG_STATE_HOME": "relative"}, {"LAYERWISE_STORE": ""}])
def test_without_one_it_lies_below_the_home_directory(state: dict[str, str]) -> None:
    assert default_url(state | {"HOME": "/home/u"}) == "sqlite:////home/u/.local/state/layerwise/builds.db"


def test_without_home_in_the_environment_the_system_knows_it() -> None:
    assert default_url({}) == f"sqlite:///{Path.home()}/.local/state/layerwise/builds.db"


def test_without_any_home_the_message_says_what_to_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError

    monkeypatch.setattr(Path, "home", homeless)
    with pytest.raises(StoreError, match=r"no home directory.*LAYERWISE_STORE"):
        default_url({})


def test_a_relative_path_counts_from_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    open_store("sqlite:///below/x.db").close()
    assert (tmp_path / "below" / "x.db").is_file()


@pytest.mark.parametrize("name", ["with blank and %41.db", "what?mode=ro", "ü.db", "file:x.db"])
def test_a_path_is_taken_as_it_is_written(tmp_path: Path, name: str) -> None:
    open_store(f"sqlite:///{tmp_path}/{name}").close()
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("builds.db", "'builds.db' is no URL of a store: write a file as sqlite:///builds.db"),
        ("mysql://u:secret@db/x", "layerwise knows no store of the kind 'mysql'"),
        ("postgresql://u:secret@db/x", "PostgreSQL are not supported yet: name a file"),
        ("postgresql+psycopg://u:secret@db/x", "PostgreSQL are not supported yet"),
        ("sqlite://builds.db", "names no file"),
        ("sqlite:///", "names no file"),
        ("sqlite:///:memory:", "names no file"),
    ],
)
def test_another_kind_of_url_is_refused_without_showing_a_password(url: str, says: str) -> None:
    with pytest.raises(StoreError) as caught:
        open_store(url)
    assert says in str(caught.value)
    assert "secret" not in str(caught.value)


def test_only_the_owner_can_read_a_new_store_and_its_directory(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with open_store(f"sqlite:///{tmp_path}/a/b/builds.db"):
            files = list((tmp_path / "a" / "b").iterdir())
            modes = {stat.S_IMODE(path.stat().st_mode) for path in files}
    finally:
        os.umask(before)
    assert "builds.db-wal" in {path.name for path in files}
    assert modes == {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "a", tmp_path / "a" / "b")} == {0o700}


def test_a_reader_makes_no_store(tmp_path: Path) -> None:
    assert open_store(f"sqlite:///{tmp_path}/a/builds.db", create=False) is None
    assert list(tmp_path.iterdir()) == []


def test_a_reader_opens_a_store_that_is_there(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/builds.db"
    open_store(url).close()
    store = open_store(url, create=False)
    assert store is not None
    with store:
        assert store.projects() == ()


def test_to_learn_that_there_is_no_store_loads_no_database(tmp_path: Path) -> None:
    script = (
        "import sys; from layerwise.store import BuildRow, Store, default_url, open_store\n"
        f"assert open_store('sqlite:///{tmp_path}/x.db', create=False) is None\n"
        "print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert {"sqlite3", "msgspec", "asyncio", "json"}.isdisjoint(done.stdout.split())


@pytest.mark.parametrize("place", ["file/builds.db", "directory"])
def test_a_place_where_no_file_can_be_is_said(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "directory").mkdir()
    with pytest.raises(StoreError, match=r"can't be made or written \(.*\): name another store with LAYERWISE_STORE"):
        open_store(f"sqlite:///{tmp_path}/{place}")


def test_a_place_that_cannot_be_looked_at_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"can't be read \(File name too long\)"):
        open_store(f"sqlite:///{tmp_path}/{'x' * 300}", create=False)
