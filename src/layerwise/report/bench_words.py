"""The figures of a bench as people read them."""

from collections.abc import Sequence

from layerwise.prove.bench.result import Bench, Figure, Row, Side
from layerwise.report.bench_sums import Trend, below_cold, saved_share, trend
from layerwise.report.units import share, size

UNMEASURED = "-"
_TEN = 10
_LITTLE = 0.01


def timed(seconds: float) -> str:
    """Return measured seconds with three digits, and hundredths at the most."""
    return f"{seconds:.{_decimals(seconds)}f} s"


def with_spread(figure: Figure | None) -> str:
    """Return the median, with half the distance from the quickest to the slowest run where there were several."""
    if figure is None:
        return UNMEASURED
    spread = figure.spread_s
    return timed(figure.median_s) + ("" if spread is None else f" ± {spread:.{_decimals(spread * _TEN)}f}")


def from_to(before: str, after: str) -> str:
    """Return two figures, and one where there is no other."""
    return f"{before} -> {after}" if before and after else before or after


def change(row: Row) -> str:
    """Return by how much a plan changes a scenario, "" where that is not known."""
    found, saved = trend(row), saved_share(row)
    if found is Trend.LEVEL:
        return "noise"
    return "" if found is None or saved is None else signed(-saved)


def against_cold(bench: Bench, row: Row) -> str:
    """Return how both sides compare with the cold build of the file as it stands, "" where that is not known."""
    before, after = (below_cold(bench, row, side) for side in Side)
    return from_to(*("" if one is None else signed(-one) for one in (before, after)))


def cache(row: Row) -> str:
    """Return what the build cache holds after a scenario, "" where nobody knows."""
    before, after = ("" if one is None else size(one) for one in row.cache_bytes)
    return before if before == after else from_to(before, after)


def signed(value: float) -> str:
    """Return a share with its sign, cut and not rounded; from twice as much on how many times as much it is."""
    if abs(value) < _LITTLE:
        return "0%"
    if value >= 1:
        return f"x{value + 1:.1f}"
    return f"{'-' if value < 0 else '+'}{share(abs(value))}"


def measured_times(figures: Sequence[Figure]) -> str:
    """Return how often figures were measured."""
    counts = sorted({len(figure.seconds) for figure in figures})
    if counts == [1]:
        return "measured once"
    return f"measured {' to '.join(map(str, dict.fromkeys((counts[0], counts[-1]))))} times"


def listed(words: Sequence[str]) -> str:
    """Return words as a sentence lists them."""
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def _decimals(value: float) -> int:
    return 2 if value < 9.995 else 1 if value < 99.95 else 0  # noqa: PLR2004 - so that three digits are left
