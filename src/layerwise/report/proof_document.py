"""A proof as plain data: ``layerwise.prove/1``."""

from collections.abc import Sequence

from layerwise.prove.bench.proved import Dropped, Proved
from layerwise.prove.bench.result import Bench, Row
from layerwise.prove.verdict import PlatformVerdict, Standing
from layerwise.report.bench_document import predictions_document, scenario_document
from layerwise.report.compare_document import compare_document
from layerwise.report.document import edit_document
from layerwise.report.figures import Json, figure
from layerwise.report.proof_claims import verdict
from layerwise.report.proof_steps import Recorded
from layerwise.summary.compare import compare


def proof_document(proved: Proved, recorded: Sequence[Recorded] = ()) -> Json:
    """Return ``layerwise.prove/1``; ``recorded`` are builds whose steps are compared."""
    bench = proved.bench
    return {
        "schema": "layerwise.prove/1",
        "verdict": verdict(proved),
        "project": bench.project,
        "file": bench.dockerfile,
        "equal": proved.equal,
        "images": [_image(platform) for platform in (proved.images.platforms if proved.images else ())],
        "kept": [edit_document(chosen) for chosen in proved.kept],
        "dropped": [_dropped(dropped) for dropped in proved.dropped],
        "scenarios": [_scenario(bench, row) for row in bench.rows],
        "predictions": predictions_document(bench),
        "steps": [_steps(one) for one in recorded],
        "dockerfile": proved.dockerfile,
        "diff": proved.diff,
        "builds": proved.builds,
        "spent_s": figure(bench.spent_s),
        "budget_s": figure(bench.budget_s),
        "isolation": bench.isolation,
        "notes": list(bench.notes),
    }


def _image(platform: PlatformVerdict) -> Json:
    return {
        "platform": platform.platform,
        "equal": platform.equal,
        "paths": platform.paths,
        "real": len(platform.standing(Standing.REAL)),
        "expected": len(platform.standing(Standing.EXPECTED)),
        "noise": len(platform.standing(Standing.NOISE)),
    }


def _dropped(dropped: Dropped) -> Json:
    return {
        **edit_document(dropped.edit),
        "fault": str(dropped.fault.value),
        "reason": dropped.reason,
        "builds": dropped.builds,
    }


def _scenario(bench: Bench, row: Row) -> Json:
    spreads = [one.spread_s for one in (row.before, row.after) if one is not None]
    known = [one for one in spreads if one is not None]
    return {
        **scenario_document(bench, row),
        "spread_s": figure(max(known)) if known and len(known) == len(spreads) else None,
    }


def _steps(recorded: Recorded) -> Json:
    return {
        "scenario": recorded.scenario,
        "platform": recorded.platform,
        "build": recorded.after.id,
        "against": compare_document(compare(recorded.before, recorded.after)),
    }
