"""The tables of a store, and how an older store comes to have them.

``TABLES`` is what this layerwise reads and writes. Whoever changes it appends a function to ``MIGRATIONS`` that makes
the same change to a store of the version before; a store counts its versions from 1. Of all this the types of columns
alone are SQLite's own: PostgreSQL has other words for DOUBLE, BLOB and a key that counts by itself.
"""

import sqlite3
from collections.abc import Callable, Sequence
from typing import TypeAlias

from layerwise.errors import StoreError
from layerwise.store.input_schema import INPUTS
from layerwise.store.place import ANOTHER
from layerwise.store.sqlite import tables

Migration: TypeAlias = Callable[[sqlite3.Connection], None]

PROOFS = """
    CREATE TABLE proofs (
        project TEXT NOT NULL,
        digest TEXT NOT NULL,  -- of the rewrite
        pass TEXT NOT NULL,
        verdict TEXT NOT NULL,  -- equal, different, or slower though equal
        at DOUBLE NOT NULL,
        why TEXT NOT NULL,
        image_before TEXT NOT NULL,  -- digests of manifests, joined by commas
        image_after TEXT NOT NULL,
        version TEXT NOT NULL,  -- of layerwise
        PRIMARY KEY (project, digest)
    )
"""


def _add_proofs(connection: sqlite3.Connection) -> None:
    connection.execute(PROOFS)


def _add_inputs(connection: sqlite3.Connection) -> None:
    for statement in INPUTS:
        connection.execute(statement)


MIGRATIONS: Sequence[Migration] = (_add_proofs, _add_inputs)

TABLES = (
    "CREATE TABLE store_version (version INTEGER NOT NULL)",
    """
    CREATE TABLE builds (
        seq INTEGER NOT NULL,
        id TEXT NOT NULL,
        project TEXT NOT NULL,
        dockerfile TEXT NOT NULL,
        target TEXT NOT NULL,
        platforms TEXT NOT NULL,  -- joined by commas, as --platform takes them
        at DOUBLE NOT NULL,  -- what builds are sorted by: started_at, else when it was added
        started_at DOUBLE,
        wall_s DOUBLE,
        ending TEXT NOT NULL,
        change TEXT NOT NULL,
        source TEXT NOT NULL,
        "group" TEXT NOT NULL,
        "commit" TEXT NOT NULL,
        executed INTEGER NOT NULL,
        cached INTEGER NOT NULL,
        executed_s DOUBLE,
        PRIMARY KEY (seq),
        UNIQUE (id)
    )
    """,
    "CREATE INDEX builds_by_project ON builds (project, at, seq)",
    "CREATE INDEX builds_by_time ON builds (at, seq)",
    """
    CREATE TABLE documents (
        build INTEGER NOT NULL,
        layout INTEGER NOT NULL,
        document BLOB NOT NULL,
        PRIMARY KEY (build),
        FOREIGN KEY (build) REFERENCES builds (seq) ON DELETE CASCADE
    )
    """,
    """
    CREATE TABLE steps (
        seq INTEGER NOT NULL,
        project TEXT NOT NULL,
        "key" TEXT NOT NULL,
        platform TEXT NOT NULL,
        PRIMARY KEY (seq),
        UNIQUE (project, "key", platform)
    )
    """,
    """
    CREATE TABLE executions (
        seq INTEGER NOT NULL,
        step INTEGER NOT NULL,
        build INTEGER NOT NULL,
        work BIGINT NOT NULL,  -- a digest of builder and vertex: with the start, which work
        at DOUBLE NOT NULL,  -- what executions are sorted by: started_at, else the build's
        started_at DOUBLE,
        duration_s DOUBLE NOT NULL,
        size_bytes BIGINT,
        emulated BOOLEAN,
        PRIMARY KEY (seq),
        FOREIGN KEY (step) REFERENCES steps (seq),
        FOREIGN KEY (build) REFERENCES builds (seq) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX executions_by_step ON executions (step, at, seq)",
    "CREATE INDEX executions_by_build ON executions (build)",
    PROOFS,
    *INPUTS,
)


def words(text: str) -> str:
    """Return a text as any database takes it: with escapes for what is not Unicode, and for NUL."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")


def check(connection: sqlite3.Connection, name: str, migrations: Sequence[Migration]) -> bool:
    """Return whether a store has the newest tables.

    Args:
        connection: Of a transaction that reads.
        name: How a message names the store.
        migrations: From version 1 on.

    Raises:
        StoreError: A newer layerwise wrote the store, or the database holds something else.
    """
    version, newest = _version(connection), 1 + len(migrations)
    if version is None and tables(connection):
        raise StoreError(f"{name} is a database of something else: {ANOTHER}")
    if version is not None and version > newest:
        raise StoreError(
            f"the store {name} was written by a newer layerwise (version {version}, this one knows {newest}): "
            f"update layerwise, or {ANOTHER}"
        )
    return version == newest


def migrate(connection: sqlite3.Connection, migrations: Sequence[Migration]) -> None:
    """Make the tables of an empty store, or bring an older one to the newest version, in one transaction."""
    version, newest = _version(connection), 1 + len(migrations)
    if version is None:
        for statement in TABLES:
            connection.execute(statement)
        connection.execute("INSERT INTO store_version (version) VALUES (:version)", {"version": newest})
        return
    for migration in migrations[version - 1 :]:
        migration(connection)
    connection.execute("UPDATE store_version SET version = :version", {"version": newest})


def _version(connection: sqlite3.Connection) -> int | None:
    if "store_version" not in tables(connection):
        return None
    version: int | None = connection.execute("SELECT max(version) FROM store_version").fetchone()[0]
    return version
