"""The store in a database: each method is a transaction, and what it asks stands in ``store.sql``."""

import sqlite3
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Self

from layerwise.inputs.manifest import InputManifest
from layerwise.records import BuildRecord, Execution, Proof
from layerwise.store import inputs, sql
from layerwise.store.document import LAYOUT, decode, encode
from layerwise.store.find import find
from layerwise.store.rows import Works, build_columns, build_row, execution, execution_columns, proof, proof_columns
from layerwise.store.schema import MIGRATIONS, Migration, check, migrate
from layerwise.store.sqlite import Connections
from layerwise.store.store import BuildRow


class SqlStore:
    """A ``Store``, opened at once."""

    def __init__(
        self, path: Path, *, timeout_s: float, clock: Callable[[], float], migrations: Sequence[Migration] = MIGRATIONS
    ) -> None:
        self._clock = clock
        self._connections = Connections(path, timeout_s)
        try:
            self._prepare(str(path), migrations)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database."""
        self._connections.close()

    def _prepare(self, name: str, migrations: Sequence[Migration]) -> None:
        with self._connections.reading() as connection:
            if check(connection, name, migrations):
                return
        with self._connections.writing() as connection:
            if not check(connection, name, migrations):  # another process may have come before us
                migrate(connection, migrations)

    def add(self, record: BuildRecord) -> bool:
        """Keep a build; return False where one of that id is there already."""
        return self._add([record]) == 1

    def _add(self, records: Iterable[BuildRecord]) -> int:
        """Keep builds in one transaction; return how many of them are new."""
        now = self._clock()
        whole = [(record, encode(record)) for record in records]
        with self._connections.writing() as connection:
            return sum(_added(connection, record, document, now) for record, document in whole)

    def builds(self, project: str | None, *, limit: int = 50, benches: bool = False) -> tuple[BuildRow, ...]:
        """Return the newest builds as a list shows them."""
        with self._connections.reading() as connection:
            return tuple(map(build_row, sql.builds(connection, project, limit, benches=benches)))

    def records(self, project: str | None, *, limit: int) -> tuple[BuildRecord, ...]:
        """Return the newest builds whole."""
        with self._connections.reading() as connection:
            rows = sql.documents(connection, project, limit)
        return tuple(map(_record, rows))

    def find(self, reference: str, project: str | None) -> BuildRecord:
        """Return one build by its id, the beginning of it, or ``^N``."""
        with self._connections.reading() as connection:
            row = sql.document(connection, find(connection, reference, project))
        return _record(row)

    def before(self, record: BuildRecord, *, limit: int) -> tuple[BuildRecord, ...]:
        """Return builds of the same project, Dockerfile and target that started earlier."""
        sources, at = record.sources, record.started_at
        with self._connections.reading() as connection:
            if at is None:
                there = sql.build(connection, record.id)
                at = there["at"] if there else self._clock()
            rows = sql.documents_before(connection, record.project, sources.dockerfile, sources.target, at, limit)
        return tuple(map(_record, rows))

    def executions(
        self, project: str, keys: Collection[str], *, limit: int = 10
    ) -> Mapping[tuple[str, str], tuple[Execution, ...]]:
        """Return the newest executions of each instruction by (platform, key)."""
        with self._connections.reading() as connection:
            return {
                (step["platform"], step["key"]): _executions(connection, step, limit)
                for key in keys
                for step in sql.steps(connection, project, key)
            }

    def prune(self, *, project: str | None, keep: int | None, older_than: float | None) -> int:
        """Remove old builds and their executions, and return how many builds that were."""
        if keep is None and older_than is None:
            return 0
        before = None if older_than is None else self._clock() - older_than
        with self._connections.writing() as connection:
            names = [row["project"] for row in sql.projects(connection)] if project is None else [project]
            gone = sum(sql.remove_builds(connection, name, keep or 0, before) for name in names)
            sql.remove_steps(connection)
            inputs.remove_unused(connection, self._clock())
        return gone

    def projects(self) -> tuple[tuple[str, int], ...]:
        """Return the projects by name, with the number of their builds."""
        with self._connections.reading() as connection:
            return tuple((row["project"], row["builds"]) for row in sql.projects(connection))

    def add_proofs(self, project: str, proofs: Iterable[Proof]) -> None:
        """Remember what builds have shown of rewrites."""
        rows = [proof_columns(project, one) for one in proofs]
        with self._connections.writing() as connection:
            sql.add_proofs(connection, rows)

    def proofs(self, project: str) -> Mapping[str, Proof]:
        """Return what builds of a project have shown, by the rewrite's digest."""
        with self._connections.reading() as connection:
            return {row["digest"]: proof(row) for row in sql.proofs(connection, project)}

    def add_inputs(self, build: str, manifest: InputManifest) -> None:
        """Keep the input manifest of a build."""
        with self._connections.writing() as connection:
            inputs.add_inputs(connection, build, manifest, self._clock())

    def inputs(self, build: str) -> InputManifest | None:
        """Return the input manifest of a build, None where there is none."""
        with self._connections.reading() as connection:
            return inputs.inputs(connection, build, inputs.StoredTrees(self._connections))


def _added(connection: sqlite3.Connection, record: BuildRecord, document: bytes, now: float) -> bool:
    columns = build_columns(record, now)
    seq = sql.add_build(connection, columns, LAYOUT, document)
    if seq is None:
        return False
    sql.add_executions(connection, record.project, seq, execution_columns(record, columns["at"]))
    return True


def _record(row: sqlite3.Row) -> BuildRecord:
    return decode(row["id"], row["layout"], row["document"])


def _executions(connection: sqlite3.Connection, step: sqlite3.Row, limit: int) -> tuple[Execution, ...]:
    works, found, offset = Works(), list[Execution](), 0
    while len(found) < limit:
        rows = sql.executions(connection, step["seq"], limit, offset)
        found += [execution(row, step["platform"], step["key"]) for row in rows if works.is_new(row)]
        if len(rows) < limit:
            break
        offset += limit
    return tuple(found[:limit])
