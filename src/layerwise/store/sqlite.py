"""SQLite as the database of a store: many processes read and write it at once, and what was committed is on disk."""

import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from layerwise.disk import no_room
from layerwise.errors import StoreError
from layerwise.store.place import ANOTHER

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


class Connections:
    """The connections to a file, of which each transaction has one to itself: threads may share the whole.

    A transaction is committed at the end of its ``with`` block, and rolled back where that raises.
    """

    def __init__(self, path: Path, timeout_s: float) -> None:
        self._path = path
        self._timeout_s = timeout_s
        self._idle: list[sqlite3.Connection] = []

    def close(self) -> None:
        """Let go of the file."""
        while self._idle:
            self._idle.pop().close()

    def reading(self) -> AbstractContextManager[sqlite3.Connection]:
        """Return a transaction that reads.

        Raises:
            StoreError: The database refuses something.
        """
        return self._transaction(lambda connection: connection.execute("BEGIN"))

    def writing(self) -> AbstractContextManager[sqlite3.Connection]:
        """Return a transaction that writes, for which others that write are waited for.

        Raises:
            StoreError: The database refuses something, or the others take too long.
        """
        return self._transaction(self._begin_to_write)

    @contextmanager
    def _transaction(self, begin: Callable[[sqlite3.Connection], object]) -> Iterator[sqlite3.Connection]:
        with explained(self._path):
            connection = self._taken()
            try:
                with connection:
                    begin(connection)
                    yield connection
            finally:
                self._idle.append(connection)

    def _taken(self) -> sqlite3.Connection:
        try:
            return self._idle.pop()
        except IndexError:
            return self._connected()

    def _connected(self) -> sqlite3.Connection:
        # Without isolation_level=None sqlite3 would begin transactions by itself, too late for a writer.
        connection = sqlite3.connect(self._path, self._timeout_s, isolation_level=None, check_same_thread=False)
        try:
            _insist(connection, "PRAGMA journal_mode = WAL", self._timeout_s)
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
        except BaseException:
            connection.close()
            raise
        connection.row_factory = sqlite3.Row
        return connection

    def _begin_to_write(self, connection: sqlite3.Connection) -> None:
        # A transaction that reads first and then writes fails at once where another has written between.
        connection.execute("PRAGMA busy_timeout = 0")
        try:
            _insist(connection, "BEGIN IMMEDIATE", self._timeout_s)
        finally:
            connection.execute(f"PRAGMA busy_timeout = {self._timeout_s * 1000:.0f}")


def tables(connection: sqlite3.Connection) -> frozenset[str]:
    """Return the names of the tables that a database holds."""
    names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    return frozenset(name for (name,) in names if not name.startswith("sqlite_"))


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
    except sqlite3.Error as error:
        message = _MESSAGES.get(
            "SQLITE_FULL" if _is_full(error, path) else _name(error),
            "the store {path} can't be used ({cause}): {another}",
        )
        raise StoreError(message.format(path=path, cause=error, another=ANOTHER)) from error


def _is_full(error: sqlite3.Error, path: Path) -> bool:
    """Whether a disk error is want of room: SQLite says so of the database, and not of the files beside it."""
    return _name(error) == "SQLITE_IOERR" and no_room(path)


def _name(error: sqlite3.Error) -> str:
    """Return the name of SQLite's primary error code: ``SQLITE_BUSY`` for ``SQLITE_BUSY_SNAPSHOT``."""
    return "_".join(getattr(error, "sqlite_errorname", "").split("_")[:2])
