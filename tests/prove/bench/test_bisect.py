"""Any plan with any bad edits in it: what stays is right, nothing good is lost, and few judgements were needed."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerwise.prove.bench.bisect import Sifted, sift, turning


@dataclass
class World:
    """A plan of numbered edits: which are bad, by themselves or beside another, and which need an earlier one."""

    size: int
    bad: frozenset[int] = frozenset()
    clashes: frozenset[frozenset[int]] = frozenset()
    needs: Mapping[int, int] = field(default_factory=dict)
    judged: list[tuple[int, ...]] = field(default_factory=list)

    def planned(self, dropped: frozenset[int]) -> tuple[int, ...]:
        gone = set(dropped)
        for edit in range(self.size):
            if self.needs.get(edit) in gone:
                gone.add(edit)
        return tuple(edit for edit in range(self.size) if edit not in gone)

    def wrong(self, edits: tuple[int, ...]) -> str | None:
        self.judged.append(edits)
        assert all(self.needs[edit] in edits for edit in edits if edit in self.needs), "an edit without what it needs"
        bad = sorted(self.bad & set(edits))
        together = sorted(tuple(sorted(pair)) for pair in self.clashes if pair <= set(edits))
        return f"{bad or together[0]}" if bad or together else None

    def sifted(self) -> Sifted[int, str]:
        return sift(self.planned, self.wrong)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    size = draw(st.integers(0, 24))
    edits = st.integers(0, max(size - 1, 0))
    bad = draw(st.frozensets(edits, max_size=min(5, size))) if size else frozenset()
    pairs = [(draw(edits), draw(edits)) for _ in range(draw(st.integers(0, 3)))] if size else []
    clashes = frozenset(frozenset(pair) for pair in pairs if len(set(pair)) == 2)
    needs = {edit: draw(st.integers(0, edit - 1)) for edit in range(1, size) if draw(st.booleans())}
    return World(size, bad, clashes, needs)


@given(worlds())
def test_what_stays_was_judged_together_and_is_right(world):
    found = world.sifted()
    assert not found.kept or found.kept in world.judged
    assert world.wrong(found.kept) is None


@given(worlds())
def test_nothing_is_dropped_but_what_is_bad_or_clashes(world):
    found = world.sifted()
    guilty = world.bad | {edit for pair in world.clashes for edit in pair}
    assert {culprit.edit for culprit in found.culprits} <= guilty
    assert found.kept == world.planned(frozenset(culprit.edit for culprit in found.culprits))


@given(worlds())
def test_where_edits_do_not_clash_exactly_the_bad_ones_that_can_stand_are_dropped(world):
    world.clashes = frozenset()
    found = world.sifted()
    dropped = {culprit.edit for culprit in found.culprits}
    assert dropped <= world.bad
    # A bad one that is not named went with the one it needs.
    assert set(found.kept) == set(world.planned(world.bad))


@given(worlds())
def test_each_bad_edit_takes_a_logarithm_of_judgements_and_one_of_the_whole(world):
    found = world.sifted()
    each = math.ceil(math.log2(max(world.size, 1))) + 1
    assert len(world.judged) == len(set(world.judged)) <= 1 + len(found.culprits) * each
    assert sum(culprit.judgements for culprit in found.culprits) <= len(world.judged)


def test_a_plan_without_faults_is_judged_once():
    world = World(12)
    assert world.sifted() == Sifted(tuple(range(12)), ())
    assert world.judged == [tuple(range(12))]


def test_no_edits_need_no_judgement():
    assert sift(lambda _: (), lambda _: "never").kept == ()


@pytest.mark.parametrize("bad", range(12))
def test_one_bad_edit_of_twelve_takes_four_judgements_at_most_and_two_of_the_whole(bad):
    world = World(12, frozenset({bad}))
    (culprit,) = world.sifted().culprits
    assert (culprit.edit, culprit.wrong) == (bad, f"[{bad}]")
    assert len(world.judged) <= 1 + 4 + 1


def test_of_two_that_are_wrong_only_together_the_later_one_goes():
    world = World(6, clashes=frozenset({frozenset({1, 4})}))
    found = world.sifted()
    assert [culprit.edit for culprit in found.culprits] == [4]
    assert found.kept == (0, 1, 2, 3, 5)


def test_an_edit_that_heals_an_earlier_one_does_not_hide_it_for_ever():
    def wrong(edits: tuple[str, ...]) -> str | None:
        return "broken" if ("a" in edits and "cure" not in edits) or "worse" in edits else None

    plan = ("a", "b", "cure", "worse")
    found = sift(lambda dropped: tuple(edit for edit in plan if edit not in dropped), wrong)
    assert wrong(found.kept) is None
    assert next(culprit.edit for culprit in found.culprits) in {"a", "worse"}


@given(st.integers(0, 60), st.data())
def test_a_turning_is_found_wherever_the_answers_turn(low, data):
    high = data.draw(st.integers(low + 1, 80))
    wrong = {low: False, high: True} | {n: data.draw(st.booleans()) for n in range(low + 1, high)}
    asked: list[int] = []
    found = turning(low, high, lambda n: asked.append(n) or wrong[n])
    assert wrong[found]
    assert not wrong[found - 1]
    assert len(asked) <= math.ceil(math.log2(high - low))
