import itertools
from collections import defaultdict

import pytest
from hypothesis import given
from tests.records import build, step
from tests.summary.generated import records
from tests.summary.samples import AMD64, ARM64, EMPTY, montage, overhead, without_times

from layerwise.records import Outcome, Span
from layerwise.report.trace import trace_document

COLD = montage("now", "cold", 2, day=0)


def bars_of(record):
    return [event for event in trace_document(record)["traceEvents"] if event["ph"] == "X"]


def processes_of(record):
    events = trace_document(record)["traceEvents"]
    return {event["pid"]: event["args"]["name"] for event in events if event["name"] == "process_name"}


def test_each_platform_is_a_process_and_so_is_the_work_around_the_steps():
    assert list(processes_of(COLD).values()) == [AMD64, ARM64, "overheads"]


def test_a_step_is_a_bar_in_microseconds_with_what_is_known_of_it():
    bar = next(one for one in bars_of(COLD) if one["pid"] == 2 and one["args"].get("line") == 21)
    assert (bar["ts"], bar["dur"]) == (496_600_000, 88_500_000)
    assert bar["args"] == {
        "id": "stage-0:3",
        "line": 21,
        "platforms": [ARM64],
        "status": "executed",
        "size_bytes": 88_500_000,
        "error": "",
    }


def test_what_the_build_waited_for_has_a_category_and_a_colour():
    bars = {(one["pid"], one["args"].get("line")): one for one in bars_of(COLD)}
    assert (bars[2, 9]["cat"], bars[2, 9]["cname"]) == ("step,critical", "terrible")
    assert bars[1, 9]["cat"] == "step"
    assert "cname" not in bars[1, 9]


def test_what_platforms_share_stands_once():
    shared = [step(vertex="v", platform=name, seconds=4.0) for name in (AMD64, ARM64)]
    (bar,) = bars_of(build(*shared))
    assert (bar["pid"], bar["args"]["platforms"]) == (1, [AMD64, ARM64])


def test_fetching_after_a_hit_is_a_pull():
    (bar,) = bars_of(build(step(outcome=Outcome.CACHED, transfers=(Span(1, 3),))))
    assert (bar["cat"], bar["dur"]) == ("pull", 2_000_000)


def test_a_step_without_a_platform_has_a_process_of_its_own():
    record = build(step(platform=""), platforms=())
    assert list(processes_of(record).values()) == ["platform not known"]
    assert len(bars_of(record)) == 1


def test_what_runs_at_once_has_rows_of_its_own_and_what_follows_goes_back():
    record = build(
        step(number=2, start=0.0, seconds=4.0),
        step(number=3, start=1.0, seconds=1.0),
        step(number=4, start=2.0, seconds=1.0),
    )
    assert [(one["ts"], one["tid"]) for one in bars_of(record)] == [(0, 1), (1_000_000, 2), (2_000_000, 2)]


@pytest.mark.parametrize("record", [EMPTY, without_times(COLD)])
def test_a_log_without_times_has_names_and_no_bars(record):
    assert bars_of(record) == []
    assert trace_document(record)["otherData"]["build"] == record.id


def test_overheads_are_bars_by_kind():
    (bar,) = bars_of(build(overheads=(overhead("push", 1, 2, critical_s=2.0),)))
    assert (bar["name"], bar["cat"], bar["ts"], bar["dur"]) == ("push", "push,critical", 1_000_000, 2_000_000)


@given(records())
def test_bars_of_a_row_do_not_overlap_and_none_is_lost(record):
    rows = defaultdict(list)
    bars = bars_of(record)
    for bar in bars:
        rows[bar["pid"], bar["tid"]].append((bar["ts"], bar["ts"] + bar["dur"]))
    for row in rows.values():
        for (_, end), (start, _) in itertools.pairwise(row):
            assert end <= start
    spans = [span for one in record.distinct() for span in (*one.spans, *one.transfers)]
    spans += [span for one in record.overheads for span in one.spans]
    assert len(bars) == len(spans)
    total = sum(span.end_s - span.start_s for span in spans) * 1e6
    assert sum(bar["dur"] for bar in bars) == pytest.approx(total, abs=2 * len(spans))
    assert {bar["pid"] for bar in bars} <= set(processes_of(record))
