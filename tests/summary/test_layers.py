import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.records import build, step
from tests.summary.generated import records
from tests.summary.samples import AMD64, ARM64, DAY, NOW, montage, past

from layerwise.records import Basis, Ending, Outcome, Span
from layerwise.summary.costs import Costs
from layerwise.summary.layers import layers

HIT, RUN, SKIPPED = (step(outcome=outcome) for outcome in (Outcome.CACHED, Outcome.EXECUTED, Outcome.SKIPPED))


def layers_of(*builds, executions=None, now=NOW):
    return layers(builds[0], builds, Costs(builds, executions or {}), now)


def only(*builds, **rest):
    (layer,) = layers_of(*builds, **rest)
    return layer


def test_hits_and_runs_are_counted_over_the_builds_that_had_the_step():
    layer = only(build(HIT, id="1"), build(RUN, id="2"), build(HIT, id="3"), build(step("RUN other"), id="4"))
    (use,) = layer.uses
    assert (use.builds, use.cached, use.executed, use.hit_rate) == (3, 2, 1, pytest.approx(2 / 3))
    assert (layer.builds, layer.cached, layer.executed, layer.hit_rate) == (3, 2, 1, pytest.approx(2 / 3))


@pytest.mark.parametrize("ending", [Ending.FAILED, Ending.CANCELLED, Ending.CUT])
def test_a_build_that_did_not_complete_counts_no_hits(ending):
    (use,) = only(build(HIT, id="1"), build(HIT, id="2", ending=ending)).uses
    assert (use.builds, use.cached) == (1, 1)


def test_a_run_in_a_build_that_failed_later_still_says_what_it_costs():
    layer = only(build(HIT, id="1"), build(step(seconds=6.0), id="2", ending=Ending.FAILED))
    assert layer.executed_s == 6.0
    assert layer.saved.seconds == 6.0


def test_a_hit_saves_the_median_run_less_the_fetching():
    hit = step(outcome=Outcome.CACHED, transfers=(Span(0, 2),))
    layer = only(build(hit, id="1"), build(step(seconds=10.0), id="2"), build(step(seconds=20.0), id="3"))
    assert layer.saved.seconds == 13.0
    assert layer.uses[0].transfer_s == 2.0
    assert not layer.uses[0].cheaper_to_run


def test_what_takes_longer_to_fetch_than_to_run_saves_less_than_nothing():
    hit = step(outcome=Outcome.CACHED, transfers=(Span(0, 5),))
    layer = only(build(hit, id="1"), build(step(seconds=1.0), id="2"))
    assert layer.saved.seconds == -4.0
    assert layer.uses[0].cheaper_to_run


def test_what_was_never_seen_to_run_saves_nobody_knows_what():
    layer = only(build(HIT, id="1"), build(HIT, id="2"))
    (use,) = layer.uses
    assert (use.executed_s, use.basis, use.age_s, layer.age_s) == (None, Basis.UNKNOWN, None, None)
    assert (layer.saved.value, layer.saved.unknown) == (None, 2)
    assert layer.executed_s is None


def test_what_a_hit_further_down_spared_is_saved_too_but_is_no_hit():
    layer = only(build(SKIPPED, id="1"), build(step(seconds=4.0), id="2"))
    (use,) = layer.uses
    assert (use.needless, use.cached, use.executed, use.saved.seconds) == (1, 0, 1, 4.0)
    assert only(build(SKIPPED, id="1")).hit_rate is None


def test_platforms_have_a_use_each_and_one_for_what_they_share():
    apart = only(build(step(), step(platform=ARM64)))
    assert [use.platforms for use in apart.uses] == [(AMD64,), (ARM64,)]
    shared = only(
        build(
            step(vertex="v", outcome=Outcome.CACHED), step(vertex="v", platform=ARM64, outcome=Outcome.CACHED), id="1"
        ),
        build(step(vertex="w", seconds=4.0), step(vertex="w", platform=ARM64, seconds=4.0), id="2"),
    )
    assert [use.platforms for use in shared.uses] == [(AMD64, ARM64)]
    assert (shared.cached, shared.saved.seconds) == (1, 4.0)


def test_an_earlier_build_for_one_of_the_platforms_that_share_a_step_counts():
    both = build(step(vertex="v"), step(vertex="v", platform=ARM64), id="1")
    (use,) = only(both, build(step(platform=ARM64, outcome=Outcome.CACHED), id="2")).uses
    assert (use.builds, use.cached, use.executed) == (2, 1, 1)


def test_the_same_instruction_twice_in_a_file_is_two_layers():
    first, second = step("RUN pip install -e .", number=2), step("RUN pip install -e .", number=5, line=9)
    cached = step("RUN pip install -e .", number=2, outcome=Outcome.CACHED)
    made = layers_of(build(first, second, id="1"), build(cached, second, id="2"))
    assert {layer.line: (layer.cached, layer.executed) for layer in made} == {2: (1, 1), 9: (0, 2)}


def test_an_instruction_that_moved_is_the_same_layer():
    layer = only(build(step(number=4, line=8, outcome=Outcome.CACHED), id="1"), build(step(number=2, line=2), id="2"))
    assert (layer.cached, layer.executed) == (1, 1)


def test_age_is_counted_from_the_last_known_run():
    layer = only(
        build(HIT, id="1", started_at=NOW), build(step(start=0.0), id="2", started_at=NOW - 3 * DAY), now=NOW + 5
    )
    assert layer.age_s == 3 * DAY + 5
    assert not layer.uses[0].ran_now


def test_a_layer_is_no_younger_than_its_build():
    old = build(HIT, id="1", started_at=NOW - 5 * DAY, wall_s=10.0)
    layer = only(old, build(step(), id="2", started_at=NOW - DAY), build(step(), id="3", started_at=NOW - 9 * DAY))
    assert layer.age_s == 9 * DAY


def test_an_age_is_never_below_nothing():
    assert only(build(RUN, started_at=NOW + 60)).age_s == 0.0


def test_a_layer_is_as_old_as_on_its_oldest_platform_and_of_no_known_age_if_one_is_not():
    new, old = (
        build(step(), step(platform=ARM64, outcome=Outcome.CACHED), id="1", started_at=NOW),
        build(step(platform=ARM64), id="2", started_at=NOW - DAY),
    )
    assert only(new, old).age_s == DAY
    assert only(new).age_s is None


def test_a_base_that_was_fetched_is_no_hit():
    fetched = step("FROM debian", outcome=Outcome.CACHED, transfers=(Span(0, 3),))
    there = step("FROM debian", seconds=0.01)
    layer = only(build(fetched, id="1"), build(there, id="2"))
    assert (layer.cached, layer.executed, layer.saved.seconds) == (1, 1, 3.0)


def test_the_guides_table_comes_out_of_recorded_builds():
    record = montage("now", "code", 5, day=0)
    found = {layer.line: layer for layer in layers_of(record, *past())}
    assert list(found)[:3] == [9, 21, 27]
    npm = found[21]
    assert (npm.cached, npm.executed, npm.executed_s) == (22, 2, 88.5)
    assert npm.saved.seconds == pytest.approx(11 * (9.4 + 88.5))
    assert npm.age_s == pytest.approx(41 * DAY, rel=1e-3)


@given(st.lists(records(), min_size=1, max_size=4))
def test_no_build_counts_twice(builds):
    for layer in layers_of(*builds):
        for use in layer.uses:
            assert use.cached + use.executed + use.needless <= use.builds <= len(builds)
            assert use.hit_rate is None or 0 <= use.hit_rate <= 1
            assert use.age_s is None or use.age_s >= 0
