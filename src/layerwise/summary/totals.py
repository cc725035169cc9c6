"""Sums and medians that do not hide what nobody knows."""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Total:
    """Seconds added up.

    Attributes:
        seconds: The sum of what is known.
        known: How many addends are in it.
        unknown: How many addends nobody knows.
    """

    seconds: float = 0.0
    known: int = 0
    unknown: int = 0

    def __add__(self, other: "Total") -> "Total":
        return Total(self.seconds + other.seconds, self.known + other.known, self.unknown + other.unknown)

    @property
    def value(self) -> float | None:
        """The sum of what is known, None where there are addends and not one is known."""
        return None if self.unknown and not self.known else self.seconds


def total(values: Iterable[float | None]) -> Total:
    """Return the sum of ``values``, None being an addend that nobody knows."""
    seen = tuple(values)
    known = [value for value in seen if value is not None]
    return Total(sum(known), len(known), len(seen) - len(known))


def middle(values: Iterable[float | None]) -> float | None:
    """Return the median of what is known, None where nothing is."""
    known = [value for value in values if value is not None]
    return median(known) if known else None
