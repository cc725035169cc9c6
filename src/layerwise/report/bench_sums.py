"""What follows from the seconds of a bench: what a plan changes beyond noise, and how far predictions were off."""

import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from layerwise.model.change import COLD
from layerwise.prove.bench.result import Bench, Figure, Row, Side
from layerwise.prove.bench.slower import noise_s
from layerwise.records import Basis


class Trend(Enum):
    """What a plan does to a scenario."""

    FASTER = "faster"
    LEVEL = "level"
    """Before and after differ by less than builds do among themselves."""
    SLOWER = "slower"


@dataclass(frozen=True, slots=True)
class Guess:
    """A prediction of which a measurement is known.

    Attributes:
        row: The scenario and platform.
        side: Of which file.
        predicted_s: What the model said, in seconds.
        measured_s: The median of the builds, in seconds; above 0.
    """

    row: Row
    side: Side
    predicted_s: float
    measured_s: float

    @property
    def error(self) -> float:
        """By which share of the measured seconds the prediction was off; below 0 where it was too low."""
        return self.predicted_s / self.measured_s - 1


def platforms_of(bench: Bench) -> tuple[str, ...]:
    """Return the platforms of a bench, in its order."""
    return tuple(dict.fromkeys(row.platform for row in bench.rows))


def is_measured(row: Row) -> bool:
    """Whether a row has seconds of some side."""
    return row.before is not None or row.after is not None


def trend(row: Row) -> Trend | None:
    """Return what the plan does to a scenario, None where only one side was measured."""
    if row.before is None or row.after is None:
        return None
    more_s = row.after.median_s - row.before.median_s
    if abs(more_s) <= noise_s(row.before, row.after):
        return Trend.LEVEL
    return Trend.SLOWER if more_s > 0 else Trend.FASTER


def saved_share(row: Row) -> float | None:
    """Return which share of the seconds before is saved, below 0 where it takes more; None where that is not known."""
    if row.before is None or row.after is None or not row.before.median_s:
        return None
    return 1 - row.after.median_s / row.before.median_s


def times_faster(row: Row) -> float | None:
    """Return how many times as long it took before, None where that is not known."""
    if row.before is None or row.after is None or not row.after.median_s:
        return None
    return row.before.median_s / row.after.median_s


def below_cold(bench: Bench, row: Row, side: Side) -> float | None:
    """Return by which share a scenario is faster than the cold build of the file as it stands, in the same bench.

    Below 0 where it is slower; None where one of them was not measured, and of that cold build itself.
    """
    cold = bench.row(COLD.name, row.platform)
    figure = of_side(row, side)
    if cold is None or cold.before is None or not cold.before.median_s or figure is None:
        return None
    return None if figure is cold.before else 1 - figure.median_s / cold.before.median_s


def of_side(row: Row, side: Side) -> Figure | None:
    """Return what was measured of one file."""
    return row.before if side is Side.BEFORE else row.after


def predicted_of(row: Row, side: Side) -> float | None:
    """Return what was predicted of one file, in seconds; None where nothing stands behind it."""
    if row.predicted_basis is Basis.UNKNOWN:
        return None
    return row.predicted_before_s if side is Side.BEFORE else row.predicted_after_s


def guess_of(row: Row, side: Side) -> Guess | None:
    """Return a prediction beside its measurement, None where one of them is not known."""
    predicted_s, figure = predicted_of(row, side), of_side(row, side)
    if predicted_s is None or figure is None or not figure.median_s:
        return None
    return Guess(row, side, predicted_s, figure.median_s)


def guesses(rows: Iterable[Row]) -> Iterator[Guess]:
    """Yield the predictions of which measurements are known."""
    for row in rows:
        for side in Side:
            if guess := guess_of(row, side):
                yield guess


def median_error(found: Sequence[Guess]) -> float | None:
    """Return the median share by which predictions were off, up or down; None where there is none."""
    return statistics.median(abs(guess.error) for guess in found) if found else None
