from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.records import build, step
from tests.summary.generated import records
from tests.summary.samples import EMPTY, NOW, broken, montage, past, without_times

from layerwise.records import Place, Sources
from layerwise.summary.overview import report_of


def report(record, earlier=()):
    return report_of(record, earlier, {}, {}, NOW)


def test_the_build_itself_counts_once_even_where_it_is_among_the_earlier():
    record = montage("now", "code", 5, day=0)
    made = report(record, (record, *past()))
    assert made.builds == made.worth_of_all.builds == 1 + len(past())


def test_builds_of_another_dockerfile_target_or_project_are_left_out():
    def built(name, **made):
        return build(id=name, sources=Sources(**{"dockerfile": "Dockerfile", **made}))

    others = (
        built("same"),
        built("file", dockerfile="other"),
        built("target", target="final"),
        replace(built("project"), project="other"),
    )
    assert report(built("now"), others).builds == 2


def test_a_log_that_does_not_name_its_dockerfile_is_taken_for_the_same():
    assert report(montage("now", "code", 5, day=0), (without_times(montage("old", "cold", 2, day=1)),)).builds == 2


def test_builds_for_other_platforms_are_no_measure_of_a_change():
    both, one = montage("now", "code", 5, day=0), replace(montage("old", "cold", 2, day=1), platforms=("linux/amd64",))
    assert [change.kind for change in report(both, (one,)).changes] == ["code"]
    assert report(both, (one,)).builds == 2


def test_what_the_critical_path_explains_and_what_it_does_not_make_the_wall_time():
    made = report(montage("now", "cold", 2, day=0))
    assert made.explained == pytest.approx(made.record.explained_s / made.record.wall_s)
    assert made.unexplained_s + made.record.explained_s == pytest.approx(made.record.wall_s)


@pytest.mark.parametrize("record", [EMPTY, without_times(montage("now", "cold", 2, day=0))])
def test_without_times_nothing_is_explained_and_nothing_is_left_over(record):
    assert (report(record).explained, report(record).unexplained_s) == (None, None)


def test_a_build_that_failed_says_nothing_of_what_the_cache_is_worth():
    made = report(broken(), past())
    assert made.worth is None
    assert made.builds == len(past())


def test_steps_placed_by_name_are_marked():
    assert report(build(step(place=Place.NAME), step(number=3))).placed_by_name
    assert not report(build(step())).placed_by_name


@given(records(), st.lists(records(), max_size=3))
def test_everything_can_be_told_of_any_builds(record, earlier):
    made = report(record, earlier)
    assert made.explained is None or made.explained >= 0
    assert made.unexplained_s is None or made.unexplained_s >= 0
