from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.analyses import analysis_of
from tests.report.projects import DOCKERFILE

from layerwise.analysis import analyse
from layerwise.model.change import Change
from layerwise.plan import plan
from layerwise.report.phrases import commit_name, expectation, footnotes, reruns, reruns_header
from layerwise.report.units import cut, duration, seconds

MIX = (Change("nothing", weight=0.25), Change("source", frozenset({"app/main.py"}), weight=0.75))


def typical(text: str):
    counted = analysis_of(text)
    return analyse(counted.dockerfile, replace(counted.facts, commits=MIX))


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.0, "0.0 s"), (0.04, "0.0 s"), (6.8, "6.8 s"), (99.94, "99.9 s"), (100, "100 s"), (7154.4, "7154 s")],
)
def test_seconds_have_three_digits_that_mean_something(value, shown):
    assert seconds(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(119, "119 s"), (120, "2 min"), (7140, "119 min"), (7200, "2.0 h"), (32486, "9.0 h")]
)
def test_long_times_are_minutes_and_hours(value, shown):
    assert duration(value) == shown


@given(st.text(), st.integers(1, 60))
def test_a_text_is_cut_to_the_width_and_says_so(text, width):
    shown = cut(text, width)
    assert len(shown) <= width
    assert shown == text or (shown.endswith("…") and text.startswith(shown[:-1]))


def test_commits_are_counted_and_a_typical_mix_is_shared_out():
    counted, mixed = analysis_of(DOCKERFILE), typical(DOCKERFILE)
    assert (reruns_header(counted), reruns(counted, 2)) == ("re-ran, of 3", "2")
    assert (reruns_header(mixed), reruns(mixed, 0.75)) == ("re-runs", "75%")
    assert commit_name(counted, counted.facts.commits[0]) == "0" * 10
    assert commit_name(mixed, MIX[1]) == "source (75%)"


def test_one_commit_is_counted_too():
    assert reruns_header(analysis_of(DOCKERFILE, commits=[["app/main.py"]])) == "re-ran, of 1"


def test_footnotes_explain_only_what_is_shown():
    assert [note.partition(":")[0] for note in footnotes(analysis_of(DOCKERFILE))] == ["prior", "?"]
    assert [note.partition(":")[0] for note in footnotes(analysis_of("FROM debian\nCOPY app /app\n"))] == ["prior"]


def test_the_expectation_names_commits_basis_and_what_the_switch_costs():
    made = plan(analysis_of(DOCKERFILE))
    before, after, rest = expectation(made)
    assert before == f"Expected build over the last 3 commits: {seconds(made.before.expected_s())} now, "
    assert after.startswith(f"{seconds(made.after.expected_s())} after, ")
    assert rest == f" (prior). The switch itself costs {seconds(made.switch_cost_s)} once."


def test_the_expectation_of_a_typical_mix_says_so():
    assert expectation(plan(typical(DOCKERFILE)))[0].startswith("Expected build over a typical mix of commits: ")


def test_where_nothing_changes_only_one_figure_is_named():
    told = "".join(expectation(plan(analysis_of("FROM debian\nCOPY app /app\n", commits=[["app/main.py"]]))))
    assert told == "Expected build over the last commit: 0.3 s (prior); no rewrite to apply."
