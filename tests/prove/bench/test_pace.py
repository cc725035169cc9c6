"""Which edits a search by measured seconds drops, in worlds where each edit's real and promised effect is known."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from layerwise.prove.bench.pace import Paced, pace
from layerwise.prove.bench.result import Figure
from layerwise.prove.bench.slower import Place, Slower

CODE, COLD = Place("code", "linux/amd64"), Place("cold", "linux/amd64")
BEFORE = {CODE: 60.0, COLD: 200.0}


@dataclass
class World:
    """Edits by name: what each really adds to a scenario, and what the plan says; both in seconds, below 0 for less."""

    plan: tuple[str, ...]
    real: Mapping[tuple[str, Place], float] = field(default_factory=dict)
    said: Mapping[tuple[str, Place], float] = field(default_factory=dict)
    places: tuple[Place, ...] = (CODE,)
    spread: float = 0.05
    judged: list[tuple[Place, tuple[str, ...]]] = field(default_factory=list)
    most: int = 10_000
    worth: bool = False

    def measured(self, edits: tuple[str, ...], place: Place, runs: int = 0) -> Figure | None:
        assert not runs, "three times is sure"
        self.judged.append((place, edits))
        if len(self.judged) > self.most:
            return None
        middle = BEFORE[place] + sum(self.real.get((edit, place), 0.0) for edit in edits)
        return Figure((middle, middle - self.spread, middle + self.spread))

    def predicted(self, edits: tuple[str, ...], place: Place) -> float:
        return 10.0 + sum(self.said.get((edit, place), 0.0) for edit in edits)

    def pays(self, edits: tuple[str, ...], edit: str, slower: Slower) -> bool:
        assert edit in edits
        return self.worth

    def paced(self) -> Paced[str]:
        return pace(lambda dropped: tuple(edit for edit in self.plan if edit not in dropped), self.places, self)


@dataclass
class Once(World):
    """A world in which a bench measures once, and runs can be held up.

    Attributes:
        held_up: Seconds that a run takes longer, by its edits and its number from 1.
        time_for: How many runs there is time for.
    """

    held_up: Mapping[tuple[tuple[str, ...], int], float] = field(default_factory=dict)
    time_for: int = 10_000
    made: dict[tuple[str, ...], list[float]] = field(default_factory=dict)

    def measured(self, edits: tuple[str, ...], place: Place, runs: int = 0) -> Figure | None:
        made = self.made.setdefault(edits, [])
        while len(made) < max(runs, 1) and sum(map(len, self.made.values())) < self.time_for:
            took = BEFORE[place] + sum(self.real.get((edit, place), 0.0) for edit in edits)
            number = len(made) + 1
            made.append(took + self.held_up.get((edits, number), 0.0) + 0.01 * number)
        return Figure(tuple(made)) if made else None


def promising(*edits: str, place: Place = CODE, each: float = -4.0) -> dict[tuple[str, Place], float]:
    return {(edit, place): each for edit in edits}


GOOD = tuple("abcdefghij")


def test_a_plan_that_keeps_its_promise_is_measured_once():
    world = World(GOOD, promising(*GOOD), promising(*GOOD))
    assert world.paced() == Paced(GOOD, (), (), ())
    assert world.judged == [(CODE, ()), (CODE, GOOD)]


def test_a_slow_edit_is_found_behind_what_the_others_save():
    plan = (*GOOD[:6], "slow", *GOOD[6:])
    world = World(plan, promising(*GOOD) | {("slow", CODE): 5.0}, promising(*GOOD) | {("slow", CODE): -1.0})
    found = world.paced()
    assert found.kept == GOOD
    ((culprit),) = found.culprits
    assert culprit.edit == "slow"
    assert str(culprit.wrong) == (
        "code on linux/amd64 takes 41.0 s with it and 36.0 s without it, measured; predicted were 1.0 s less"
    )
    assert len(world.judged) <= 2 + 4 + 1


def test_what_is_slower_because_the_plan_says_so_stays():
    real = promising("a") | {("a", COLD): 15.0}
    assert World(("a",), real, promising("a") | {("a", COLD): 12.0}, (CODE, COLD)).paced().kept == ("a",)
    found = World(("a",), real, promising("a"), (CODE, COLD)).paced()
    assert (found.kept, [str(one.wrong.place) for one in found.culprits]) == ((), [str(COLD)])


def test_what_is_slower_and_pays_all_the_same_stays_and_is_told():
    world = World(("a",), promising("a") | {("a", COLD): 15.0}, promising("a"), (CODE, COLD), worth=True)
    found = world.paced()
    assert found.kept == ("a",)
    ((edit, slower),) = found.spared
    assert (edit, slower.place, slower.more_s) == ("a", COLD, 15.0)


def test_an_edit_that_saves_less_than_promised_stays():
    world = World(("a", "b"), promising("a", each=-20.0), promising("a", each=-20.0) | {("b", CODE): -25.0})
    assert world.paced() == Paced(("a", "b"), (), (), ())


def test_a_slow_edit_is_found_behind_one_that_saves_less_than_promised():
    real = promising("a", each=-40.0) | {("slow", CODE): 6.0}
    said = promising("a", each=-40.0) | {("b", CODE): -15.0, ("slow", CODE): -2.0}
    assert World(("a", "b", "slow"), real, said).paced().kept == ("a", "b")


def test_promises_that_are_missed_a_little_by_all_are_not_searched_through_for_ever():
    world = World(GOOD, promising(*GOOD, each=-1.0), promising(*GOOD, each=-5.0))
    found = world.paced()
    assert (found.kept, found.open) == (GOOD, (CODE,))
    assert len(world.judged) <= 2 + 3 * 4


def test_one_run_that_was_held_up_drops_nothing():
    world = Once(("a", "b"), held_up={(("a", "b"), 1): 30.0})
    assert world.paced() == Paced(("a", "b"), (), (), ())
    assert {edits: len(runs) for edits, runs in world.made.items()} == {(): 1, ("a",): 3, ("a", "b"): 3}


def test_one_that_was_held_up_the_other_way_round_keeps_nothing_either():
    world = Once(("a", "slow"), {("slow", CODE): 20.0}, held_up={(("a", "slow"), 2): 5.0})
    assert world.paced().kept == ("a",)
    assert len(world.made["a", "slow"]) == 3


def test_what_is_slower_by_all_that_there_was_time_for_goes():
    found = Once(("slow",), {("slow", CODE): 20.0}, time_for=2).paced()
    assert [len(one.wrong.with_it.seconds) for one in found.culprits] == [1]


def test_a_search_that_can_t_be_measured_to_its_end_drops_nothing():
    plan = (*GOOD, "slow")
    world = World(plan, {("slow", CODE): 9.0}, {}, most=3)
    found = world.paced()
    assert (found.kept, found.open) == (plan, (CODE,))


def test_a_scenario_that_can_t_be_measured_is_not_looked_into():
    assert World(("slow",), {("slow", CODE): 9.0}, {}, most=0).paced() == Paced(("slow",), (), (), ())


edits = st.lists(st.sampled_from("abcdefghijklmnop"), unique=True, max_size=16)


@given(edits, st.data())
def test_exactly_the_slow_ones_go_where_the_others_keep_their_promise(plan, data):
    slow = data.draw(st.sets(st.sampled_from(plan))) if plan else set()
    real = {(edit, CODE): data.draw(st.floats(-3.0, 0.0)) for edit in plan}
    said = dict(real)
    real |= {(edit, CODE): data.draw(st.floats(20.0, 40.0)) for edit in slow}
    world = World(tuple(plan), real, said, places=(CODE, COLD))
    found = world.paced()
    assert set(found.kept) == set(plan) - slow
    assert {culprit.edit for culprit in found.culprits} == slow
    assert len(world.judged) == len(set(world.judged))
    # Of the place that is slow: before and the whole, then for each a search by halves and the whole again.
    each = math.ceil(math.log2(max(len(plan), 1))) + 1
    assert sum(place == CODE for place, _ in world.judged) <= 2 + len(slow) * each


@given(edits, st.data())
def test_whatever_was_promised_only_what_is_slower_goes_and_the_search_ends(plan, data):
    effects = st.floats(-30.0, 30.0)
    real = {(edit, CODE): data.draw(effects) for edit in plan}
    said = {(edit, CODE): data.draw(effects) for edit in plan}
    world = World(tuple(plan), real, said)
    found = world.paced()
    assert all(real[culprit.edit, CODE] > 0 for culprit in found.culprits)
    assert all(culprit.wrong.counts for culprit in found.culprits)
    assert set(found.kept) | {culprit.edit for culprit in found.culprits} == set(plan)
