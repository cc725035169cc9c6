import pytest

from layerwise.prove.bench.result import Figure
from layerwise.prove.bench.slower import Place, Slower, noise_s

CODE = Place("code", "linux/amd64")


@pytest.mark.parametrize(
    ("one", "other", "limit"),
    [
        ((2.0, 2.0), (3.0, 3.0), 0.3),
        ((100.0, 100.0), (90.0, 90.0), 5.0),
        ((10.0, 11.0, 14.0), (20.0, 20.5), 2.25),
        ((10.0,), (11.0,), 2.0),
        ((1.0,), (1.1, 1.2), 1.0),
    ],
)
def test_noise_is_a_floor_a_share_or_the_spread_and_wider_where_a_side_was_measured_once(one, other, limit):
    assert noise_s(Figure(one), Figure(other)) == pytest.approx(limit)


def test_a_difference_counts_beyond_noise_and_beyond_what_was_said():
    def counts(without: float, with_it: float, said: float) -> bool:
        return Slower(CODE, Figure((without, without)), Figure((with_it, with_it)), said).counts

    assert counts(10.0, 10.6, -3.0)
    assert not counts(10.0, 10.4, -3.0)
    assert not counts(10.0, 13.0, 2.6)
    assert counts(10.0, 13.0, 2.4)
