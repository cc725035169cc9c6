"""rpmdb.sqlite, the database that rpm keeps since 4.16: a table of headers, and tables that point into it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import NamedTuple

_MAGIC = b"SQLite format 3\0"
_VERSIONS = slice(18, 20)
_NO_LOG = b"\1\1"
_PACKAGES = "Packages"
_LONGEST = 1 << 26


class Table(NamedTuple):
    """A table: its rows by the names of its columns."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]


class Others(NamedTuple):
    """What a database has besides packages, without SQLite's own.

    Attributes:
        schema: Kind and name of each thing in the database, and the statement that made it.
        tables: All tables but that of the headers.
    """

    schema: tuple[tuple[str, str, str], ...]
    tables: tuple[Table, ...]


def headers(content: bytes) -> Iterator[bytes]:
    """Yield each package's header.

    Raises:
        sqlite3.Error: The content is no such database.
        ValueError: So it is.
    """
    yield from packages(content).values()


def packages(content: bytes) -> dict[int, bytes]:
    """Return each package's header by the number that the other tables call it.

    Raises:
        sqlite3.Error: As ``headers``.
        ValueError: As ``headers``.
    """
    with _opened(content) as database:
        found = dict(database.execute(f"SELECT hnum, blob FROM {_PACKAGES}"))  # noqa: S608  # a name of this module
    if not all(isinstance(blob, bytes) for blob in found.values()):
        raise ValueError(_PACKAGES)
    return found


def others(content: bytes) -> Others:
    """Return the rest of a database, which is checked on the way.

    Raises:
        sqlite3.Error: As ``headers``.
        ValueError: As ``headers``.
    """
    with _opened(content) as database:
        if database.execute("PRAGMA integrity_check").fetchall() != [(b"ok",)]:
            raise ValueError(content[: len(_MAGIC)])
        made = database.execute("SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite~_%' ESCAPE '~'")
        schema = sorted((_text(kind), _text(name), _text(sql)) for kind, name, sql in made)
        names = [name for kind, name, _ in schema if kind == "table" and name != _PACKAGES]
        return Others(tuple(schema), tuple(_table(database, name) for name in names))


def _table(database: sqlite3.Connection, name: str) -> Table:
    quoted = name.replace('"', '""')
    rows = database.execute(f'SELECT * FROM "{quoted}"')  # noqa: S608  # quoted; SQLite binds no names
    return Table(name, tuple(column[0] for column in rows.description), tuple(rows))


def _text(value: object) -> str:
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else ""


@contextmanager
def _opened(content: bytes) -> Iterator[sqlite3.Connection]:
    """Open a database in memory, where SQLite refuses one that says that it has a log beside it."""
    if not content.startswith(_MAGIC):
        raise ValueError(content[: len(_MAGIC)])
    stored = bytearray(content)
    stored[_VERSIONS] = _NO_LOG
    with closing(sqlite3.connect(":memory:")) as database:
        database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST)
        database.text_factory = bytes
        database.deserialize(bytes(stored))
        database.execute("PRAGMA trusted_schema = OFF")
        yield database
