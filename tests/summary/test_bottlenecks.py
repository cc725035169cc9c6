import pytest
from hypothesis import given
from tests.records import build, step
from tests.summary.generated import records
from tests.summary.samples import AMD64, ARM64, montage, overhead

from layerwise.records import Outcome, Span
from layerwise.summary.bottlenecks import BASE, PULL, STEP, bottlenecks


def rows_of(*steps, **rest):
    return bottlenecks(build(*steps, **rest)).rows


def test_an_instruction_is_one_row_with_a_cell_a_platform():
    (row,) = rows_of(step("RUN npm ci", seconds=9.4), step("RUN npm ci", platform=ARM64, seconds=88.5))
    assert (row.kind, row.line, row.instruction) == (STEP, 2, "RUN npm ci")
    assert [cell.platforms for cell in row.cells] == [(AMD64,), (ARM64,)]
    assert row.seconds.seconds == pytest.approx(97.9)
    assert row.on(ARM64)[0].seconds == 88.5


def test_the_costliest_comes_first_then_what_nobody_knows_then_what_took_nothing():
    rows = rows_of(
        step("RUN a", number=2, outcome=Outcome.CACHED),
        step("RUN b", number=3, seconds=1.0),
        step("RUN c", number=4, duration_s=None),
        step("RUN d", number=5, seconds=7.0),
    )
    assert [row.instruction for row in rows] == ["RUN d", "RUN b", "RUN c", "RUN a"]


def test_what_platforms_share_stands_in_one_cell_and_counts_once():
    table = bottlenecks(
        build(
            step(vertex="v", seconds=5.0, critical_s=5.0), step(vertex="v", platform=ARM64, seconds=5.0, critical_s=5.0)
        )
    )
    ((cell,),) = [row.cells for row in table.rows]
    assert cell.platforms == (AMD64, ARM64)
    assert (table.work.seconds, table.rows[0].critical_s) == (5.0, 5.0)


def test_what_two_stages_share_counts_once():
    table = bottlenecks(build(step(vertex="v", stage="a", seconds=5.0), step(vertex="v", stage="b", seconds=5.0)))
    assert table.work.seconds == 5.0
    assert [row.stage for row in table.rows] == ["a"]


def test_a_ratio_is_to_the_first_native_platform():
    (row,) = rows_of(
        step(platform=ARM64, seconds=88.5, emulated=True), step(platform=AMD64, seconds=9.4, emulated=False)
    )
    assert [cell.ratio for cell in row.cells] == [pytest.approx(9.41, abs=0.01), 1.0]
    assert row.reference() is row.on(AMD64)[0]


def test_where_nobody_knows_what_is_native_a_ratio_is_to_the_fastest():
    (row,) = rows_of(step(seconds=4.0, emulated=None), step(platform=ARM64, seconds=2.0, emulated=None))
    assert [cell.ratio for cell in row.cells] == [2.0, 1.0]


@pytest.mark.parametrize(
    "other",
    [
        step(platform=ARM64, outcome=Outcome.CACHED),
        step(platform=ARM64, outcome=Outcome.FAILED, seconds=3.0),
        step(platform=ARM64, duration_s=None),
    ],
)
def test_there_is_no_ratio_to_what_did_not_run_to_its_end_in_a_known_time(other):
    (row,) = rows_of(step(seconds=4.0), other)
    assert [cell.ratio for cell in row.cells] == [None, None]
    assert row.reference() is None


def test_nothing_takes_a_multiple_of_no_time():
    (row,) = rows_of(step(seconds=0.0), step(platform=ARM64, seconds=2.0, emulated=True))
    assert [cell.ratio for cell in row.cells] == [None, None]


def test_fetching_after_a_hit_is_a_row_of_its_own_and_the_step_has_no_seconds():
    pull, cached = rows_of(step(outcome=Outcome.CACHED, transfers=(Span(1, 4), Span(5, 6)), critical_s=3.0, size=7))
    assert (pull.kind, pull.seconds.seconds, pull.critical_s, pull.cells[0].size_bytes) == (PULL, 4.0, 3.0, 7)
    assert (cached.kind, cached.seconds.value, cached.critical_s) == (STEP, 0.0, 0.0)
    assert cached.cells[0].seconds is None
    assert cached.cells[0].outcome is Outcome.CACHED


def test_a_base_is_pulled_by_its_from():
    (row,) = rows_of(step("FROM debian", number=1, outcome=Outcome.CACHED, transfers=(Span(0, 3),), critical_s=2.0))
    assert (row.kind, row.seconds.seconds, row.critical_s) == (BASE, 3.0, 2.0)


def test_overheads_of_a_kind_are_one_row_and_a_size_is_the_sum_only_where_all_are_known():
    context, other = rows_of(
        overheads=(
            overhead("context", 0, 1, size_bytes=5),
            overhead("context", 1, 2, size_bytes=6, critical_s=2.0),
            overhead("push", 2, 1, size_bytes=5),
            overhead("push", 2, 1),
        )
    )
    assert (context.kind, context.seconds.seconds, context.critical_s, context.cells[0].size_bytes) == (
        "context",
        3,
        2,
        11,
    )
    assert (other.kind, other.cells[0].size_bytes, other.cells[0].platforms) == ("push", None, ())


def test_shares_are_of_the_wall_time_and_of_all_work():
    table = bottlenecks(
        build(step(seconds=8.0, critical_s=8.0), step(platform=ARM64, seconds=8.0), overheads=(overhead("push", 8, 2),))
    )
    assert table.wall_share(table.rows[0].critical_s) == 1.0
    assert table.work_share(8.0) == pytest.approx(8 / 18)


def test_without_a_critical_path_there_is_no_share_of_the_wall_time():
    table = bottlenecks(build(step(seconds=8.0), wall_s=10.0))
    assert table.wall_s is None
    assert table.wall_share(0.0) is None


def test_where_a_part_of_the_work_is_not_known_nobody_knows_shares_of_it():
    table = bottlenecks(build(step(seconds=8.0), step(number=3, outcome=Outcome.CANCELLED, duration_s=None)))
    assert (table.work.seconds, table.work.unknown) == (8.0, 1)
    assert table.work_share(8.0) is None


def test_steps_without_a_number_are_told_apart_by_line_and_key():
    rows = rows_of(step("RUN a", number=0, vertex="1"), step("RUN b", number=0, vertex="2"))
    assert [row.instruction for row in rows] == ["RUN a", "RUN b"]


def test_processor_time_and_memory_are_those_of_the_step():
    row = next(row for row in bottlenecks(montage("b", "cold", 2, day=0)).rows if row.line == 21)
    cell = row.on(ARM64)[0]
    assert cell.cpu_s == pytest.approx(88.5 * 0.9)
    assert cell.peak_memory_bytes == 354_000_000


@given(records())
def test_critical_seconds_are_all_there_and_nothing_counts_twice(record):
    table = bottlenecks(record)
    once = {one.vertex: one.critical_s for one in reversed(record.steps)}
    expected = sum(once.values()) + sum(one.critical_s for one in record.overheads)
    assert sum(row.critical_s for row in table.rows) == pytest.approx(expected)
    rows = [row for row in table.rows if row.kind in (STEP, BASE)]
    assert sum(len(row.cells) for row in rows) == len({one.vertex for one in record.steps})
