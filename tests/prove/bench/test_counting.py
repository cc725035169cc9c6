from layerwise.prove.bench.counting import Counting


def test_builds_are_counted_up_to_each_plan_but_the_first():
    builds = [3]
    counting = Counting(lambda dropped: tuple(sorted(dropped)), lambda: builds[0])
    builds[0] = 5  # the whole plan was built before the search began
    assert counting.planned(frozenset()) == ()
    builds[0] = 9
    assert counting.planned(frozenset({("late-args", "A")})) == (("late-args", "A"),)
    builds[0] = 10
    counting.planned(frozenset({("late-args", "A"), ("late-args", "B")}))
    assert counting.spent == (6, 1)


def test_a_search_that_finds_nothing_has_spent_nothing():
    counting = Counting(lambda dropped: (), lambda: 7)
    counting.planned(frozenset())
    assert counting.spent == ()
