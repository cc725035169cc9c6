from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.analyses import analysis_of
from tests.records import build, step

from layerwise.model.estimate import Estimator
from layerwise.model.overheads import AFTER_STEPS, Overheads, overheads_of
from layerwise.model.priors import priors
from layerwise.model.profile import profile_of
from layerwise.model.timeline import Machine
from layerwise.records import BuildRecord, Ending, Outcome, Overhead, Seen, Span

MB = 1_000_000
UNCHANGED = Seen(kind="unchanged", evidence="the same digests")


def overhead(kind: str, seconds: float, *, start: float = 0.0, size: int | None = None, timed: bool = True) -> Overhead:
    spans = (Span(start, start + seconds),) if timed else ()
    return Overhead(kind=kind, name=kind, spans=spans, duration_s=seconds, size_bytes=size)


def exported(size: int, seconds: float, kind: str = "export") -> BuildRecord:
    return build(step(size=size), overheads=(overhead(kind, seconds),))


def rates(*records: BuildRecord) -> dict[str, int]:
    return dict(overheads_of(records).rates)


def test_without_records_nothing_is_known() -> None:
    assert overheads_of(()) == Overheads(rates={}, fixed_s=None, kinds=None)


def test_the_context_s_rate_is_that_of_its_transfers() -> None:
    assert rates(build(overheads=(overhead("context", 0.5, size=40 * MB),))) == {"context": 80 * MB}


def test_a_transfer_whose_bytes_nobody_counted_says_nothing() -> None:
    assert rates(build(overheads=(overhead("context", 0.5),))) == {}


@pytest.mark.parametrize(
    ("kind", "name"),
    [("export", "compress"), ("unpack", "unpack"), ("push", "push"), ("cache-export", "cache_export")],
)
def test_what_is_done_to_new_layers_is_counted_in_their_bytes_as_stored(kind: str, name: str) -> None:
    assert rates(exported(60 * MB, 3.0, kind)) == {name: 20 * MB}


def test_only_layers_that_a_build_executed_are_new_and_those_that_platforms_share_count_once() -> None:
    steps = (
        step(size=30 * MB, vertex="v1"),
        step(size=30 * MB, vertex="v1", platform="linux/arm64"),
        step(size=500 * MB, vertex="v2", outcome=Outcome.CACHED),
        step("FROM debian", size=90 * MB, vertex="v3"),
        step(vertex="v4"),
    )
    assert rates(build(*steps, overheads=(overhead("export", 3.0),))) == {"compress": 10 * MB}


def test_a_small_measurement_teaches_no_rate() -> None:
    assert rates(exported(MB - 1, 3.0), exported(60 * MB, 0.04)) == {}
    assert rates(exported(MB, 0.05)) == {"compress": 20 * MB}


def test_builds_that_move_more_weigh_more() -> None:
    slow = [exported(2 * MB, 1.0)] * 5
    assert rates(*slow, exported(60 * MB, 3.0)) == {"compress": 20 * MB}


def test_work_that_overlaps_is_counted_once() -> None:
    both = (overhead("export", 3.0), overhead("export", 2.0, start=1.0), overhead("export", 1.0, start=5.0))
    assert rates(build(step(size=40 * MB), overheads=both)) == {"compress": 10 * MB}


def test_a_log_without_times_has_durations_alone() -> None:
    parts = tuple(overhead("export", seconds, timed=False) for seconds in (3.0, 1.0))
    assert rates(build(step(size=40 * MB), overheads=parts)) == {"compress": 10 * MB}


@pytest.mark.parametrize("ending", [Ending.FAILED, Ending.CANCELLED, Ending.CUT])
def test_a_build_that_did_not_complete_teaches_nothing(ending: Ending) -> None:
    record = build(step(size=40 * MB), overheads=(overhead("export", 2.0),), ending=ending, change=UNCHANGED)
    assert overheads_of((record,)) == overheads_of(())


def test_the_kinds_are_those_that_some_build_did() -> None:
    first = build(overheads=(overhead("definition", 0.1), overhead("export", 0.0), overhead("push", 0.1)))
    second = build(overheads=(overhead("export", 0.1), overhead("unpack", 0.1)))
    assert overheads_of((first, second)).kinds == {"export", "unpack", "push"}
    assert overheads_of((build(),)).kinds == frozenset()


def idle(*seconds: float) -> Iterable[BuildRecord]:
    return (build(step(outcome=Outcome.CACHED), wall_s=second, change=UNCHANGED) for second in seconds)


def test_the_fixed_seconds_are_the_median_of_unchanged_builds() -> None:
    assert overheads_of((*idle(0.4, 9.0, 0.5),)).fixed_s == 0.5


def test_a_base_that_is_resolved_anew_is_nothing_that_ran() -> None:
    record = build(step("FROM debian"), step(outcome=Outcome.CACHED, number=3), wall_s=0.6, change=UNCHANGED)
    assert overheads_of((record,)).fixed_s == 0.6


def test_an_unchanged_build_on_an_empty_cache_is_none_in_which_nothing_runs() -> None:
    assert overheads_of((build(step(seconds=90.0), change=UNCHANGED),)).fixed_s is None


def test_where_no_build_was_unchanged_definition_and_export_of_those_without_new_layers_count() -> None:
    around = (overhead("definition", 0.2), overhead("context", 5.0), overhead("export", 0.1, start=5.0))
    cached = build(step(outcome=Outcome.CACHED), overheads=around)
    assert overheads_of((cached,)).fixed_s == pytest.approx(0.3)
    assert overheads_of((cached, *idle(0.8))).fixed_s == 0.8
    assert overheads_of((build(step(), overheads=around),)).fixed_s is None


def test_a_log_without_walls_and_overheads_says_nothing_of_the_fixed_seconds() -> None:
    record = build(step(outcome=Outcome.CACHED), change=UNCHANGED)
    assert overheads_of((replace(record, wall_s=None),)).fixed_s is None


@given(st.lists(st.tuples(st.integers(MB, 10_000 * MB), st.floats(0.05, 1e4)), min_size=1, max_size=30))
def test_a_rate_lies_within_what_was_measured(measured: list[tuple[int, float]]) -> None:
    found = rates(*(exported(size, seconds) for size, seconds in measured))["compress"]
    all_rates = [size / seconds for size, seconds in measured]
    assert min(all_rates) - 1 <= found <= max(all_rates) + 1


def test_builds_are_priced_by_what_was_measured_and_priors_fill_the_rest() -> None:
    (graph,) = analysis_of("FROM debian\nCOPY app /app\n").graphs
    records = (exported(60 * MB, 3.0, "unpack"), *idle(0.9))
    made = Estimator(priors(), Machine(2, priors().rates), "linux/amd64").measured(profile_of(records, {}))
    rows = {row.kind: row.end_s - row.start_s for row in made.timeline((graph,), {graph.platform: frozenset()}).rows}
    assert rows["fixed"] == pytest.approx(0.9)
    assert rows.keys() & set(AFTER_STEPS) == {"unpack"}
