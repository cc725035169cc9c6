"""How two builds differ as plain data: ``against`` of ``layerwise.report/1``."""

from layerwise.report.figures import Json, basis, figure, instant
from layerwise.summary.compare import Around, Comparison, Pair, Side


def compare_document(comparison: Comparison) -> Json:
    """Return what ``against`` holds."""
    before, after = comparison.before, comparison.after
    return {
        "id": before.id,
        "started_at": instant(before.started_at),
        "ending": before.ending.value,
        "before_s": figure(before.wall_s),
        "after_s": figure(after.wall_s),
        "moved": [
            {"what": one.what, "name": one.name, "before": one.before, "after": one.after, "hidden": one.hidden}
            for one in comparison.moved
        ],
        "steps": [_pair(pair) for pair in comparison.steps],
        "overheads": [_around(around) for around in comparison.overheads],
        "basis": basis(before.wall_s, after.wall_s, *(pair.more_s for pair in comparison.steps)),
    }


def _pair(pair: Pair) -> Json:
    return {
        "platforms": list(pair.platforms),
        "stage": pair.stage,
        "line": pair.line,
        "instruction": pair.instruction,
        "was": pair.was,
        "before": _status(pair.before),
        "after": _status(pair.after),
        "before_s": figure(pair.before.seconds if pair.before else None),
        "after_s": figure(pair.after.seconds if pair.after else None),
        "more_s": figure(pair.more_s),
    }


def _status(side: Side | None) -> str:
    return "absent" if side is None else str(side.outcome.value)


def _around(around: Around) -> Json:
    return {
        "kind": around.kind,
        "before_s": figure(around.before_s),
        "after_s": figure(around.after_s),
        "more_s": figure(around.more_s),
    }
