"""One record of a build that was made by several calls, a platform each."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from layerwise.records import BuildRecord, Ending, Overhead, Span, StepRecord

_WORST = (Ending.FAILED, Ending.CANCELLED, Ending.CUT, Ending.COMPLETED)


def merged(records: Sequence[BuildRecord]) -> BuildRecord:
    """Return one record of the builds of several platforms that were begun together.

    The calls know nothing of each other, so the critical path is that of the one that ends last. What two of them did
    on the same builder under one digest is the same work; on different builders it is not, and is told apart here.
    """
    if len(records) == 1:
        return records[0]
    began = [record.started_at for record in records if record.started_at is not None]
    first = min(began, default=None)
    last = max(records, key=_end)
    parts = [_shifted(record, first, critical=record is last, apart=len(_builders(records)) > 1) for record in records]
    ended = [_end(record) for record in records if record.started_at is not None and record.wall_s is not None]
    return replace(
        records[0],
        id=hashlib.sha256("\0".join(record.id for record in records).encode()).hexdigest()[:25],
        ending=min((record.ending for record in records), key=_WORST.index),
        started_at=first,
        wall_s=max(ended) - first if ended and first is not None else None,
        steps=tuple(step for part in parts for step in part.steps),
        overheads=tuple(sorted((one for part in parts for one in part.overheads), key=_begin)),
        platforms=tuple(dict.fromkeys(name for record in records for name in record.platforms)),
        builder=",".join(_builders(records)),
        outputs=tuple(dict.fromkeys(name for record in records for name in record.outputs)),
        cache_bytes=_held(records),
        error=next((record.error for record in records if record.ending is Ending.FAILED), records[0].error),
        notes=tuple(dict.fromkeys(note for record in records for note in record.notes)),
    )


def _builders(records: Sequence[BuildRecord]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(record.builder for record in records))


def _end(record: BuildRecord) -> float:
    return (record.started_at or 0.0) + (record.wall_s or 0.0)


def _begin(overhead: Overhead) -> float:
    return overhead.spans[0].start_s if overhead.spans else float("inf")


def _held(records: Sequence[BuildRecord]) -> int | None:
    """Return what the caches of all builders hold, None where one of them does not say."""
    held = {record.builder: record.cache_bytes for record in records}
    known = [value for value in held.values() if value is not None]
    return sum(known) if len(known) == len(held) else None


def _shifted(record: BuildRecord, first: float | None, *, critical: bool, apart: bool) -> BuildRecord:
    """Return a record whose times count from ``first``, and which keeps its critical path only where it is the build's.

    Where it was made on a builder of its own, its vertices are named for that.
    """
    by = 0.0 if first is None or record.started_at is None else record.started_at - first
    mark = f"@{record.builder}" if apart else ""

    def moved(spans: tuple[Span, ...]) -> tuple[Span, ...]:
        return tuple(Span(span.start_s + by, span.end_s + by) for span in spans)

    def step(one: StepRecord) -> StepRecord:
        return replace(
            one,
            vertex=one.vertex + mark,
            inputs=tuple(digest + mark for digest in one.inputs),
            spans=moved(one.spans),
            transfers=moved(one.transfers),
            critical_s=one.critical_s if critical else 0.0,
        )

    def overhead(one: Overhead) -> Overhead:
        return replace(one, spans=moved(one.spans), critical_s=one.critical_s if critical else 0.0)

    return replace(record, steps=tuple(map(step, record.steps)), overheads=tuple(map(overhead, record.overheads)))
