from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerwise.builder.critical import Work, critical_path
from layerwise.records import Span

WALL_S = 10.0


def work(vertex: str, *spans: tuple[float, float], inputs: tuple[str, ...] = ()) -> Work:
    return Work(vertex, inputs, tuple(Span(*span) for span in spans))


def spent(*works: Work, wall_s: float = WALL_S) -> list[float]:
    return [pytest.approx(seconds) for seconds in critical_path(works, wall_s)]


def test_a_chain_accounts_for_all_of_it() -> None:
    assert spent(work("a", (0, 4)), work("b", (4, 10), inputs=("a",))) == [4, 6]


def test_what_ends_before_its_user_waits_for_another_does_not_count() -> None:
    works = (work("quick", (0, 2)), work("slow", (0, 7)), work("both", (7, 10), inputs=("quick", "slow")))
    assert spent(*works) == [0, 7, 3]


def test_of_two_that_end_at_once_the_input_counts() -> None:
    works = (work("other", (0, 7)), work("input", (1, 7)), work("user", (7, 10), inputs=("input",)))
    assert spent(*works) == [1, 6, 3]


def test_a_moment_after_an_input_belongs_to_what_ran_in_it() -> None:
    works = (work("other", (0, 7)), work("input", (1, 6.99)), work("user", (7, 10), inputs=("input",)))
    assert spent(*works) == [1.01, 5.99, 3]


def test_time_in_which_nothing_runs_stays_unexplained() -> None:
    assert spent(work("a", (1, 3)), work("b", (5, 9))) == [2, 4]


def test_what_is_cut_into_pieces_counts_for_each() -> None:
    assert spent(work("a", (0, 2), (6, 8)), work("b", (2, 6)), work("c", (8, 10))) == [4, 4, 2]


def test_what_runs_on_after_the_end_counts_up_to_the_end() -> None:
    assert spent(work("a", (8, 30)), work("b", (-3, 8)), work("c", (-3, -1))) == [2, 8, 0]


def test_no_works_and_no_time_explain_nothing() -> None:
    assert spent() == []
    assert spent(work("a"), work("b", (3, 3)), work("c", (20, 30))) == [0, 0, 0]
    assert spent(work("a", (0, 1)), wall_s=0.0) == [0]


MOMENTS = st.floats(-2, 14, allow_nan=False)
SPANS = st.tuples(MOMENTS, MOMENTS).map(lambda pair: Span(min(pair), max(pair)))
NAMES = st.sampled_from("abcdef")
WORKS = st.lists(
    st.builds(Work, NAMES, st.lists(NAMES, max_size=3).map(tuple), st.lists(SPANS, max_size=4).map(tuple)), max_size=8
)


def length(spans: tuple[Span, ...]) -> float:
    """The length of what spans cover."""
    covered, end = 0.0, float("-inf")
    for span in sorted(spans):
        covered += max(span.end_s - max(span.start_s, end), 0.0)
        end = max(end, span.end_s)
    return covered


@given(WORKS, st.floats(0, 12))
def test_no_more_is_explained_than_there_is_and_no_work_explains_more_than_its_length(
    works: list[Work], wall_s: float
) -> None:
    found = critical_path(works, wall_s)
    assert sum(found) <= wall_s + 1e-9
    for one, seconds in zip(works, found, strict=True):
        assert -1e-12 <= seconds <= length(one.spans) + 1e-9


@given(WORKS, st.lists(st.floats(0, WALL_S), max_size=8))
def test_where_works_leave_no_gap_all_of_it_is_explained(works: list[Work], cuts: list[float]) -> None:
    edges = [0.0, *sorted(cuts), WALL_S]
    tiles = [work(f"tile {n}", pair) for n, pair in enumerate(pairwise(edges))]
    assert sum(critical_path([*works, *tiles], WALL_S)) == pytest.approx(WALL_S)
