"""What is asked of a store and written to it, in SQL that PostgreSQL takes as well, with values bound as ``:name``."""

import math
import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any

from layerwise.records import BENCH
from layerwise.store.schema import words

_ADD_BUILD = """
    INSERT INTO builds (
        id, project, dockerfile, target, platforms, at, started_at, wall_s, ending, change, source, "group", "commit",
        executed, cached, executed_s
    )
    VALUES (
        :id, :project, :dockerfile, :target, :platforms, :at, :started_at, :wall_s, :ending, :change, :source, :group,
        :commit, :executed, :cached, :executed_s
    )
    ON CONFLICT (id) DO NOTHING
"""
_ADD_DOCUMENT = "INSERT INTO documents (build, layout, document) VALUES (:build, :layout, :document)"
_ADD_STEP = """
    INSERT INTO steps (project, "key", platform) VALUES (:project, :key, :platform)
    ON CONFLICT (project, "key", platform) DO NOTHING
"""
_ADD_EXECUTION = """
    INSERT INTO executions (step, build, work, at, started_at, duration_s, size_bytes, emulated)
    VALUES (
        (SELECT seq FROM steps WHERE project = :project AND "key" = :key AND platform = :platform),
        :build, :work, :at, :started_at, :duration_s, :size_bytes, :emulated
    )
"""

_BUILDS = """
    SELECT
        id, project, dockerfile, target, platforms, started_at, wall_s, ending, change, source, "group", "commit",
        executed, cached, executed_s
    FROM builds
"""
_IDS = "SELECT id FROM builds"
_WHOLE = "SELECT builds.id, layout, document FROM builds JOIN documents ON documents.build = builds.seq"
_NEWEST = "ORDER BY builds.at DESC, builds.seq DESC LIMIT :limit OFFSET :offset"
_OF_NO_BENCH = f"substr(\"group\", 1, {len(BENCH)}) <> '{BENCH}'"
_BUILD = "SELECT seq, at FROM builds WHERE id = :id"
_PROJECTS = "SELECT project, count(*) AS builds FROM builds GROUP BY project ORDER BY project"
_STEPS = 'SELECT seq, "key", platform FROM steps WHERE project = :project AND "key" = :key'
_EXECUTIONS = """
    SELECT
        builds.id, executions.work, executions.started_at, executions.duration_s, executions.size_bytes,
        executions.emulated
    FROM executions JOIN builds ON builds.seq = executions.build
    WHERE executions.step = :step
    ORDER BY executions.at DESC, executions.seq DESC LIMIT :limit OFFSET :offset
"""
_PROOFS = (
    "SELECT digest, pass, verdict, at, why, image_before, image_after, version FROM proofs WHERE project = :project"
)

# What was shown last counts: whoever builds again wants the newer answer.
_ADD_PROOF = """
    INSERT INTO proofs (project, digest, pass, verdict, at, why, image_before, image_after, version)
    VALUES (:project, :digest, :pass, :verdict, :at, :why, :image_before, :image_after, :version)
    ON CONFLICT (project, digest) DO UPDATE SET
        pass = excluded.pass, verdict = excluded.verdict, at = excluded.at, why = excluded.why,
        image_before = excluded.image_before, image_after = excluded.image_after, version = excluded.version
"""

_REMOVE_BUILDS = """
    DELETE FROM builds
    WHERE project = :project AND at < :before AND seq NOT IN (
        SELECT seq FROM builds WHERE project = :project ORDER BY at DESC, seq DESC LIMIT :keep
    )
"""
_REMOVE_STEPS = "DELETE FROM steps WHERE NOT EXISTS (SELECT 1 FROM executions WHERE executions.step = steps.seq)"


def add_build(connection: sqlite3.Connection, columns: Mapping[str, Any], layout: int, document: bytes) -> int | None:
    """Add a build and its document, and return its key; None where one of that id is there already."""
    if connection.execute(_ADD_BUILD, _bound(columns)).rowcount == 0:
        return None
    seq: int = _rows(connection, _BUILD, id=columns["id"])[0]["seq"]
    connection.execute(_ADD_DOCUMENT, {"build": seq, "layout": layout, "document": document})
    return seq


def add_executions(
    connection: sqlite3.Connection, project: str, seq: int, executions: Iterable[Mapping[str, Any]]
) -> None:
    """Add executions of the build of a key, and of their steps those that are not there."""
    rows = [_bound({**columns, "project": project, "build": seq}) for columns in executions]
    connection.executemany(_ADD_STEP, rows)
    connection.executemany(_ADD_EXECUTION, rows)


def build(connection: sqlite3.Connection, name: str) -> sqlite3.Row | None:
    """Return the key ``seq`` of the build of an id, and the seconds since the epoch ``at`` that it is sorted by."""
    return next(iter(_rows(connection, _BUILD, id=name)), None)


def builds(connection: sqlite3.Connection, project: str | None, limit: int, *, benches: bool) -> list[sqlite3.Row]:
    """Return the newest builds of a project, or of all, as a list shows them; those of benches where asked for."""
    return _newest(connection, _BUILDS, project, *(() if benches else (_OF_NO_BENCH,)), limit=limit)


def ids(
    connection: sqlite3.Connection, project: str | None, *, beginning: str = "", limit: int, offset: int = 0
) -> list[str]:
    """Return ids of a project, or of all, the newest build's first; those of benches only by what they begin with."""
    text = words(beginning)
    conditions = ["substr(id, 1, :length) = :beginning"] if text else [_OF_NO_BENCH]
    found = _newest(
        connection, _IDS, project, *conditions, limit=limit, offset=offset, length=len(text), beginning=text
    )
    return [row["id"] for row in found]


def documents(connection: sqlite3.Connection, project: str | None, limit: int) -> list[sqlite3.Row]:
    """Return the newest builds of a project, or of all, whole."""
    return _newest(connection, _WHOLE, project, limit=limit)


def document(connection: sqlite3.Connection, name: str) -> sqlite3.Row:
    """Return the build of an id that is there, whole."""
    return _newest(connection, _WHOLE, None, "id = :id", limit=1, id=name)[0]


def documents_before(
    connection: sqlite3.Connection, project: str, dockerfile: str, target: str, at: float, limit: int
) -> list[sqlite3.Row]:
    """Return the newest builds of a Dockerfile and target that are sorted before a time, whole, benches' left out."""
    conditions = ("dockerfile = :dockerfile", "target = :target", "at < :at", _OF_NO_BENCH)
    return _newest(connection, _WHOLE, project, *conditions, limit=limit, dockerfile=dockerfile, target=target, at=at)


def projects(connection: sqlite3.Connection) -> list[sqlite3.Row]:
    """Return the projects by name, with the number of their builds."""
    return _rows(connection, _PROJECTS)


def steps(connection: sqlite3.Connection, project: str, key: str) -> list[sqlite3.Row]:
    """Return the steps that an instruction made in builds of a project, one for each platform."""
    return _rows(connection, _STEPS, project=project, key=key)


def executions(connection: sqlite3.Connection, step: int, limit: int, offset: int) -> list[sqlite3.Row]:
    """Return executions of a step, the newest first."""
    return _rows(connection, _EXECUTIONS, step=step, limit=limit, offset=offset)


def proofs(connection: sqlite3.Connection, project: str) -> list[sqlite3.Row]:
    """Return what is known of the rewrites of a project."""
    return _rows(connection, _PROOFS, project=project)


def add_proofs(connection: sqlite3.Connection, rows: Iterable[Mapping[str, Any]]) -> None:
    """Add what was shown of rewrites, in the place of what was known of them."""
    connection.executemany(_ADD_PROOF, [_bound(row) for row in rows])


def remove_builds(connection: sqlite3.Connection, project: str, keep: int, before: float | None) -> int:
    """Remove the builds of a project below the newest ``keep``, of those the ones sorted before a time."""
    values = {"project": project, "keep": keep, "before": math.inf if before is None else before}
    return connection.execute(_REMOVE_BUILDS, _bound(values)).rowcount


def remove_steps(connection: sqlite3.Connection) -> None:
    """Remove the steps that have no execution left."""
    connection.execute(_REMOVE_STEPS)


def _newest(
    connection: sqlite3.Connection,
    select: str,
    project: str | None,
    *conditions: str,
    limit: int,
    offset: int = 0,
    **values: Any,
) -> list[sqlite3.Row]:
    every = [*conditions, *([] if project is None else ["project = :project"])]
    where = ["WHERE", " AND ".join(every)] if every else []
    query = " ".join([select, *where, _NEWEST])
    return _rows(connection, query, project=project, limit=limit, offset=offset, **values)


def _rows(connection: sqlite3.Connection, query: str, **values: Any) -> list[sqlite3.Row]:
    return connection.execute(query, _bound(values)).fetchall()


def _bound(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: words(value) if isinstance(value, str) else value for name, value in values.items()}
