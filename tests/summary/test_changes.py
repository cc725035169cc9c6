import pytest
from tests.records import build, step

from layerwise.records import Ending, Outcome, Seen
from layerwise.summary.changes import cached_share, changes


def of(kind: str, wall_s: float, *steps, **rest):
    return build(*steps, wall_s=wall_s, change=Seen(kind=kind, evidence=""), **rest)


def test_builds_are_compared_with_the_cold_ones():
    made = changes(
        [
            of("code", 30.0),
            of("code", 50.0),
            of("unchanged", 10.0),
            of("cold", 90.0),
            of("cold", 110.0),
            of("unknown", 60.0),
        ]
    )
    assert [(one.kind, one.builds, one.wall_s, one.saved_share) for one in made] == [
        ("cold", 2, 100.0, None),
        ("code", 2, 40.0, pytest.approx(0.6)),
        ("unchanged", 1, 10.0, pytest.approx(0.9)),
        ("unknown", 1, 60.0, None),
    ]


def test_without_a_cold_build_nothing_is_faster_than_one():
    assert [one.saved_share for one in changes([of("code", 30.0)])] == [None]


def test_a_build_that_did_not_complete_is_no_measure():
    assert changes([of("code", 3.0, ending=Ending.FAILED)]) == ()


def test_steps_cached_and_seconds_executed_are_medians_with_shared_steps_once():
    hit, run = step("RUN a", number=2, outcome=Outcome.CACHED), step("RUN b", number=3, seconds=4.0, vertex="v")
    shared = step("RUN b", number=3, seconds=4.0, vertex="v", platform="linux/arm64")
    base = step("FROM debian", number=1, outcome=Outcome.CACHED)
    (made,) = changes([of("code", 5.0, base, hit, run, shared)])
    assert (made.cached_share, made.executed_s) == (0.5, 4.0)


def test_what_ran_for_an_unknown_time_makes_no_median():
    (made,) = changes([of("code", 5.0, step(duration_s=None))])
    assert made.executed_s is None


def test_a_build_without_steps_has_no_share():
    assert cached_share(build()) is None
    assert cached_share(build(step(outcome=Outcome.SKIPPED))) is None
