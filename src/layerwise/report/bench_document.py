"""A bench as plain data: ``layerwise.bench/1``."""

from layerwise.prove.bench.result import Bench, Figure, Row, Side
from layerwise.records import Basis
from layerwise.report.bench_claims import headline
from layerwise.report.bench_sums import (
    below_cold,
    guess_of,
    guesses,
    median_error,
    predicted_of,
    saved_share,
    times_faster,
    trend,
)
from layerwise.report.figures import Json, basis, figure, part


def bench_document(bench: Bench) -> Json:
    """Return ``layerwise.bench/1``."""
    return {
        "schema": "layerwise.bench/1",
        "headline": headline(bench),
        "project": bench.project,
        "dockerfile": bench.dockerfile,
        "planned": bench.planned,
        "isolation": bench.isolation,
        "notes": list(bench.notes),
        "spent_s": figure(bench.spent_s),
        "budget_s": figure(bench.budget_s),
        "scenarios": [scenario_document(bench, row) for row in bench.rows],
        "predictions": predictions_document(bench),
    }


def scenario_document(bench: Bench, row: Row) -> dict[str, Json]:
    """Return one scenario on one platform."""
    found = trend(row)
    return {
        "name": row.scenario,
        "platform": row.platform,
        "changes": row.subject,
        "before_s": _median(row.before),
        "after_s": _median(row.after),
        "before_spread_s": _spread(row.before),
        "after_spread_s": _spread(row.after),
        "before_runs_s": _runs(row.before),
        "after_runs_s": _runs(row.after),
        "basis": basis(_median(row.before), _median(row.after)),
        "times_faster": part(times_faster(row)),
        "reduction": part(saved_share(row)),
        "trend": "unknown" if found is None else str(found.value),
        "before_below_cold": part(below_cold(bench, row, Side.BEFORE)),
        "after_below_cold": part(below_cold(bench, row, Side.AFTER)),
        "before_cache_bytes": row.cache_bytes[0],
        "after_cache_bytes": row.cache_bytes[1],
        "predicted": _predicted(row),
        "unmeasured": row.unmeasured,
    }


def predictions_document(bench: Bench) -> Json:
    """Return how far the predictions were off."""
    found = tuple(guesses(bench.rows))
    return {"figures": len(found), "median_error": part(median_error(found))}


def _predicted(row: Row) -> Json:
    before, after = (guess_of(row, side) for side in Side)
    known = any(predicted_of(row, side) is not None for side in Side)
    return {
        "before_s": figure(predicted_of(row, Side.BEFORE)),
        "after_s": figure(predicted_of(row, Side.AFTER)),
        "before_error": part(before.error if before else None),
        "after_error": part(after.error if after else None),
        "basis": (row.predicted_basis if known else Basis.UNKNOWN).value,
    }


def _median(found: Figure | None) -> float | None:
    return None if found is None else figure(found.median_s)


def _spread(found: Figure | None) -> float | None:
    return None if found is None else figure(found.spread_s)


def _runs(found: Figure | None) -> list[Json]:
    return [] if found is None else [figure(one) for one in found.seconds]
