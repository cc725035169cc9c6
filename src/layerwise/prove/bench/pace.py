"""Finds the edits of a plan that make a scenario slower than the plan says.

A plan that saves much hides one edit that costs a little, so measured seconds are held against what the plan promises
and not only against the file as it stands. A scenario is looked into

- where it is slower than before, beyond noise, and not because the plan says so, or
- where it misses what the plan promises by more than noise and a fifth of what it takes.

Then the edit at which measured and promised seconds part is searched for by halves. It is dropped if the scenario
really is slower with it than without it, beyond noise and beyond what the plan said, unless it still pays: what it
saves over the history, less what it costs more than predicted. One that only saves less than promised stays. None is
dropped for a single run that something else held up: both sides are built again first, while there is time for it.
"""

from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from layerwise.prove.bench.bisect import Culprit, turning
from layerwise.prove.bench.result import Figure
from layerwise.prove.bench.slower import SURE, Place, Slower, noise_s

Edit = TypeVar("Edit", bound=Hashable)
Edit_contra = TypeVar("Edit_contra", bound=Hashable, contravariant=True)

SHORT = 0.2
"""Of the seconds after, by how much a promise may be missed where nothing is slower than before."""
PATIENCE = 2
"""How many edits that only save less than promised are found of one scenario before it is left at that."""


class Scale(Protocol[Edit_contra]):
    """Gives seconds of a file with some edits of a plan, in an order in which each prefix can stand."""

    def measured(self, edits: tuple[Edit_contra, ...], place: Place, runs: int = 0) -> Figure | None:
        """Return what was measured, None where nothing can be, or there is no time left for it.

        Args:
            edits: What the file has of the plan.
            place: Where it is measured.
            runs: As often at least, where there is time left for it.
        """

    def predicted(self, edits: tuple[Edit_contra, ...], place: Place) -> float:
        """Return what the model says, in seconds."""

    def pays(self, edits: tuple[Edit_contra, ...], edit: Edit_contra, slower: Slower) -> bool:
        """Return whether one of these edits is worth it although it makes a scenario slower than the plan says."""


@dataclass(frozen=True, slots=True)
class Paced(Generic[Edit]):
    """What is left of a plan.

    Attributes:
        kept: Edits that were measured together.
        culprits: Those dropped, in the order found.
        spared: What is slower with an edit that pays all the same.
        open: Scenarios that miss what the plan promises, and no edit was found to make them slower.
    """

    kept: tuple[Edit, ...]
    culprits: tuple[Culprit[Edit, Slower], ...]
    spared: tuple[tuple[Edit, Slower], ...]
    open: tuple[Place, ...]


def pace(
    planned: Callable[[frozenset[Edit]], tuple[Edit, ...]], places: tuple[Place, ...], scale: Scale[Edit]
) -> Paced[Edit]:
    """Drop the edits of a plan that make a scenario slower than the plan says.

    Args:
        planned: As of ``bisect.sift``.
        places: What is looked at.
        scale: Measures, predicts and weighs.
    """
    search = _Search(places, scale)
    culprits: list[Culprit[Edit, Slower]] = []
    while True:
        edits = planned(frozenset(culprit.edit for culprit in culprits))
        found = search.culprit(edits)
        if found is None:
            return Paced(edits, tuple(culprits), tuple(search.spared), tuple(search.open))
        culprits.append(found)


@dataclass
class _Search(Generic[Edit]):
    """One search; what the model got wrong of an edit that stays is remembered, so that it is not found again."""

    places: tuple[Place, ...]
    scale: Scale[Edit]
    spared: list[tuple[Edit, Slower]] = field(default_factory=list)
    open: list[Place] = field(default_factory=list)
    _missed: dict[tuple[Place, Edit], float] = field(default_factory=dict)
    _measured: dict[tuple[Place, tuple[Edit, ...]], Figure | None] = field(default_factory=dict)

    def culprit(self, edits: tuple[Edit, ...]) -> Culprit[Edit, Slower] | None:
        """Return an edit to drop, None where there is none; edits that stay are looked through on the way."""
        began = len(self._measured)
        found = Counter[Place]()
        while place := self._suspicious(edits):
            count = self._turning(edits, place)
            if count is None or found[place] == PATIENCE:
                self.open.append(place)
                continue
            edit, difference = edits[count - 1], self._difference(edits[:count], place)
            if difference.counts and not difference.is_sure and self._again(edits[:count], place):
                continue
            found[place] += 1
            if difference.counts:
                if not self.scale.pays(edits, edit, difference):
                    return Culprit(edit, difference, len(self._measured) - began)
                self.spared.append((edit, difference))
            gap = self._excess(edits[:count], place) - self._excess(edits[: count - 1], place)
            self._missed[place, edit] = self._missed.get((place, edit), 0.0) + gap
        return None

    def _suspicious(self, edits: tuple[Edit, ...]) -> Place | None:
        """Return the scenario that misses its promise most, None where none does so beyond what is tolerated."""
        known = [place for place in self.places if place not in self.open and self._is_known(edits, place)]
        gaps = {place: self._excess(edits, place) / self._tolerated(edits, place) for place in known}
        worst = max(gaps, key=lambda place: gaps[place], default=None)
        return worst if worst is not None and gaps[worst] > 1 else None

    def _turning(self, edits: tuple[Edit, ...], place: Place) -> int | None:
        """Return how many edits it takes to miss half of the promise, None where that can't be measured to the end."""
        half = self._excess(edits, place) / 2
        try:
            return turning(0, len(edits), lambda count: self._excess(edits[:count], place) > half)
        except _Unmeasured:
            return None

    def _excess(self, edits: tuple[Edit, ...], place: Place) -> float:
        """Return how many seconds more a scenario takes than before and the plan's promise make."""
        taken = self._figure(edits, place).median_s - self._figure((), place).median_s
        promised = self.scale.predicted(edits, place) - self.scale.predicted((), place)
        return taken - promised - sum(self._missed.get((place, edit), 0.0) for edit in edits)

    def _tolerated(self, edits: tuple[Edit, ...], place: Place) -> float:
        before, after = self._figure((), place), self._figure(edits, place)
        noise = noise_s(before, after)
        slower = after.median_s - before.median_s > noise
        return noise if slower else max(noise, SHORT * after.median_s)

    def _difference(self, edits: tuple[Edit, ...], place: Place) -> Slower:
        predicted = self.scale.predicted(edits, place) - self.scale.predicted(edits[:-1], place)
        return Slower(place, self._figure(edits[:-1], place), self._figure(edits, place), predicted)

    def _again(self, edits: tuple[Edit, ...], place: Place) -> bool:
        """Measure with and without the last of these edits until it is sure; return whether there was time for any."""
        known = {keys: len(self._figure(keys, place).seconds) for keys in (edits[:-1], edits)}
        for runs in range(min(known.values()) + 1, SURE + 1):  # in turn, so that both have what else the machine does
            for keys in known:
                self._measured[place, keys] = self.scale.measured(keys, place, runs)
        return any(len(self._figure(keys, place).seconds) > before for keys, before in known.items())

    def _is_known(self, edits: tuple[Edit, ...], place: Place) -> bool:
        try:
            return bool(self._figure((), place) and self._figure(edits, place))
        except _Unmeasured:
            return False

    def _figure(self, edits: tuple[Edit, ...], place: Place) -> Figure:
        if (place, edits) not in self._measured:
            self._measured[place, edits] = self.scale.measured(edits, place)
        figure = self._measured[place, edits]
        if figure is None:
            raise _Unmeasured
        return figure


class _Unmeasured(Exception):
    """A scenario can't be measured with some edits."""
