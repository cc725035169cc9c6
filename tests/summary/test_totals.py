from hypothesis import given
from hypothesis import strategies as st

from layerwise.summary.totals import Total, middle, total


def test_what_nobody_knows_is_counted_and_not_added():
    assert total([1.0, None, 2.0]) == Total(seconds=3.0, known=2, unknown=1)


def test_a_sum_of_which_nothing_is_known_is_not_nought():
    assert total([None, None]).value is None
    assert total([]).value == 0.0
    assert total([None, 0.0]).value == 0.0


@given(st.lists(st.none() | st.integers(0, 100)), st.lists(st.none() | st.integers(0, 100)))
def test_sums_add_up_as_their_parts_do(one, other):
    assert total(one) + total(other) == total([*one, *other])


def test_the_median_is_of_what_is_known():
    assert middle([9.0, None, 1.0, 2.0]) == 2.0
    assert middle([None]) is None
