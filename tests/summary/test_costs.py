from tests.records import build, step
from tests.summary.samples import AMD64, ARM64

from layerwise.records import Execution, Outcome, Span
from layerwise.summary.costs import Costs, executions_of


def execution(seconds: float, *, of=step(), build="old", started_at=0.0, emulated=False):  # noqa: B008 - frozen
    return Execution(
        platform=of.runs_on or of.platform,
        key=of.key,
        build=build,
        started_at=started_at,
        duration_s=seconds,
        size_bytes=None,
        emulated=emulated,
    )


def known(*executions):
    found: dict[tuple[str, str], list[Execution]] = {}
    for one in executions:
        found.setdefault((one.platform, one.key), []).append(one)
    return found


def test_the_median_is_of_what_the_store_knows_and_the_builds_saw():
    costs = Costs([build(step(seconds=3.0))], known(execution(1.0), execution(5.0)))
    assert costs.median_s(step()) == 3.0


def test_a_build_that_the_store_knows_too_counts_once():
    costs = Costs([build(step(seconds=3.0), id="b1")], known(execution(9.0, build="b1"), execution(4.0)))
    assert costs.median_s(step()) == 3.5


def test_a_step_never_seen_to_run_has_no_cost():
    costs = Costs([build(step(outcome=Outcome.CACHED), step("RUN other", number=3))], {})
    assert costs.median_s(step()) is None


def test_what_was_cancelled_or_failed_is_no_run():
    costs = Costs([build(step(outcome=Outcome.FAILED), step(outcome=Outcome.CANCELLED, number=3))], {})
    assert costs.median_s(step()) is None


def test_emulated_runs_say_nothing_of_native_ones():
    costs = Costs([], known(execution(80.0, emulated=True), execution(8.0), execution(6.0, emulated=None)))
    assert costs.median_s(step(emulated=False)) == 7.0
    assert costs.median_s(step(emulated=True)) == 43.0


def test_a_base_that_was_fetched_cost_the_fetching():
    base = step("FROM debian", outcome=Outcome.CACHED, transfers=(Span(0, 3),))
    assert Costs([build(base)], {}).median_s(base) == 3.0


def test_a_base_that_was_there_cost_nothing_that_tells_of_fetching_it():
    base = step("FROM debian", outcome=Outcome.EXECUTED, seconds=0.02)
    assert Costs([build(base)], {}).median_s(base) is None


def test_the_last_run_is_the_latest_before_a_time():
    costs = Costs([build(step(start=5.0), started_at=100.0)], known(execution(1.0, started_at=500.0)))
    assert costs.last(step(), None) == 500.0
    assert costs.last(step(), 200.0) == 105.0
    assert costs.last(step(), 50.0) is None


def test_a_run_of_an_unknown_time_is_no_last_run():
    undated = Costs([build(step(), started_at=None)], known(execution(1.0, started_at=None)))
    assert undated.last(step(), None) is None
    assert Costs([build(step(spans=()))], {}).last(step(), None) is None


def test_platforms_are_apart():
    costs = Costs([build(step(platform=AMD64, seconds=2.0), step(platform=ARM64, seconds=9.0))], {})
    assert (costs.median_s(step(platform=AMD64)), costs.median_s(step(platform=ARM64))) == (2.0, 9.0)


def test_what_runs_on_the_builders_own_platform_costs_the_same_for_every_platform():
    shared = [step(platform=one, runs_on=AMD64, vertex="v", seconds=2.0) for one in (AMD64, ARM64)]
    assert len(list(executions_of(build(*shared)))) == 1
    assert Costs([build(*shared)], {}).median_s(shared[1]) == 2.0
    assert Costs([], known(execution(6.0, of=shared[0]))).median_s(shared[1]) == 6.0
