"""SQLite as the database of a store: many processes read and write it at once, and what was committed is on disk."""

import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from layerwise.errors import StoreError
from layerwise.store.place import ANOTHER

WRITES = "layerwise_writes"
"""Execution option of a connection whose transactions write."""

_PAUSE_S = (0.005, 0.05)
_MESSAGES = {
    "SQLITE_BUSY": "other processes kept the store {path} busy for too long: try again, or see what holds it open",
    "SQLITE_FULL": "the disk that holds the store {path} is full: free some space, or {another}",
    "SQLITE_NOTADB": "{path} is no store of builds: move it away, or {another}",
    "SQLITE_CORRUPT": "the store {path} is damaged: put back a copy or move it away, or {another}",
    "SQLITE_READONLY": "the store {path} can't be written: mind the rights of the file and its directory, or {another}",
    "SQLITE_CANTOPEN": "the store {path} can't be opened: mind the rights of the file and its directory, or {another}",
    "SQLITE_PERM": "the store {path} can't be opened: mind the rights of the file and its directory, or {another}",
}


def engine_of(path: Path, timeout_s: float) -> sa.Engine:
    """Return the engine for a file, which waits ``timeout_s`` seconds for other processes."""
    url = sa.URL.create("sqlite", database=str(path))
    engine = sa.create_engine(url, connect_args={"timeout": timeout_s})

    def connected(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None  # sqlite3 would begin transactions by itself, too late for a writer
        _insist(connection, "PRAGMA journal_mode = WAL", timeout_s)
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")

    def begun(connection: sa.Connection) -> None:
        if not connection.get_execution_options().get(WRITES, False):
            connection.exec_driver_sql("BEGIN")
            return
        # A transaction that reads first and then writes fails at once where another has written between.
        raw = connection.connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)
        raw.execute("PRAGMA busy_timeout = 0")
        try:
            _insist(raw, "BEGIN IMMEDIATE", timeout_s)
        finally:
            raw.execute(f"PRAGMA busy_timeout = {timeout_s * 1000:.0f}")

    sa.event.listen(engine, "connect", connected)
    sa.event.listen(engine, "begin", begun)
    return engine


def _insist(connection: sqlite3.Connection, statement: str, timeout_s: float) -> None:
    """Execute a statement, again and again while others keep the file busy.

    SQLite by itself waits in steps of 0.1 s, in which a writer among many starves, and not at all for some statements.
    """
    end = time.monotonic() + timeout_s
    while True:
        try:
            connection.execute(statement)
        except sqlite3.OperationalError as error:
            if _name(error) != "SQLITE_BUSY" or time.monotonic() > end:
                raise
            time.sleep(random.uniform(*_PAUSE_S))  # noqa: S311 - waiters must not march in step
        else:
            return


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn errors of the database into a StoreError of one sentence."""
    try:
        yield
    except (sqlite3.Error, DBAPIError) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        message = _MESSAGES.get(_name(cause), "the store {path} can't be used ({cause}): {another}")
        raise StoreError(message.format(path=path, cause=cause, another=ANOTHER)) from error


def _name(error: object) -> str:
    """Return the name of SQLite's primary error code: ``SQLITE_BUSY`` for ``SQLITE_BUSY_SNAPSHOT``."""
    return "_".join(getattr(error, "sqlite_errorname", "").split("_")[:2])
