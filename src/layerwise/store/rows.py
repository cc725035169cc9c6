"""What of a record stands in columns, and what is made of columns again."""

import hashlib
import sqlite3
from typing import Any

from layerwise.errors import StoreError
from layerwise.records import BuildRecord, Ending, Execution, Outcome, Proof, Source, StepRecord
from layerwise.store.schema import words
from layerwise.store.store import BuildRow

_EQUAL, _DIFFERENT, _SLOWER = "equal", "different", "slower"
_SAME_S = 0.0005  # two starts of one work are equal but for the rounding of a float


def build_columns(record: BuildRecord, now: float) -> dict[str, Any]:
    """Return the columns of a build that is added at ``now``, in seconds since the epoch."""
    distinct = [step for step in record.distinct() if step.keyword != "FROM"]
    executed = [step for step in distinct if step.outcome is Outcome.EXECUTED]
    return {
        "id": record.id,
        "project": record.project,
        "dockerfile": record.sources.dockerfile,
        "target": record.sources.target,
        "platforms": ",".join(record.platforms),
        "at": now if record.started_at is None else record.started_at,
        "started_at": record.started_at,
        "wall_s": record.wall_s,
        "ending": record.ending.value,
        "change": record.change.kind,
        "source": record.source.value,
        "group": record.group,
        "commit": record.sources.commit,
        "executed": len(executed),
        "cached": sum(step.outcome is Outcome.CACHED for step in distinct),
        "executed_s": _sum([step.duration_s for step in executed]),
    }


def _sum(seconds: list[float | None]) -> float | None:
    known = [second for second in seconds if second is not None]
    return sum(known, 0.0) if len(known) == len(seconds) else None


def build_row(row: sqlite3.Row) -> BuildRow:
    """Return a build as a list shows it.

    Raises:
        StoreError: It has an ending or a source that only a newer layerwise knows.
    """
    try:
        ending, source = Ending(row["ending"]), Source(row["source"])
    except ValueError as error:
        raise StoreError(f"build {row['id']} was recorded by a newer layerwise: update this one to list it") from error
    platforms = tuple(row["platforms"].split(",")) if row["platforms"] else ()
    return BuildRow(**{**row, "ending": ending, "source": source, "platforms": platforms})


def execution_columns(record: BuildRecord, at: float) -> list[dict[str, Any]]:
    """Return the columns of each execution of a build that is sorted by ``at``, and key and platform of its step.

    Those stand there that ran to their end in a known time; where stages share a vertex, once.
    """
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    for step in record.steps:
        if step.outcome is Outcome.EXECUTED and step.duration_s is not None:
            found.setdefault((words(step.key), words(step.platform), step.vertex), _columns(record, step, at))
    return list(found.values())


def _columns(record: BuildRecord, step: StepRecord, at: float) -> dict[str, Any]:
    started_at = record.started_at + step.spans[0].start_s if record.started_at is not None and step.spans else None
    return {
        "key": step.key,
        "platform": step.platform,
        "work": _digest(record.id if started_at is None else record.builder, step.vertex),
        "at": at if started_at is None else started_at,
        "started_at": started_at,
        "duration_s": step.duration_s,
        "size_bytes": step.size_bytes,
        "emulated": step.emulated,
    }


def _digest(*parts: str) -> int:
    text = "\0".join(parts).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.sha256(text).digest()[:8], signed=True)


def execution(row: sqlite3.Row, platform: str, key: str) -> Execution:
    """Return an execution of a step."""
    return Execution(
        platform=platform,
        key=key,
        build=row["id"],
        started_at=row["started_at"],
        duration_s=row["duration_s"],
        size_bytes=row["size_bytes"],
        emulated=None if row["emulated"] is None else bool(row["emulated"]),
    )


def proof_columns(project: str, shown: Proof) -> dict[str, Any]:
    """Return the columns of a proof."""
    return {
        "project": project,
        "digest": shown.digest,
        "pass": shown.pass_name,
        "verdict": _SLOWER if shown.slower else _EQUAL if shown.equal else _DIFFERENT,
        "at": shown.at,
        "why": shown.why,
        "image_before": shown.images[0],
        "image_after": shown.images[1],
        "version": shown.version,
    }


def proof(row: sqlite3.Row) -> Proof:
    """Return a proof."""
    return Proof(
        digest=row["digest"],
        pass_name=row["pass"],
        equal=row["verdict"] in (_EQUAL, _SLOWER),
        at=row["at"],
        why=row["why"],
        images=(row["image_before"], row["image_after"]),
        version=row["version"],
        slower=row["verdict"] == _SLOWER,
    )


class Works:
    """The works seen so far among executions, newest first: builds and stages that share one each tell of it."""

    def __init__(self) -> None:
        self._starts: dict[int, float | None] = {}

    def is_new(self, row: sqlite3.Row) -> bool:
        """Return whether no earlier row told of the same work, and remember it."""
        before = self._starts.get(row["work"])
        self._starts[row["work"]] = row["started_at"]
        return before is None or row["started_at"] is None or before - row["started_at"] > _SAME_S
