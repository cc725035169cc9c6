"""Finds the edits of a plan with which something is wrong, in few judgements.

The whole plan is judged first, which is all where nothing is wrong. Else one edit is searched for by halves: with the
edits before it all is well, with it no longer. It is dropped, and the plan without it is judged. So what stays was seen
to pass together, whatever edits do to each other; one bad edit among n takes about log2 n judgements and the two of
the whole, and each further one as many.

Pure: what a judgement is, and what a plan holds without some edits, are the caller's.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

Edit = TypeVar("Edit", bound=Hashable)
Wrong = TypeVar("Wrong")


@dataclass(frozen=True, slots=True)
class Culprit(Generic[Edit, Wrong]):
    """An edit with which something is wrong.

    Attributes:
        edit: The edit.
        wrong: What is wrong with it, on top of the edits before it.
        judgements: How many it took to find it.
    """

    edit: Edit
    wrong: Wrong
    judgements: int


@dataclass(frozen=True, slots=True)
class Sifted(Generic[Edit, Wrong]):
    """What is left of a plan: edits that were judged together, and those that were dropped, in the order found."""

    kept: tuple[Edit, ...]
    culprits: tuple[Culprit[Edit, Wrong], ...]


def sift(
    planned: Callable[[frozenset[Edit]], tuple[Edit, ...]], judge: Callable[[tuple[Edit, ...]], Wrong | None]
) -> Sifted[Edit, Wrong]:
    """Drop the edits of a plan with which something is wrong, until nothing is.

    Args:
        planned: Gives the edits of the plan without some that were dropped, in an order in which each needs only such
            as stand before it.
        judge: Says what is wrong with these edits, None where nothing is. No edits at all are right by definition, and
            the same edits are judged once.
    """
    known = _Known(judge)
    culprits: list[Culprit[Edit, Wrong]] = []
    while True:
        before = known.judgements
        edits = planned(frozenset(culprit.edit for culprit in culprits))
        if known.wrong_with(edits) is None:
            return Sifted(edits, tuple(culprits))
        count = known.turning(edits)
        wrong = known.wrong_with(edits[:count])
        assert wrong is not None, "the last of them is the one with which it turns"
        culprits.append(Culprit(edits[count - 1], wrong, known.judgements - before))


class _Known(Generic[Edit, Wrong]):
    """What was judged so far."""

    def __init__(self, judge: Callable[[tuple[Edit, ...]], Wrong | None]) -> None:
        self._judge = judge
        self._known: dict[tuple[Edit, ...], Wrong | None] = {(): None}

    @property
    def judgements(self) -> int:
        return len(self._known) - 1

    def wrong_with(self, edits: tuple[Edit, ...]) -> Wrong | None:
        if edits not in self._known:
            self._known[edits] = self._judge(edits)
        return self._known[edits]

    def turning(self, edits: tuple[Edit, ...]) -> int:
        """Return how many edits of a plan that failed it takes to fail: with one less all is well."""
        passed = max(count for count in range(len(edits)) if self._known.get(edits[:count], edits) is None)
        return turning(passed, len(edits), lambda count: self.wrong_with(edits[:count]) is not None)


def turning(low: int, high: int, wrong: Callable[[int], bool]) -> int:
    """Return a number with which something is wrong though with the one before it is not.

    Args:
        low: A number with which all is well.
        high: One above it with which something is wrong.
        wrong: Asked of numbers between them.
    """
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if wrong(middle) else (middle, high)
    return high
