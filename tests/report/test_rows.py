from tests.analyses import analysis_of
from tests.report.projects import DOCKERFILE

from layerwise.model.priors import priors
from layerwise.plan import plan
from layerwise.records import Basis
from layerwise.report.rows import scenario_rows, step_rows

BOTH = ("linux/amd64", "linux/arm64")


def test_each_step_has_one_row_with_the_seconds_of_each_platform():
    rows = step_rows(analysis_of(DOCKERFILE, platforms=BOTH))
    assert sorted(row.line for row in rows) == [3, 4, 5, 6, 7, 8]
    apt = next(row for row in rows if row.line == 3)
    native, emulated = apt.seconds
    assert emulated > 2 * native > 0


def test_the_step_that_loses_most_stands_first():
    losses = [row.lost_s for row in step_rows(analysis_of(DOCKERFILE))]
    assert losses == sorted(losses, reverse=True)
    assert losses[0] > 0


def test_a_base_image_is_no_row():
    assert step_rows(analysis_of("FROM scratch\n")) == ()


def test_a_step_that_nobody_knows_has_no_seconds():
    (row,) = step_rows(analysis_of("FROM debian\nRUN ./configure\n"))
    assert (row.seconds, row.basis) == ((None,), Basis.UNKNOWN)


def test_a_step_of_one_platform_has_no_seconds_on_the_other():
    text = "FROM debian AS for-amd64\nRUN mkdir /a\nFROM debian AS for-arm64\nRUN mkdir /b\nFROM for-$TARGETARCH\n"
    rows = {row.line: row for row in step_rows(analysis_of(text, platforms=BOTH))}
    assert [second is None for second in rows[2].seconds] == [False, True]
    assert [second is None for second in rows[4].seconds] == [True, False]


def test_a_step_on_each_commit_runs_as_often_as_there_are_commits():
    rows = {row.line: row for row in step_rows(analysis_of(DOCKERFILE))}
    assert rows[3].reruns == 3  # the argument above it changes on every build
    assert rows[4].reruns == 3


def test_what_two_platforms_lose_is_added_up():
    (alone, both) = (
        next(row.lost_s for row in step_rows(analysis_of(DOCKERFILE, platforms=platforms)) if row.line == 3)
        for platforms in (BOTH[:1], BOTH)
    )
    assert both > 2 * alone


def test_each_scenario_has_its_seconds_before_and_after_by_platform():
    rows = {row.name: row for row in scenario_rows(plan(analysis_of(DOCKERFILE, platforms=BOTH)))}
    assert list(rows)[:2] == ["cold", "unchanged"]
    for before, after in rows["args"].seconds:
        assert after < before
    fixed = priors().fixed_s
    assert rows["unchanged"].seconds == ((fixed, fixed), (fixed, fixed))
