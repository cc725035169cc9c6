"""The store in a database: all its SQL, written in what SQLite and PostgreSQL have in common."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from layerwise.records import BuildRecord, Execution
from layerwise.store.document import LAYOUT, decode, encode
from layerwise.store.find import find, within
from layerwise.store.rows import Works, build_columns, build_row, execution, execution_columns
from layerwise.store.schema import MIGRATIONS, NEWEST, Migration, builds, check, documents, executions, migrate, steps
from layerwise.store.sqlite import WRITES, engine_of, explained
from layerwise.store.store import BuildRow

_AT_ONCE = 500  # values in one statement; SQLite has a limit

_WHOLE = sa.select(builds.c.id, documents.c.layout, documents.c.document).join(documents).order_by(*NEWEST)
_EXECUTIONS = (
    sa.select(
        builds.c.id,
        executions.c.work,
        executions.c.started_at,
        executions.c.duration_s,
        executions.c.size_bytes,
        executions.c.emulated,
    )
    .select_from(executions)
    .join(builds)
    .where(executions.c.step == sa.bindparam("step"))
    .order_by(executions.c.at.desc(), executions.c.seq.desc())
    .limit(sa.bindparam("limit"))
    .offset(sa.bindparam("offset"))
)


class SqlStore:
    """A ``Store``, opened at once."""

    def __init__(
        self, path: Path, *, timeout_s: float, clock: Callable[[], float], migrations: Sequence[Migration] = MIGRATIONS
    ) -> None:
        self._path = path
        self._clock = clock
        self._engine = engine_of(path, timeout_s)
        self._writer = self._engine.execution_options(**{WRITES: True})
        try:
            self._prepare(migrations)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def _prepare(self, migrations: Sequence[Migration]) -> None:
        with self._transaction(self._engine) as connection:
            if check(connection, str(self._path), migrations):
                return
        with self._transaction(self._writer) as connection:
            if not check(connection, str(self._path), migrations):  # another process may have come before us
                migrate(connection, migrations)

    @contextmanager
    def _transaction(self, engine: sa.Engine) -> Iterator[sa.Connection]:
        with explained(self._path), engine.begin() as connection:
            yield connection

    def add(self, record: BuildRecord) -> bool:
        """Keep a build; return False where one of that id is there already."""
        return self._add([record]) == 1

    def _add(self, records: Iterable[BuildRecord]) -> int:
        """Keep builds in one transaction; return how many of them are new."""
        now = self._clock()
        whole = [(record, encode(record)) for record in records]
        with self._transaction(self._writer) as connection:
            return sum(_added(connection, record, document, now) for record, document in whole)

    def builds(self, project: str | None, *, limit: int = 50) -> tuple[BuildRow, ...]:
        """Return the newest builds as a list shows them."""
        query = within(project, sa.select(builds)).order_by(*NEWEST).limit(limit)
        with self._transaction(self._engine) as connection:
            return tuple(map(build_row, connection.execute(query).mappings()))

    def records(self, project: str | None, *, limit: int) -> tuple[BuildRecord, ...]:
        """Return the newest builds whole."""
        return self._whole(within(project, _WHOLE).limit(limit))

    def _whole(self, query: sa.Select[Any]) -> tuple[BuildRecord, ...]:
        with self._transaction(self._engine) as connection:
            rows = connection.execute(query).all()
        return tuple(decode(*row) for row in rows)

    def find(self, reference: str, project: str | None) -> BuildRecord:
        """Return one build by its id, the beginning of it, or ``^N``."""
        with self._transaction(self._engine) as connection:
            found = find(connection, reference, project)
            return decode(*connection.execute(_WHOLE.where(builds.c.id == found)).one())

    def before(self, record: BuildRecord, *, limit: int) -> tuple[BuildRecord, ...]:
        """Return builds of the same project, Dockerfile and target that started earlier."""
        at = record.started_at
        if at is None:
            with self._transaction(self._engine) as connection:
                at = connection.execute(sa.select(builds.c.at).where(builds.c.id == record.id)).scalar()
        query = _WHOLE.where(
            builds.c.project == record.project,
            builds.c.dockerfile == record.sources.dockerfile,
            builds.c.target == record.sources.target,
            builds.c.at < (self._clock() if at is None else at),
        )
        return self._whole(query.limit(limit))

    def executions(
        self, project: str, keys: Collection[str], *, limit: int = 10
    ) -> Mapping[tuple[str, str], tuple[Execution, ...]]:
        """Return the newest executions of each instruction by (platform, key)."""
        with self._transaction(self._engine) as connection:
            known = _steps(connection, project, keys)
            return {
                (platform, key): _executions(connection, step, (platform, key), limit)
                for (key, platform), step in known.items()
            }

    def prune(self, *, project: str | None, keep: int | None, older_than: float | None) -> int:
        """Remove old builds and their executions, and return how many builds that were."""
        if keep is None and older_than is None:
            return 0
        before = None if older_than is None else self._clock() - older_than
        with self._transaction(self._writer) as connection:
            names = [name for name, _ in _projects(connection)] if project is None else [project]
            gone = [build for name in names for build in _beyond(connection, name, keep or 0, before)]
            for some in _portions(gone):
                connection.execute(sa.delete(builds).where(builds.c.seq.in_(some)))
            connection.execute(sa.delete(steps).where(~sa.exists().where(executions.c.step == steps.c.seq)))
        return len(gone)

    def projects(self) -> tuple[tuple[str, int], ...]:
        """Return the projects by name, with the number of their builds."""
        with self._transaction(self._engine) as connection:
            return _projects(connection)


def _portions(values: Collection[Any]) -> Iterator[list[Any]]:
    ordered = list(values)
    for start in range(0, len(ordered), _AT_ONCE):
        yield ordered[start : start + _AT_ONCE]


def _added(connection: sa.Connection, record: BuildRecord, document: bytes, now: float) -> bool:
    columns = build_columns(record, now)
    try:
        with connection.begin_nested():
            build = connection.execute(sa.insert(builds), columns).inserted_primary_key
    except IntegrityError:
        return False
    assert build, "a row that was inserted has a key"
    connection.execute(sa.insert(documents), {"build": build.seq, "layout": LAYOUT, "document": document})
    ran = execution_columns(record, columns["at"])
    known = _steps_made(connection, record.project, {step for step, _ in ran})
    if ran:
        rows = [{"step": known[step], "build": build.seq, **values} for step, values in ran]
        connection.execute(sa.insert(executions), rows)
    return True


def _steps_made(
    connection: sa.Connection, project: str, wanted: Collection[tuple[str, str]]
) -> Mapping[tuple[str, str], int]:
    """Return the steps by (key, platform), those added that were not there."""
    keys = {key for key, _ in wanted}
    known = _steps(connection, project, keys)
    missing = [step for step in wanted if step not in known]
    if not missing:
        return known
    rows = [{"project": project, "key": key, "platform": platform} for key, platform in missing]
    connection.execute(sa.insert(steps), rows)
    return _steps(connection, project, keys)


def _steps(connection: sa.Connection, project: str, keys: Collection[str]) -> Mapping[tuple[str, str], int]:
    query = sa.select(steps.c.key, steps.c.platform, steps.c.seq).where(steps.c.project == project)
    found = {}
    for some in _portions(keys):
        for key, platform, step in connection.execute(query.where(steps.c.key.in_(some))):
            found[key, platform] = step
    return found


def _executions(connection: sa.Connection, step: int, name: tuple[str, str], limit: int) -> tuple[Execution, ...]:
    works, found, offset = Works(), list[Execution](), 0
    while len(found) < limit:
        rows = connection.execute(_EXECUTIONS, {"step": step, "limit": limit, "offset": offset}).mappings().all()
        found += [execution(row, *name) for row in rows if works.is_new(row)]
        if len(rows) < limit:
            break
        offset += limit
    return tuple(found[:limit])


def _projects(connection: sa.Connection) -> tuple[tuple[str, int], ...]:
    query = sa.select(builds.c.project, sa.func.count()).group_by(builds.c.project).order_by(builds.c.project)
    return tuple((name, count) for name, count in connection.execute(query))


def _beyond(connection: sa.Connection, project: str, keep: int, before: float | None) -> list[int]:
    """Return the builds of a project below the newest ``keep``, of those the ones sorted before a time."""
    query = sa.select(builds.c.seq, builds.c.at).where(builds.c.project == project).order_by(*NEWEST).offset(keep)
    return [build for build, at in connection.execute(query) if before is None or at < before]
