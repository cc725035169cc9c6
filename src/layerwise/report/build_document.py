"""One build as plain data: ``layerwise.report/1``."""

from layerwise.records import BuildRecord, StepRecord
from layerwise.report.build_sentences import headline
from layerwise.report.build_words import spoken
from layerwise.report.compare_document import compare_document
from layerwise.report.figures import Json, basis, figure, instant, part, saving
from layerwise.summary.bottlenecks import Bottlenecks, Cell, Row
from layerwise.summary.changes import ChangeCost
from layerwise.summary.compare import Comparison
from layerwise.summary.layers import Layer, Use
from layerwise.summary.overview import Report
from layerwise.summary.places import by_vertex, platforms_of, sharing
from layerwise.summary.worth import Worth


def build_document(report: Report, against: Comparison | None = None) -> Json:
    """Return ``layerwise.report/1``, with a comparison where there is one."""
    record, table = report.record, report.bottlenecks
    return {
        "schema": "layerwise.report/1",
        "headline": spoken(headline(report)),
        "build": _build(report),
        "platforms": [_platform(record, name, table) for name in _platforms(record)],
        "overheads": [
            {
                "kind": one.kind,
                "name": one.name,
                "duration_s": figure(one.duration_s),
                "size_bytes": one.size_bytes,
                "critical_s": _critical(table, one.critical_s),
                "error": one.error,
            }
            for one in record.overheads
        ],
        "bottlenecks": [_bottleneck(report, row, cell) for row in table.rows for cell in row.cells if cell.worked],
        "layers": [_layer(layer, use) for layer in report.layers for use in layer.uses],
        "changes": [_change(change) for change in report.changes],
        "cache": {
            "build": None if report.worth is None else _worth(report.worth),
            "builds": _worth(report.worth_of_all),
            "disk_bytes": report.disk_bytes,
        },
        "against": None if against is None else compare_document(against),
        "basis": basis(record.wall_s, table.work.value if table.rows else None),
    }


def _build(report: Report) -> Json:
    record, made = report.record, report.record.sources
    return {
        "id": record.id,
        "project": record.project,
        "source": record.source.value,
        "ending": record.ending.value,
        "error": record.error,
        "started_at": instant(record.started_at),
        "wall_s": figure(record.wall_s),
        "explained_s": figure(None if report.explained is None else record.explained_s),
        "explained": part(report.explained),
        "unexplained_s": figure(report.unexplained_s),
        "work_s": figure(report.bottlenecks.work.value),
        "work_unknown": report.bottlenecks.work.unknown,
        "builder": record.builder,
        "group": record.group,
        "outputs": list(record.outputs),
        "dockerfile": made.dockerfile,
        "target": made.target,
        "commit": made.commit,
        "change": {"kind": record.change.kind, "evidence": record.change.evidence},
        "placed_by_name": report.placed_by_name,
        "notes": list(record.notes),
    }


def _platforms(record: BuildRecord) -> tuple[str, ...]:
    """Return the platforms, "" for the steps of which nobody knows it."""
    unnamed = ("",) if any(not step.platform for step in record.steps) else ()
    return (*platforms_of(record), *unnamed)


def _platform(record: BuildRecord, platform: str, table: Bottlenecks) -> Json:
    steps = [step for step in record.steps if step.platform == platform]
    ends = [span.end_s for step in steps for span in (*step.spans, *step.transfers)]
    shared = {vertex: sharing(record, places) for vertex, places in by_vertex(record).items()}
    return {
        "platform": platform,
        "wall_s": figure(max(ends, default=None)),
        "steps": [_step(step, table, [name for name in shared[step.vertex] if name != platform]) for step in steps],
    }


def _step(step: StepRecord, table: Bottlenecks, others: list[str]) -> Json:
    used = step.resources
    critical_s = _critical(table, step.critical_s)
    return {
        "id": step.id,
        "stage": step.stage,
        "line": step.line,
        "instruction": step.instruction,
        "status": step.outcome.value,
        "duration_s": figure(step.duration_s),
        "transfer_s": figure(step.transfer_s if step.transfers else None),
        "size_bytes": step.size_bytes,
        "cpu_s": figure(used.cpu_s if used else None),
        "peak_memory_bytes": used.peak_memory_bytes if used else None,
        "emulated": step.emulated,
        "critical": None if critical_s is None else critical_s > 0,
        "critical_s": critical_s,
        "shared_with": [*others],
        "place": step.place.value,
        "error": step.error,
        "basis": basis(step.duration_s, step.transfer_s if step.transfers else None),
    }


def _critical(table: Bottlenecks, seconds: float) -> float | None:
    return None if table.wall_s is None else figure(seconds)


def _bottleneck(report: Report, row: Row, cell: Cell) -> Json:
    table = report.bottlenecks
    return {
        "kind": row.kind,
        "stage": row.stage,
        "line": row.line,
        "instruction": row.instruction,
        "platform": ", ".join(cell.platforms),
        "status": None if cell.outcome is None else cell.outcome.value,
        "duration_s": figure(cell.seconds),
        "share": part(table.wall_share(cell.critical_s)),
        "work_share": part(table.work_share(cell.seconds)),
        "ratio": part(cell.ratio),
        "emulated": cell.emulated,
        "size_bytes": cell.size_bytes,
        "mended_by": report.mended.get(row.key) if row.kind == "step" else None,
        "basis": basis(cell.seconds),
    }


def _layer(layer: Layer, use: Use) -> Json:
    return {
        "stage": layer.stage,
        "line": layer.line,
        "instruction": layer.instruction,
        "platforms": list(use.platforms),
        "builds": use.builds,
        "cached": use.cached,
        "executed": use.executed,
        "needless": use.needless,
        "hit_rate": part(use.hit_rate),
        "executed_s": figure(use.executed_s),
        "transfer_s": figure(use.transfer_s),
        "size_bytes": use.size_bytes,
        "basis": use.basis.value,
        "saved_s": figure(use.saved.value),
        "saved_unknown": use.saved.unknown,
        "saved_basis": saving(use.saved),
        "cheaper_to_run": use.cheaper_to_run,
        "age_s": figure(use.age_s),
    }


def _change(change: ChangeCost) -> Json:
    return {
        "kind": change.kind,
        "builds": change.builds,
        "wall_s": figure(change.wall_s),
        "cached_share": part(change.cached_share),
        "executed_s": figure(change.executed_s),
        "saved_share": part(change.saved_share),
        "basis": basis(change.wall_s, change.executed_s),
    }


def _worth(worth: Worth) -> Json:
    return {
        "builds": worth.builds,
        "saved_s": figure(worth.saved.value),
        "saved_unknown": worth.saved.unknown,
        "import_s": figure(worth.import_s),
        "export_s": figure(worth.export_s),
        "net_s": figure(worth.net_s),
        "basis": saving(worth.saved),
    }
