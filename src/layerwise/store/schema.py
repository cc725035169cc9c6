"""The tables of a store, and how an older store comes to have them.

``TABLES`` is what this layerwise reads and writes. Whoever changes it appends a function to ``MIGRATIONS`` that makes
the same change to a store of the version before; a store counts its versions from 1.
"""

from collections.abc import Callable, Sequence
from typing import TypeAlias

import sqlalchemy as sa

from layerwise.errors import StoreError
from layerwise.store.place import ANOTHER

Migration: TypeAlias = Callable[[sa.Connection], None]

MIGRATIONS: Sequence[Migration] = ()

TABLES = sa.MetaData()


def words(text: str) -> str:
    """Return a text as any database takes it: with escapes for what is not Unicode, and for NUL."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")


class Words(sa.TypeDecorator[str]):
    """Text as ``words`` returns it."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:  # noqa: ARG002
        """Return the text as it is stored and compared."""
        return value and words(value)


version_table = sa.Table("store_version", TABLES, sa.Column("version", sa.Integer, nullable=False))

builds = sa.Table(
    "builds",
    TABLES,
    sa.Column("seq", sa.Integer, primary_key=True),
    sa.Column("id", Words, nullable=False, unique=True),
    sa.Column("project", Words, nullable=False),
    sa.Column("dockerfile", Words, nullable=False),
    sa.Column("target", Words, nullable=False),
    sa.Column("platforms", Words, nullable=False),  # joined by commas, as --platform takes them
    sa.Column("at", sa.Double, nullable=False),  # what builds are sorted by: started_at, else when it was added
    sa.Column("started_at", sa.Double),
    sa.Column("wall_s", sa.Double),
    sa.Column("ending", Words, nullable=False),
    sa.Column("change", Words, nullable=False),
    sa.Column("source", Words, nullable=False),
    sa.Column("group", Words, nullable=False),
    sa.Column("commit", Words, nullable=False),
    sa.Column("executed", sa.Integer, nullable=False),
    sa.Column("cached", sa.Integer, nullable=False),
    sa.Column("executed_s", sa.Double),
    sa.Index("builds_by_project", "project", "at", "seq"),
    sa.Index("builds_by_time", "at", "seq"),
)

NEWEST = (builds.c.at.desc(), builds.c.seq.desc())
"""What lists of builds are ordered by."""

documents = sa.Table(
    "documents",
    TABLES,
    sa.Column("build", sa.ForeignKey("builds.seq", ondelete="CASCADE"), primary_key=True),
    sa.Column("layout", sa.Integer, nullable=False),
    sa.Column("document", sa.LargeBinary, nullable=False),
)

steps = sa.Table(
    "steps",
    TABLES,
    sa.Column("seq", sa.Integer, primary_key=True),
    sa.Column("project", Words, nullable=False),
    sa.Column("key", Words, nullable=False),
    sa.Column("platform", Words, nullable=False),
    sa.UniqueConstraint("project", "key", "platform"),
)

executions = sa.Table(
    "executions",
    TABLES,
    sa.Column("seq", sa.Integer, primary_key=True),
    sa.Column("step", sa.ForeignKey("steps.seq"), nullable=False),
    sa.Column("build", sa.ForeignKey("builds.seq", ondelete="CASCADE"), nullable=False),
    sa.Column("work", sa.BigInteger, nullable=False),  # a digest of builder and vertex: with the start, which work
    sa.Column("at", sa.Double, nullable=False),  # what executions are sorted by: started_at, else the build's
    sa.Column("started_at", sa.Double),
    sa.Column("duration_s", sa.Double, nullable=False),
    sa.Column("size_bytes", sa.BigInteger),
    sa.Column("emulated", sa.Boolean),
    sa.Index("executions_by_step", "step", "at", "seq"),
    sa.Index("executions_by_build", "build"),
)


def check(connection: sa.Connection, name: str, migrations: Sequence[Migration]) -> bool:
    """Return whether a store has the newest tables.

    Args:
        connection: Of a transaction that reads.
        name: How a message names the store.
        migrations: From version 1 on.

    Raises:
        StoreError: A newer layerwise wrote the store, or the database holds something else.
    """
    version, newest = _version(connection), 1 + len(migrations)
    if version is None and sa.inspect(connection).get_table_names():
        raise StoreError(f"{name} is a database of something else: {ANOTHER}")
    if version is not None and version > newest:
        raise StoreError(
            f"the store {name} was written by a newer layerwise (version {version}, this one knows {newest}): "
            f"update layerwise, or {ANOTHER}"
        )
    return version == newest


def migrate(connection: sa.Connection, migrations: Sequence[Migration]) -> None:
    """Make the tables of an empty store, or bring an older one to the newest version, in one transaction."""
    version, newest = _version(connection), 1 + len(migrations)
    if version is None:
        TABLES.create_all(connection)
        connection.execute(sa.insert(version_table).values(version=newest))
        return
    for migration in migrations[version - 1 :]:
        migration(connection)
    connection.execute(sa.update(version_table).values(version=newest))


def _version(connection: sa.Connection) -> int | None:
    if not sa.inspect(connection).has_table(version_table.name):
        return None
    version: int = connection.execute(sa.select(version_table.c.version)).scalar_one()
    return version
