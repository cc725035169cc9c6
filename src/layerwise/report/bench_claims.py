"""What a bench shows, in the sentence that is all that many will read: no more than was measured."""

import math
from collections.abc import Sequence

from layerwise.model.change import COLD
from layerwise.prove.bench.result import Bench, Figure, Row
from layerwise.report.bench_sums import Trend, is_measured, platforms_of, saved_share, times_faster, trend
from layerwise.report.bench_words import listed, measured_times, timed
from layerwise.report.units import share
from layerwise.syntax.display import one_line

LEAD = "code"
"""The scenario of every day: where it is faster, that is what a plan is for."""
_FIRST = (COLD.name, LEAD, "unchanged")
_TWICE, _MANY_TIMES = 2, 10
_FEW = 2
_MOST_SLOWER = 3


def headline(bench: Bench) -> str:
    """Return in one sentence what was measured and what came of it."""
    if not any(map(is_measured, bench.rows)):
        return "Nothing was measured."
    return f"With the plan, {'; '.join(changes(bench))}." if bench.planned else f"As it stands, {_as_it_stands(bench)}."


def changes(bench: Bench) -> tuple[str, ...]:
    """Return what a plan makes faster and what it makes slower, a clause each."""
    return tuple(filter(None, (_faster(bench), _slower(bench))))


def figures_of(row: Row) -> tuple[Figure, ...]:
    """Return what was measured of a row, before and after."""
    return tuple(figure for figure in (row.before, row.after) if figure is not None)


def _faster(bench: Bench) -> str:
    """Return what is faster: the scenario of every day, else the one that saves most."""
    if not any(trend(row) for row in bench.rows):
        return "no scenario was measured before and after"
    rows = [row for row in bench.rows if trend(row) is Trend.FASTER]
    if not rows:
        return "no scenario is faster beyond noise"
    lead = next((row for row in rows if row.scenario == LEAD), max(rows, key=_saved_s))
    alike = [row for row in rows if row.scenario == lead.scenario]
    name, times = one_line(lead.scenario), measured_times([figure for row in alike for figure in figures_of(row)])
    if len(alike) == 1:
        on = f" on {one_line(lead.platform)}" if len(platforms_of(bench)) > 1 else ""
        return f"{name} {_less(alike)}{on} ({_seconds(lead)}, {times})"
    if len(alike) > _FEW:
        return f"{name} {_less(alike)} on {len(alike)} platforms, {times}"
    claims = [_less([row]) for row in alike]
    verb = f"{claims[0].partition(' ')[0]} "
    later = ["" if claim == claims[0] else f"{claim.removeprefix(verb)} " for claim in claims[1:]]
    said = zip((f"{claims[0]} ", *later), alike, strict=True)
    return f"{name} {' and '.join(f'{claim}{_where(row)}' for claim, row in said)}, {times}"


def _slower(bench: Bench) -> str:
    rows = [row for row in bench.rows if trend(row) is Trend.SLOWER]
    names = tuple(dict.fromkeys(row.scenario for row in rows))
    if not names:
        return ""
    named = [_all_of(bench, [row for row in rows if row.scenario == name]) for name in names[:_MOST_SLOWER]]
    more = [f"{len(names) - _MOST_SLOWER} more"] if len(names) > _MOST_SLOWER else []
    return f"{listed([*named, *more])} {'is' if len(names) == 1 else 'are'} slower"


def _all_of(bench: Bench, rows: Sequence[Row]) -> str:
    """Return one scenario, where that is and its seconds."""
    name = one_line(rows[0].scenario)
    if len(platforms_of(bench)) == 1:
        return f"{name} ({_seconds(rows[0])})"
    if len(rows) > _FEW:
        return f"{name} on {len(rows)} platforms"
    return f"{name} {' and '.join(map(_where, rows))}"


def _as_it_stands(bench: Bench) -> str:
    """Return the first figures of a bench without a plan."""
    rows = [row for row in bench.rows if is_measured(row)]
    first = [row for row in rows if row.platform == rows[0].platform]
    found = [row for name in _FIRST for row in first if row.scenario == name] or first[:1]
    said = [f"{one_line(row.scenario)}{' takes' * (row is found[0])} {_seconds(row)}" for row in found]
    times = measured_times([figure for row in found for figure in figures_of(row)])
    return f"{listed(said)} on {one_line(rows[0].platform)}, {times}"


def _less(rows: Sequence[Row]) -> str:
    """Return how much faster the rows are, from the least to the most."""
    times = [_cut(times_faster(row) or 0.0) for row in rows]
    if min(times) >= _TWICE:
        return f"is {' to '.join(map(_counted, _ends(times)))} times faster"
    return f"takes {' to '.join(map(share, _ends([saved_share(row) or 0.0 for row in rows])))} less"


def _ends(values: Sequence[float]) -> tuple[float, ...]:
    return tuple(dict.fromkeys((min(values), max(values))))


def _cut(times: float) -> float:
    """Return a ratio that claims no more than was measured."""
    digits = 1 if times >= _MANY_TIMES else 10
    return math.floor(times * digits + 1e-9) / digits


def _counted(times: float) -> str:
    return f"{times:,.0f}" if times >= _MANY_TIMES else f"{times:.1f}".removesuffix(".0")


def _seconds(row: Row) -> str:
    return " to ".join(timed(figure.median_s) for figure in figures_of(row))


def _saved_s(row: Row) -> float:
    before, after = figures_of(row)
    return before.median_s - after.median_s


def _where(row: Row) -> str:
    return f"on {one_line(row.platform)} ({_seconds(row)})"
