import base64
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builder.recorded import observed as recorded
from tests.builder.recorded import vertex as of

from layerwise.builder.events import Gathering, Group, LogEvent, SolveStatus, StatusEvent, VertexEvent, merged
from layerwise.builder.observed import Observed, Vertex
from layerwise.records import Ending, Outcome

BEGAN = 1_000.0
NEVER = datetime(1, 1, 1, tzinfo=UTC)
STEP = "[2/2] RUN make"


def at(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(BEGAN, UTC) + timedelta(seconds=seconds)


def event(
    started: float | None = None,
    completed: float | None = None,
    *,
    name: str = STEP,
    digest: str = "sha256:a",
    cached: bool = False,
    error: str = "",
    inputs: tuple[str, ...] = (),
    group: str | None = None,
) -> VertexEvent:
    return VertexEvent(
        digest=digest,
        name=name,
        inputs=list(inputs),
        started=at(started),
        completed=at(completed),
        cached=cached,
        error=error,
        progress_group=None if group is None else Group(id=group),
    )


def status(name: str, started: float, completed: float | None = None, size: int = 0) -> StatusEvent:
    return StatusEvent(
        id=name, vertex="sha256:a", current=size, timestamp=at(started), started=at(started), completed=at(completed)
    )


def says(data: bytes, stream: int = 1) -> LogEvent:
    return LogEvent(vertex="sha256:a", stream=stream, data=base64.b64encode(data).decode(), timestamp=at(1))


def build(*events: VertexEvent | StatusEvent | LogEvent, said: str = "") -> Observed:
    gathering = Gathering()
    for one in events:
        kind = {VertexEvent: "vertexes", StatusEvent: "statuses", LogEvent: "logs"}[type(one)]
        gathering.take(SolveStatus(**{kind: [one]}))
    gathering.say(said)
    found = gathering.observed()
    assert found is not None
    return found


def only(*events: VertexEvent | StatusEvent | LogEvent) -> Vertex:
    (one,) = build(*events).vertices
    return one


def spans(*intervals: tuple[float, float]) -> tuple[tuple[float, float], ...]:
    return tuple((BEGAN + begin, BEGAN + end) for begin, end in intervals)


def test_no_event_is_no_build() -> None:
    assert Gathering().observed() is None


def test_a_vertex_that_runs_several_times_took_the_sum() -> None:
    one = only(event(), event(1), event(1, 2), event(4), event(4, 7))
    assert (one.outcome, one.seconds, one.runs) == (Outcome.EXECUTED, 4, spans((1, 2), (4, 7)))


def test_intervals_that_overlap_count_once() -> None:
    assert only(event(1, 4), event(2, 6)).seconds == 5


def test_an_end_that_comes_again_without_its_time_is_kept() -> None:
    assert only(event(1, 4), event(1)).seconds == 3


def test_a_hit_is_no_execution() -> None:
    one = only(event(3, 3, cached=True))
    assert (one.outcome, one.seconds, one.runs, one.transfers) == (Outcome.CACHED, None, (), ())


def test_a_lazy_pull_after_a_hit_is_a_transfer_and_no_execution() -> None:
    one = only(event(3, 3, cached=True), event(5), event(5, 9))
    assert (one.outcome, one.seconds, one.runs, one.transfers) == (Outcome.CACHED, None, (), spans((5, 9)))


def test_a_hit_that_must_be_loaded_takes_its_time() -> None:
    assert only(event(3, cached=True), event(3, 4, cached=True)).transfers == spans((3, 4))


def test_a_base_that_was_resolved_and_then_found_in_the_cache_is_a_hit() -> None:
    one = only(event(1, 2), event(2, 2), event(3, 3, cached=True))
    assert (one.outcome, one.transfers) == (Outcome.CACHED, spans((1, 2)))


def test_layers_of_a_hit_move_outside_of_any_interval_too() -> None:
    one = only(
        event(3, 3, cached=True),
        status("sha256:1f", 4, 6, 100),
        status("extracting sha256:1f", 6, 7),
        status("resolve debian", 8, 9),
    )
    assert one.transfers == spans((4, 7))
    assert [(work.name, work.seconds, work.size_bytes) for work in one.statuses] == [
        ("sha256:1f", 2, 100),
        ("extracting sha256:1f", 1, None),
        ("resolve debian", 1, None),
    ]


def test_work_that_never_ends_is_no_work() -> None:
    assert only(event(1, 2), status("sha256:1f", 1)).statuses == ()


def test_work_without_a_start_is_no_work() -> None:
    assert only(event(1, 2), StatusEvent(id="sha256:1f", vertex="sha256:a", timestamp=at(1))).statuses == ()


def test_what_a_vertex_does_twice_is_two_pieces_of_work() -> None:
    one = only(event(1, 9), status("transferring context:", 1, 2, 5), status("transferring context:", 6, 9, 7))
    assert [(work.span, work.size_bytes) for work in one.statuses] == [(spans((1, 2))[0], 5), (spans((6, 9))[0], 7)]


def test_the_largest_size_of_a_piece_of_work_is_its_size() -> None:
    one = only(event(1, 9), status("sha256:1f", 1, None, 5), status("sha256:1f", 1, 2, 900), status("sha256:1f", 1, 2))
    assert [work.size_bytes for work in one.statuses] == [900]


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        ('process "/bin/sh -c make" did not complete successfully: exit code: 2', Outcome.FAILED),
        ("exit code: 137: context canceled: context canceled", Outcome.CANCELLED),
        ("context canceled", Outcome.CANCELLED),
        ("rpc error: code = Canceled", Outcome.CANCELLED),
        ("context canceled by nobody", Outcome.FAILED),
    ],
)
def test_an_error_that_ends_in_context_canceled_is_a_cancellation(error: str, outcome: Outcome) -> None:
    one = only(event(1, 3, error=error))
    assert (one.outcome, one.seconds, one.error) == (outcome, 2, error)


def test_a_failure_wins_over_a_hit() -> None:
    assert only(event(1, 1, cached=True), event(2, 3, error="no such file")).outcome is Outcome.FAILED


def test_inputs_that_a_later_event_leaves_out_stay() -> None:
    assert only(event(inputs=("sha256:b",)), event(1, 2)).inputs == ("sha256:b",)


def test_a_name_that_a_later_event_leaves_out_or_changes_stays() -> None:
    assert only(event(), event(1, name=""), event(1, 2, name="[other 1/2] RUN make")).name == STEP


def test_the_progress_group_stays() -> None:
    assert only(event(group="g"), event(1, 2)).group == "g"


def test_the_time_that_go_writes_for_none_is_none() -> None:
    found = build(
        event(5, 7),
        VertexEvent(digest="sha256:b", name="[3/3] RUN end", inputs=["sha256:a"], started=NEVER, completed=NEVER),
        StatusEvent(id="reading", vertex="sha256:a", timestamp=NEVER, started=NEVER, completed=NEVER),
    )
    assert (found.started_at, found.ended_at) == (BEGAN + 5, BEGAN + 7)
    assert [one.outcome for one in found.vertices] == [Outcome.EXECUTED, Outcome.SKIPPED]


def test_an_end_that_go_writes_for_none_is_none() -> None:
    one = only(VertexEvent(digest="sha256:a", name=STEP, started=at(1), completed=NEVER))
    assert (one.outcome, one.seconds) == (Outcome.CANCELLED, None)


def test_a_build_lasts_from_its_first_event_to_its_last() -> None:
    found = build(event(2, 3), status("sha256:1f", 3, 8), says(b"x"))
    assert (found.started_at, found.ended_at) == (BEGAN + 1, BEGAN + 8)


def test_a_build_without_an_error_is_completed() -> None:
    found = build(event(1, 2))
    assert (found.ending, found.error, found.notes) == (Ending.COMPLETED, "", ())


def test_a_step_that_runs_when_the_stream_ends_says_that_the_stream_is_cut() -> None:
    found = build(event(1), event(5, 6, digest="sha256:b", name="[other 1/1] RUN x"))
    assert found.ending is Ending.CUT
    assert found.notes == ("the log ends while [2/2] RUN make runs",)
    assert [(one.outcome, one.seconds) for one in found.vertices] == [(Outcome.CANCELLED, None), (Outcome.EXECUTED, 1)]


def test_a_last_step_that_never_begins_says_that_the_stream_is_cut() -> None:
    found = build(event(inputs=("sha256:b",)), event(1, 2, digest="sha256:b", name="[1/2] FROM debian"))
    assert (found.ending, found.notes) == (Ending.CUT, ("the log ends before [2/2] RUN make begins",))


def test_a_step_that_a_hit_below_makes_needless_does_not() -> None:
    found = build(event(), event(1, 1, digest="sha256:b", name="[2/3] RUN x", cached=True, inputs=("sha256:a",)))
    assert (found.ending, found.vertices[0].outcome) == (Ending.COMPLETED, Outcome.SKIPPED)


def test_what_still_runs_when_a_build_fails_says_nothing_of_the_stream() -> None:
    found = build(event(1), event(1, 2, digest="sha256:b", name="[other 1/1] RUN x", error="exit code: 1"))
    assert (found.ending, found.error, found.notes) == (Ending.FAILED, "exit code: 1", ())


def test_the_steps_that_a_failure_left_undone_are_skipped_and_not_cached() -> None:
    found = recorded("failed")
    assert found.ending is Ending.FAILED
    assert {one.name: one.outcome for one in found.vertices if one.name.startswith(("[stage-2", "[slow 4/4"))} == {
        "[stage-2 4/4] RUN echo end": Outcome.SKIPPED,
        "[stage-2 3/4] COPY --from=broken /made /made": Outcome.SKIPPED,
        "[stage-2 2/4] COPY --from=slow /never /never": Outcome.SKIPPED,
        "[slow 4/4] RUN echo never > /never": Outcome.SKIPPED,
    }


def test_a_sibling_of_a_failure_is_cancelled_and_its_log_is_not_kept() -> None:
    found = recorded("failed")
    broken, slow = of(found, "[broken 3/3]"), of(found, "[slow 3/4]")
    assert (broken.outcome, slow.outcome) == (Outcome.FAILED, Outcome.CANCELLED)
    assert broken.log == ("working", "no package swordfish-0451 found")
    assert slow.log == ()


@pytest.mark.parametrize(
    "name",
    [
        "importing cache manifest from localhost:5000/cache",
        "exporting cache to registry",
        "exporting to GitHub Actions Cache",
        "[web] importing cache manifest from localhost:5000/cache",
    ],
)
def test_a_cache_that_fails_does_not_fail_the_build(name: str) -> None:
    found = build(event(1, 2), event(1, 2, digest="sha256:b", name=name, error="not found"))
    assert (found.ending, found.error, found.vertices[1].error) == (Ending.COMPLETED, "", "not found")


def test_a_cache_export_that_must_not_fail_fails_the_build_by_the_word_of_buildx() -> None:
    failing = event(1, 2, digest="sha256:b", name="exporting cache to registry", error="denied")
    found = build(event(1, 2), failing, said="ERROR: failed to build: failed to solve: denied")
    assert (found.ending, found.error) == (Ending.FAILED, "failed to build: failed to solve: denied")


def test_a_cache_that_could_not_be_exported_leaves_the_recorded_build_completed() -> None:
    found = recorded("exported")
    assert found.ending is Ending.COMPLETED
    assert [one.outcome for one in found.vertices if "cache" in one.name] == [Outcome.FAILED, Outcome.FAILED]


def test_a_build_that_its_user_stopped_is_cancelled() -> None:
    found = build(event(1, 2, error="context canceled"), said="ERROR: failed to solve: Canceled: context canceled")
    assert (found.ending, found.error) == (Ending.CANCELLED, "failed to solve: Canceled: context canceled")


def test_a_build_that_buildx_says_nothing_of_is_cancelled_by_the_word_of_its_step() -> None:
    assert build(event(1, 2, error="context canceled")).ending is Ending.CANCELLED


def test_the_last_error_that_buildx_names_counts_and_its_other_words_do_not() -> None:
    gathering = Gathering()
    gathering.take(SolveStatus(vertexes=[event(1, 2)]))
    for line in ("ERROR: one", "------", "ERROR: two", "ERRORS: three"):
        gathering.say(line)
    found = gathering.observed()
    assert found is not None
    assert (found.ending, found.error) == (Ending.FAILED, "two")


def test_a_line_of_output_may_come_in_parts() -> None:
    one = only(event(1), says(b"two wo"), says(b"rds\r\n\n  \nlast"), event(1, 2, error="exit code: 1"))
    assert one.log == ("two words", "last")


def test_the_two_streams_of_output_do_not_run_into_each_other() -> None:
    parts = (says(b"out "), says(b"err\n", stream=2), says(b"put\n"))
    assert only(event(1), *parts, event(1, 2, error="exit code: 1")).log == ("err", "out put")


def test_of_a_long_log_the_last_lines_are_kept() -> None:
    lines = "\n".join(str(number) for number in range(100)).encode()
    assert only(event(1), says(lines), event(1, 2, error="x")).log == tuple(str(number) for number in range(80, 100))


@pytest.mark.parametrize("data", ["a", "é", "====", ""])
def test_output_that_is_no_base64_is_left_out(data: str) -> None:
    log = LogEvent(vertex="sha256:a", data=data)
    assert only(event(1), log, event(1, 2, error="x")).log == ()


INTERVALS = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)).map(lambda pair: (min(pair), max(pair))))


@given(INTERVALS)
def test_merged_intervals_cover_the_same_times_and_do_not_touch(intervals: list[tuple[float, float]]) -> None:
    found = merged(intervals)
    assert all(one[1] < other[0] for one, other in pairwise(found))
    for moment in (number / 2 for number in range(101)):
        assert any(begin <= moment <= end for begin, end in found) == any(b <= moment <= e for b, e in intervals)


@given(st.permutations([event(1, 2), event(4), event(4, 7), event(), event(9, 9, cached=True)]))
def test_the_order_of_a_vertex_own_events_does_not_matter(events: list[VertexEvent]) -> None:
    assert only(*events) == only(event(1, 2), event(4, 7), event(9, 9, cached=True))
