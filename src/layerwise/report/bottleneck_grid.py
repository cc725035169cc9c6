"""The table of bottlenecks: what took time, on which platforms, how often it runs again and what mends it."""

from collections.abc import Iterator
from dataclasses import replace

from layerwise.report.build_words import brief, did, label, share_of, sum_of
from layerwise.report.grid import BAR, Column, Content, Grid, laid_out
from layerwise.report.units import size
from layerwise.summary.bottlenecks import PULL, Row
from layerwise.summary.overview import Report
from layerwise.summary.places import platforms_of
from layerwise.summary.totals import Total
from layerwise.syntax.display import one_line

_RATIO_FROM_S = 1.0
"""Ratios of shorter steps are noise."""
_LEAST_S = 0.05
"""What takes less would be shown as 0.0 s."""


def bottleneck_grid(report: Report, limit: int, width: int = 80) -> Grid:
    """Return where the seconds went: the ``limit`` costliest rows, and what the rest comes to."""
    rows = [row for row in report.bottlenecks.rows if row.seconds.known or row.seconds.unknown]
    top = [row for row in rows[:limit] if row.seconds.unknown or row.seconds.seconds >= _LEAST_S]
    rest = rows[len(top) :]
    if not top:
        return Grid((), ())
    grid = laid_out(_columns(report, rows, width), top, _SPARE)
    if not rest:
        return replace(grid, bars=tuple(row.seconds.seconds for row in top))
    last: dict[str, Content] = {
        _STEP: (f"{len(rest)} more",),
        _TIME: sum_of(sum((one.seconds for one in rest), Total())),
    }
    return replace(
        grid,
        rows=(*grid.rows, tuple(last.get(name, "") for name in grid.columns)),
        bars=(*(row.seconds.seconds for row in top), 0.0),
    )


_STEP, _TIME = "step", ">time"
_SPARE = (">peak", BAR, "mended by", ">re-ran", ">ratio", ">of wall")


def _columns(report: Report, rows: list[Row], width: int) -> Iterator[Column[Row]]:
    again = _runs(report)
    yield Column(">line", lambda row: str(row.line or ""))
    yield Column(_STEP, lambda row: label(row, width))
    yield Column(_TIME, _time)
    if len(platforms_of(report.record)) > 1:
        yield from (_platform(name, rows) for name in platforms_of(report.record))
    yield Column(">ratio", _ratio)
    yield Column(">of wall", lambda row: share_of(report.bottlenecks.wall_share(row.critical_s)))
    yield Column(">peak", _peak)
    yield Column(">re-ran", lambda row: "" if row.kind == PULL else again.get((row.stage, row.number, row.line), ""))
    yield Column("mended by", lambda row: "" if row.kind == PULL else one_line(report.mended.get(row.key, "")))


def _time(row: Row) -> str:
    return did(row.cells[0]) if len(row.cells) == 1 else sum_of(row.seconds)


def _platform(name: str, rows: list[Row]) -> Column[Row]:
    mark = "*" if any(cell.emulated and cell.worked for row in rows for cell in row.on(name)) else ""
    return Column(f">{brief(name)}{mark}", lambda row: _on(row, name))


def _on(row: Row, platform: str) -> str:
    cells = row.on(platform)
    if any(cell.platforms[0] != platform for cell in cells):
        return "shared"
    return " + ".join(did(cell) for cell in cells)


def _ratio(row: Row) -> str:
    others = [cell for cell in row.cells if cell.ratio is not None and cell is not row.reference()]
    if not others or max(cell.seconds or 0.0 for cell in row.cells) < _RATIO_FROM_S:
        return ""
    return f"{max(cell.ratio or 0.0 for cell in others):.1f}x"


def _peak(row: Row) -> str:
    known = [cell.peak_memory_bytes for cell in row.cells if cell.peak_memory_bytes is not None]
    return size(max(known)) if known else ""


def _runs(report: Report) -> dict[tuple[str, int, int], str]:
    """Return on how many of the builds each instruction ran; one build alone tells nothing of it."""
    if report.builds < 2:  # noqa: PLR2004 - as documented
        return {}
    return {
        (one.stage, one.number, one.line): f"{max(use.executed for use in one.uses)}/{one.builds}"
        for one in report.layers
        if one.builds
    }
