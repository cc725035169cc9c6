"""The tables of a bench: the seconds of each scenario, and the predictions beside them."""

from collections.abc import Sequence
from dataclasses import replace

from layerwise.prove.bench.result import Bench, Row, Side
from layerwise.report.bench_sums import guess_of, of_side, platforms_of, predicted_of
from layerwise.report.bench_words import against_cold, cache, change, signed, timed, with_spread
from layerwise.report.build_words import brief
from layerwise.report.grid import Column, Grid, laid_out
from layerwise.report.units import cut
from layerwise.syntax.display import one_line

_SPARE = ("cache", ">vs cold")
_NAME, _SUBJECT = 24, 48


def bench_grid(bench: Bench, rows: Sequence[Row]) -> Grid:
    """Return the seconds of some rows, with a bar each: before, and with a plan after."""
    columns: tuple[Column[Row], ...] = (
        Column("scenario", lambda row: cut(one_line(row.scenario), _NAME)),
        Column("changes", lambda row: cut(one_line(row.subject), _SUBJECT)),
        Column(">before", lambda row: with_spread(row.before)),
        Column(">after", lambda row: with_spread(row.after) if bench.planned else ""),
        Column(">change", change),
        Column(">vs cold", lambda row: against_cold(bench, row)),
        Column("cache", cache),
    )
    grid = laid_out(columns, rows, spare=_SPARE)
    before = tuple(row.before.median_s if row.before else 0.0 for row in rows)
    after = tuple(row.after.median_s if row.after else 0.0 for row in rows)
    return replace(grid, bars=after, reach=before) if bench.planned else replace(grid, bars=before)


def prediction_grid(bench: Bench, limit: int) -> Grid:
    """Return what was predicted beside what was measured, at most ``limit`` rows: what was measured first."""
    found = sorted(predictions(bench), key=lambda one: of_side(*one) is None)
    columns: list[Column[tuple[Row, Side]]] = [Column("scenario", lambda one: cut(one_line(one[0].scenario), _NAME))]
    if len(platforms_of(bench)) > 1:
        columns.append(Column("platform", lambda one: brief(one[0].platform)))
    if bench.planned:
        columns.append(Column("file", lambda one: str(one[1].value)))
    columns += (
        Column(">predicted", lambda one: _predicted(*one)),
        Column(">measured", lambda one: with_spread(of_side(*one))),
        Column(">off by", lambda one: _off(*one)),
        Column("basis", lambda one: str(one[0].predicted_basis.value)),
    )
    return laid_out(columns, found[:limit])


def predictions(bench: Bench) -> tuple[tuple[Row, Side], ...]:
    """Return what was predicted: the scenario, and of which file."""
    sides = tuple(Side) if bench.planned else (Side.BEFORE,)
    return tuple((row, side) for row in bench.rows for side in sides if predicted_of(row, side) is not None)


def _predicted(row: Row, side: Side) -> str:
    return timed(predicted_of(row, side) or 0.0)


def _off(row: Row, side: Side) -> str:
    guess = guess_of(row, side)
    return "" if guess is None else signed(guess.error)
