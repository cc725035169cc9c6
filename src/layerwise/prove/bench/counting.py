"""Counts the builds that a search makes until it has found one edit, and the next."""

from collections.abc import Callable
from itertools import pairwise

from layerwise.prove.bench.variants import Key


class Counting:
    """Stands between a search and its plans: each plan but the first is asked for when one edit was found.

    Args:
        planned: Gives the plans.
        builds: Says how many builds there were so far.
    """

    def __init__(self, planned: Callable[[frozenset[Key]], tuple[Key, ...]], builds: Callable[[], int]) -> None:
        self._planned = planned
        self._builds = builds
        self._began = builds()
        self._at: list[int] = []

    def planned(self, dropped: frozenset[Key]) -> tuple[Key, ...]:
        """Return the edits of a plan without those that were found."""
        self._at.append(self._builds())
        return self._planned(dropped)

    @property
    def spent(self) -> tuple[int, ...]:
        """How many builds each edit took, in the order found."""
        return tuple(after - before for before, after in pairwise((self._began, *self._at[1:])))
