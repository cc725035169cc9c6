from hypothesis import given
from hypothesis import strategies as st

from layerwise.prove.bench.schedule import Round, fitting, left_out, rounds

NAMES = ("cold", "unchanged", "code", "deps:pip")
AMD, ARM = "linux/amd64", "linux/arm64"
COSTS = st.fixed_dictionaries({name: st.floats(0.1, 500) for name in NAMES})


def test_each_scenario_comes_once_before_the_first_comes_again():
    made = rounds(("cold", "code"), (AMD, ARM), lambda name: 2 if name == "code" else 1)
    assert made == (
        Round(1, AMD, "cold"),
        Round(1, AMD, "code"),
        Round(1, ARM, "cold"),
        Round(1, ARM, "code"),
        Round(2, AMD, "code"),
        Round(2, ARM, "code"),
    )


def test_with_time_enough_all_are_made_in_their_order():
    todo = rounds(NAMES, (AMD,), lambda _: 3)
    assert fitting(todo, lambda _: 10, 120) == todo


def test_the_cheap_ones_come_first_and_a_first_figure_before_a_second():
    todo = rounds(("cold", "code"), (AMD,), lambda _: 2)
    cost = {"cold": 100.0, "code": 1.0}
    assert fitting(todo, lambda each: cost[each.scenario], 102) == (
        Round(1, AMD, "cold"),
        Round(1, AMD, "code"),
        Round(2, AMD, "code"),
    )
    assert fitting(todo, lambda each: cost[each.scenario], 50) == (Round(1, AMD, "code"), Round(2, AMD, "code"))


@given(costs=COSTS, left=st.floats(0, 3000), runs=st.integers(1, 4), done=st.integers(0, 5))
def test_what_is_chosen_fits_and_leaves_no_gap(costs, left, runs, done):
    todo = rounds(NAMES, (AMD, ARM), lambda _: runs)[done:]
    chosen = fitting(todo, lambda each: costs[each.scenario], left)
    assert sum(costs[each.scenario] for each in chosen) <= left + 1e-6
    assert [each for each in todo if each in chosen] == list(chosen)
    for each in chosen:
        before = each._replace(number=each.number - 1)
        assert before in chosen or before not in todo


@given(costs=COSTS, left=st.floats(0, 3000))
def test_what_is_left_out_would_not_fit_as_well(costs, left):
    todo = rounds(NAMES, (AMD,), lambda _: 1)
    chosen = fitting(todo, lambda each: costs[each.scenario], left)
    spare = left - sum(costs[each.scenario] for each in chosen)
    assert all(costs[each.scenario] > spare - 1e-6 for each in todo if each not in chosen)


def test_what_is_left_out_is_told_by_scenario():
    todo = rounds(("cold", "code"), (AMD,), lambda _: 3)
    assert left_out(todo, todo[:3]) == ("code on linux/amd64 from round 2 on", "cold on linux/amd64 from round 3 on")
    assert left_out(todo[:1], ()) == ("cold on linux/amd64",)
