import json
import sqlite3
import time
import zlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Timer
from types import SimpleNamespace
from unittest.mock import Mock

import pytest
from tests.records import build, digest, step

from layerwise.errors import StoreError
from layerwise.records import UNKNOWN_CHANGE, Ending, Proof, Sources
from layerwise.store import Store, database, open_store
from layerwise.store.database import SqlStore
from layerwise.store.schema import Migration, check
from layerwise.store.sqlite import _insist, explained

VERSION_1 = """
CREATE TABLE store_version (version INTEGER NOT NULL);
CREATE TABLE builds (
    seq INTEGER NOT NULL, id TEXT NOT NULL, project TEXT NOT NULL, dockerfile TEXT NOT NULL, target TEXT NOT NULL,
    platforms TEXT NOT NULL, at DOUBLE NOT NULL, started_at DOUBLE, wall_s DOUBLE, ending TEXT NOT NULL,
    change TEXT NOT NULL, source TEXT NOT NULL, "group" TEXT NOT NULL, "commit" TEXT NOT NULL,
    executed INTEGER NOT NULL, cached INTEGER NOT NULL, executed_s DOUBLE, PRIMARY KEY (seq), UNIQUE (id)
);
CREATE INDEX builds_by_project ON builds (project, at, seq);
CREATE INDEX builds_by_time ON builds (at, seq);
CREATE TABLE documents (
    build INTEGER NOT NULL, layout INTEGER NOT NULL, document BLOB NOT NULL, PRIMARY KEY (build),
    FOREIGN KEY (build) REFERENCES builds (seq) ON DELETE CASCADE
);
CREATE TABLE steps (
    seq INTEGER NOT NULL, project TEXT NOT NULL, "key" TEXT NOT NULL, platform TEXT NOT NULL, PRIMARY KEY (seq),
    UNIQUE (project, "key", platform)
);
CREATE TABLE executions (
    seq INTEGER NOT NULL, step INTEGER NOT NULL, build INTEGER NOT NULL, work BIGINT NOT NULL, at DOUBLE NOT NULL,
    started_at DOUBLE, duration_s DOUBLE NOT NULL, size_bytes BIGINT, emulated BOOLEAN, PRIMARY KEY (seq),
    FOREIGN KEY (step) REFERENCES steps (seq), FOREIGN KEY (build) REFERENCES builds (seq) ON DELETE CASCADE
);
CREATE INDEX executions_by_build ON executions (build);
CREATE INDEX executions_by_step ON executions (step, at, seq);
INSERT INTO store_version VALUES (1);
INSERT INTO builds VALUES
    (1, 'old1', 'shop', 'Dockerfile', '', 'linux/amd64', 1e6, 1e6, 9.0, 'completed', 'code', 'engine', '', 'c0ffee',
     1, 0, 2.5);
INSERT INTO steps VALUES (1, 'shop', 'sha256:1', 'linux/amd64');
INSERT INTO executions VALUES (1, 1, 1, 42, 1e6, 1e6, 2.5, NULL, 0);
"""
OLDEST = {
    "id": "old1",
    "project": "shop",
    "source": "engine",
    "ending": "completed",
    "started_at": 1e6,
    "wall_s": None,
    "steps": [
        {
            "vertex": "v",
            "platform": "linux/amd64",
            "stage": "stage-0",
            "number": 2,
            "line": 2,
            "instruction": "RUN make",
            "key": "sha256:1",
            "place": "name",
            "outcome": "executed",
        }
    ],
    "overheads": [],
}


def put(path: Path, sql: str, *values: object) -> None:
    with closing(sqlite3.connect(path)) as connection:
        if values:
            connection.execute(sql, values)
        else:
            connection.executescript(sql)
        connection.commit()


def shape(path: Path) -> dict[str, object]:
    """Return what the tables of a store are, apart from how they were written down."""
    with closing(sqlite3.connect(path)) as connection:

        def ask(query: str, *values: str) -> list[tuple[object, ...]]:
            return sorted(connection.execute(query, values).fetchall(), key=repr)

        return {
            name: (
                ask("SELECT * FROM pragma_table_info(?)", name),
                ask("SELECT * FROM pragma_foreign_key_list(?)", name),
                ask(
                    'SELECT l.name, "unique", seqno, i.name FROM pragma_index_list(?) l, pragma_index_info(l.name) i',
                    name,
                ),
            )
            for (name,) in ask("SELECT name FROM sqlite_master WHERE type = 'table'")
        }


@pytest.fixture
def old(path: Path) -> Path:
    """A store of version 1, as SQL and not as today's code would write it."""
    put(path, VERSION_1)
    put(path, "INSERT INTO documents VALUES (1, 1, ?)", zlib.compress(json.dumps(OLDEST).encode()))
    return path


def opened(path: Path, migrations: Sequence[Migration] = ()) -> SqlStore:
    return SqlStore(path, timeout_s=30, clock=time.time, migrations=migrations)


# versions


def test_a_store_of_version_1_is_read_with_defaults_for_what_it_lacks(old: Path) -> None:
    with open_store(f"sqlite:///{old}") as store:
        record = store.find("^", "shop")
        assert (record.sources, record.change, record.notes) == (Sources(), UNKNOWN_CHANGE, ())
        assert (record.steps[0].duration_s, record.steps[0].emulated, record.steps[0].critical_s) == (None, None, 0.0)
        (row,) = store.builds("shop")
        assert (row.ending, row.change, row.executed_s) == (Ending.COMPLETED, "code", 2.5)
        assert store.executions("shop", ["sha256:1"])["linux/amd64", "sha256:1"][0].duration_s == 2.5
        assert store.add(build(step(key="sha256:1"), id="new1"))
        assert len(store.executions("shop", ["sha256:1"])["linux/amd64", "sha256:1"]) == 2


def test_a_store_that_was_migrated_has_the_tables_of_a_new_one(old: Path, tmp_path: Path) -> None:
    open_store(f"sqlite:///{old}").close()
    open_store(f"sqlite:///{tmp_path}/new.db").close()
    assert shape(old) == shape(tmp_path / "new.db")


def test_a_store_of_version_1_takes_proofs(old: Path) -> None:
    shown = Proof(digest="d1", pass_name="manifest-first", equal=True, at=1e6)
    with open_store(f"sqlite:///{old}") as store:
        assert store.proofs("shop") == {}
        store.add_proofs("shop", [shown])
        assert store.proofs("shop") == {"d1": shown}


def colour(connection: sqlite3.Connection) -> None:
    connection.execute("ALTER TABLE builds ADD COLUMN colour TEXT")
    connection.execute("UPDATE builds SET colour = 'red'")


def broken(connection: sqlite3.Connection) -> None:
    connection.execute("ALTER TABLE builds ADD COLUMN taste TEXT")
    connection.execute("UPDATE elsewhere SET taste = 'sweet'")


def test_an_older_store_is_migrated_once_when_it_is_opened(old: Path) -> None:
    for _ in range(2):
        with opened(old, [colour]) as store:
            assert store.projects() == (("shop", 1),)
    with closing(sqlite3.connect(old)) as connection:
        assert connection.execute("SELECT id, colour FROM builds").fetchall() == [("old1", "red")]
        assert connection.execute("SELECT version FROM store_version").fetchall() == [(2,)]


def test_a_new_store_has_the_newest_version_at_once(path: Path) -> None:
    opened(path, [broken]).close()
    with pytest.raises(StoreError, match=r"written by a newer layerwise \(version 2, this one knows 1\)"):
        opened(path)


def test_a_migration_that_fails_changes_nothing(old: Path) -> None:
    before = shape(old)
    with pytest.raises(StoreError, match="no such table: elsewhere"):
        opened(old, [colour, broken])
    assert shape(old) == before
    opened(old).close()


def test_a_store_of_a_newer_layerwise_is_refused_by_readers_and_writers(old: Path) -> None:
    put(old, "UPDATE store_version SET version = 9")
    for create in (True, False):
        with pytest.raises(StoreError, match=r"newer layerwise \(version 9, this one knows 3\): update layerwise, or"):
            open_store(f"sqlite:///{old}", create=create)


# documents


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [
        ("layout", 2, "build b1 was recorded by a newer layerwise: update this one to read it"),
        ("document", b"no zlib", "the record of build b1 can't be read"),
        ("document", zlib.compress(b"no JSON"), "the record of build b1 can't be read"),
        ("document", zlib.compress(b'{"id": "b1"}'), "the record of build b1 can't be read"),
    ],
)
def test_a_document_that_cannot_be_read_is_said(
    store: Store, path: Path, column: str, value: object, says: str
) -> None:
    store.add(build(id="b1"))
    put(path, f"UPDATE documents SET {column} = ?", value)
    for ask in (lambda: store.records("shop", limit=1), lambda: store.find("^", "shop")):
        with pytest.raises(StoreError) as caught:
            ask()
        assert says in str(caught.value)
    assert len(store.builds("shop")) == 1


def test_a_word_that_only_a_newer_layerwise_knows_is_said(store: Store, path: Path) -> None:
    store.add(build(id="b1"))
    put(path, "UPDATE builds SET ending = 'vanished'")
    with pytest.raises(StoreError, match="build b1 was recorded by a newer layerwise: update this one to list it"):
        store.builds("shop")


def test_a_field_that_only_a_newer_layerwise_knows_is_left_out(store: Store, path: Path) -> None:
    store.add(build(id="b1"))
    document = zlib.compress(json.dumps({**OLDEST, "weather": "rain"}).encode())
    put(path, "UPDATE documents SET document = ?", document)
    assert store.find("^", "shop").id == "old1"


# several at once


def test_what_was_committed_is_on_disk_and_readers_do_not_wait_for_writers(path: Path) -> None:
    with opened(path) as store, store._connections.reading() as connection:
        settings = [
            connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
        assert settings == ["wal", 2, 1]


def test_a_store_that_another_process_makes_in_the_meantime_is_taken_as_it_is(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([False])  # what the first look says, before the other process was done
    monkeypatch.setattr(database, "check", lambda *args: next(answers, None) is None and check(*args))
    with opened(old) as store:
        assert store.projects() == (("shop", 1),)


def test_what_sqlite_does_not_wait_for_is_tried_again() -> None:
    busy = sqlite3.OperationalError("database is locked")
    busy.sqlite_errorname = "SQLITE_BUSY_RECOVERY"
    connection = Mock()
    connection.execute.side_effect = [busy, busy, None]
    _insist(connection, "BEGIN IMMEDIATE", 10)
    assert connection.execute.call_count == 3


def test_a_writer_waits_for_another_no_longer_than_it_takes(path: Path) -> None:
    with (
        opened(path) as store,
        closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as connection,
    ):
        connection.execute("BEGIN IMMEDIATE")
        end = Timer(0.05, connection.execute, ["COMMIT"])
        end.start()
        assert store.add(build(id="b1"))
        end.join()


def test_threads_share_a_store(path: Path) -> None:
    with opened(path) as store, ThreadPoolExecutor(4) as pool:
        added = list(pool.map(lambda number: store.add(build(step(), id=f"b{number % 20}")), range(40)))
        assert sum(added) == len(store.builds("shop")) == 20


# failures


def test_a_file_that_is_no_database_is_left_alone(path: Path) -> None:
    path.write_text("notes of mine\n" * 100)
    with pytest.raises(StoreError, match="is no store of builds: move it away, or name another store"):
        open_store(f"sqlite:///{path}")
    assert path.read_text().startswith("notes of mine")


def test_a_database_of_something_else_is_left_alone(path: Path) -> None:
    put(path, "CREATE TABLE songs (name TEXT)")
    with pytest.raises(StoreError, match="is a database of something else: name another store"):
        open_store(f"sqlite:///{path}")
    assert set(shape(path)) == {"songs"}


def test_a_store_that_another_process_keeps_busy_is_read_but_not_written(store: Store, path: Path) -> None:
    store.add(build(step(), id="b1"))
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        start = time.monotonic()
        with pytest.raises(StoreError, match=r"other processes kept the store .* busy for too long: try again"):
            store.add(build(id="b2"))
        assert time.monotonic() - start > 0.15
        assert store.find("^", "shop").id == "b1"
    assert store.add(build(id="b2"))


def test_a_store_that_another_process_keeps_to_itself_cannot_be_opened(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreError, match=r"other processes kept the store .* busy for too long"):
            open_store(f"sqlite:///{path}", timeout_s=0.1)


def test_a_full_disk_is_said_and_loses_nothing(path: Path) -> None:
    with opened(path) as store:
        store.add(build(id="b1"))
        with store._connections.reading() as connection:
            connection.execute(f"PRAGMA max_page_count = {path.stat().st_size // 4096 + 20}")
        big = build(*(step(f"RUN {digest(str(number))}", number=number) for number in range(2000)), id="b2")
        with pytest.raises(StoreError, match=r"the disk that holds the store .* is full: free some space, or name"):
            store.add(big)
        assert [row.id for row in store.builds("shop")] == ["b1"]
        assert store.add(build(id="b3"))


def test_a_disk_error_beside_the_database_is_a_full_disk_where_there_is_no_room(monkeypatch, path: Path) -> None:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorname = "SQLITE_IOERR_SHMSIZE"
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=4096))
    with pytest.raises(StoreError, match=r"the disk that holds the store .* is full"), explained(path):
        raise error


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("SQLITE_READONLY", "/x.db can't be written: mind the rights of the file and its directory"),
        ("SQLITE_READONLY_DIRECTORY", "/x.db can't be written: mind the rights of the file and its directory"),
        ("SQLITE_CANTOPEN", "/x.db can't be opened: mind the rights of the file and its directory"),
        ("SQLITE_CORRUPT_INDEX", "/x.db is damaged: put back a copy"),
        ("SQLITE_IOERR_FSYNC", "/x.db can't be used (as SQLite says): name another store with LAYERWISE_STORE"),
        ("", "/x.db can't be used (as SQLite says)"),
    ],
)
def test_what_the_database_refuses_is_one_sentence(name: str, says: str) -> None:
    error = sqlite3.OperationalError("as SQLite says")
    if name:
        error.sqlite_errorname = name
    with pytest.raises(StoreError) as caught, explained(Path("/x.db")):
        raise error
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
