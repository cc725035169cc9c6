"""What is said of a bench beside its tables."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from layerwise.prove.bench.result import Bench
from layerwise.prove.bench.slower import FLOOR_S, ONCE_FLOOR_S, ONCE_SHARE, SHARE
from layerwise.report.bench_claims import figures_of
from layerwise.report.bench_sums import Guess, Trend, guesses, is_measured, median_error, platforms_of, trend
from layerwise.report.bench_words import against_cold, listed, measured_times
from layerwise.report.units import duration, share
from layerwise.syntax.display import one_line

_MOST_NAMES = 8


def subject(bench: Bench) -> str:
    """Return what was measured, and how long that took."""
    of = "" if bench.budget_s is None else f" of {duration(bench.budget_s)} given"
    spent = f"timed builds took {duration(bench.spent_s)}{of}" if bench.spent_s else "no build was timed"
    return ", ".join(filter(None, (one_line(bench.project), one_line(bench.dockerfile), spent)))


def asides(bench: Bench) -> Iterator[str]:
    """Yield what a reader must know before the figures."""
    yield from filter(None, map(one_line, (bench.isolation, *bench.notes)))


def footnotes(bench: Bench) -> Iterator[str]:
    """Yield what the signs of the tables of seconds mean, those that they hold."""
    yield from figure_notes(bench)
    if any(against_cold(bench, row) for row in bench.rows):
        yield "vs cold: against cold of the file as it stands, in this bench"


def figure_notes(bench: Bench) -> Iterator[str]:
    """Yield how often was measured, and what the signs of a figure mean."""
    rows = [row for row in bench.rows if is_measured(row)]
    figures = [figure for row in rows for figure in figures_of(row)]
    if not figures:
        return
    spread = any(len(figure.seconds) > 1 for figure in figures)
    yield f"{measured_times(figures)}{': the median ± half from the quickest to the slowest' if spread else ''}"
    level = [row for row in rows if trend(row) is Trend.LEVEL]
    once = [row for row in level if any(len(figure.seconds) == 1 for figure in figures_of(row))]
    if len(level) > len(once):
        yield f"noise: before and after differ by less than {FLOOR_S} s, {SHARE:.0%}, or what runs differ by"
    if once:
        yield f"noise, where a side was measured once: by less than {ONCE_FLOOR_S} s or {ONCE_SHARE:.0%}"


def prediction_sentence(bench: Bench) -> str:
    """Return how far the predictions were off, "" where none can be held against a measurement."""
    found = tuple(guesses(bench.rows))
    if not found:
        return ""
    platforms = platforms_of(bench)
    parts = [(name, [one for one in found if one.row.platform == name]) for name in platforms]
    each = [f"{one_line(name)} {_error(some)}" for name, some in parts if some] if len(platforms) > 1 else []
    count = "One prediction was" if len(found) == 1 else f"{len(found)} predictions were"
    in_median = "" if len(found) == 1 else " in the median"
    return f"{count} off by {_error(found)}{in_median}{f' ({listed(each)})' if each else ''}."


def unmeasured(bench: Bench) -> Iterator[tuple[str, str]]:
    """Yield the names of scenarios that were not measured for one reason, and the reason."""
    reasons: defaultdict[str, dict[str, list[str]]] = defaultdict(dict)
    for row in bench.rows:
        if row.unmeasured or not is_measured(row):
            places = reasons[one_line(row.unmeasured).rstrip(".") or "nobody knows why"]
            places.setdefault(row.scenario, []).append(row.platform)
    for reason, places in reasons.items():
        names = [f"{one_line(name)}{_only(bench, name, platforms)}" for name, platforms in places.items()]
        more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
        yield f"{', '.join(names[:_MOST_NAMES])}{more}", reason


def _only(bench: Bench, scenario: str, platforms: Sequence[str]) -> str:
    """Return on which platforms, "" where that is all of them."""
    everywhere = sum(row.scenario == scenario for row in bench.rows) == len(platforms)
    return "" if everywhere else f" on {listed([one_line(name) for name in platforms])}"


def _error(found: Sequence[Guess]) -> str:
    return share(median_error(found) or 0.0)
