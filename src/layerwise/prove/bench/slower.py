"""When a scenario is slower with an edit than without it: beyond noise, and beyond what the plan says."""

from dataclasses import dataclass
from typing import NamedTuple

from layerwise.prove.bench.result import Figure

FLOOR_S = 0.3
"""Seconds below which no difference counts."""
SHARE = 0.05
"""Of the seconds before, what a difference must be above."""
ONCE_FLOOR_S, ONCE_SHARE = 1.0, 0.2
"""The same where a side was measured once, so that nobody knows how much it varies."""
SURE = 3
"""Runs of either side from which on no single one that was held up decides: a median of three leaves it out."""


class Place(NamedTuple):
    """A scenario on a platform."""

    scenario: str
    platform: str


@dataclass(frozen=True, slots=True)
class Slower:
    """By how much an edit makes a scenario slower.

    Attributes:
        place: Which.
        without: Measured with the edits before it.
        with_it: With it besides.
        predicted_s: By how many seconds the plan said it would be slower; below 0 where it said faster.
    """

    place: Place
    without: Figure
    with_it: Figure
    predicted_s: float

    @property
    def more_s(self) -> float:
        """Seconds that it takes longer, by the medians."""
        return self.with_it.median_s - self.without.median_s

    @property
    def unsaid_s(self) -> float:
        """Of them, those that the plan did not say."""
        return self.more_s - max(self.predicted_s, 0.0)

    @property
    def is_sure(self) -> bool:
        """Whether it is more than one run of a side that says so."""
        return min(len(self.without.seconds), len(self.with_it.seconds)) >= SURE

    @property
    def counts(self) -> bool:
        """Whether that is beyond noise."""
        limit = noise_s(self.without, self.with_it)
        return self.more_s > limit and self.unsaid_s > limit

    def __str__(self) -> str:
        said = f"{abs(self.predicted_s):.1f} s {'more' if self.predicted_s > 0 else 'less'}"
        return (
            f"{self.place.scenario} on {self.place.platform} takes {self.with_it.median_s:.1f} s with it and "
            f"{self.without.median_s:.1f} s without it, measured; predicted were {said}"
        )


def noise_s(one: Figure, other: Figure) -> float:
    """Return the seconds that a difference of two medians must be above to mean something."""
    if one.spread_s is None or other.spread_s is None:
        return max(ONCE_FLOOR_S, ONCE_SHARE * one.median_s)
    return max(FLOOR_S, SHARE * one.median_s, one.spread_s + other.spread_s)
