import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.records import digest

from layerwise.records import Outcome
from layerwise.report.build_words import Code, brief, did, instruction, label, overhead, shown, spoken, sum_of
from layerwise.report.units import age, moment, share, size
from layerwise.summary.bottlenecks import BASE, PULL, STEP, Cell, Row
from layerwise.summary.totals import Total


@pytest.mark.parametrize(
    ("value", "told"),
    [(0, "0%"), (0.004, "<1%"), (0.01, "1%"), (0.29, "29%"), (0.71, "71%"), (0.999, "99%"), (1, "100%")],
)
def test_a_share_is_cut_so_that_it_claims_no_more_than_is_true(value, told):
    assert share(value) == told


@given(st.integers(0, 100))
def test_a_whole_share_is_itself(percent):
    assert share(percent / 100) == f"{percent}%"


@pytest.mark.parametrize(
    ("value", "told"),
    [(3.0, "3.0 s"), (600, "10 min"), (86_400, "24.0 h"), (41 * 86_400, "41 days"), (2 * 86_400, "2 days")],
)
def test_an_age_is_told_in_the_unit_that_tells_most(value, told):
    assert age(value) == told


@pytest.mark.parametrize(
    ("value", "told"), [(0, "0 B"), (999, "999 B"), (1_200_000, "1.2 MB"), (12_000, "12 kB"), (2_300_000_000, "2.3 GB")]
)
def test_bytes_are_told_in_decimal_units(value, told):
    assert size(value) == told


def test_a_moment_is_a_date_and_time_of_day():
    assert moment(0.0) == "1970-01-01 00:00"
    assert moment(None) == "?"


def test_mounts_digests_and_the_default_registry_say_nothing_of_an_instruction():
    assert instruction("RUN --mount=type=cache,target=/c --network=none npm ci") == Code("RUN npm ci")
    assert instruction(f"FROM docker.io/library/debian:12@{digest('x')}") == Code("FROM debian:12")
    assert instruction("COPY --link a b") == Code("COPY --link a b")


def test_an_instruction_is_cut_and_on_one_line_without_what_a_terminal_would_obey():
    assert instruction("RUN a\n\x1b[31m b", 8).text == "RUN a \N{REPLACEMENT CHARACTER}…"


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (STEP, "RUN x"),
        (PULL, "pull of RUN x"),
        (BASE, "RUN x"),
        ("cache-export", "cache export"),
        ("new\x1b", "new\ufffd"),
    ],
)
def test_rows_are_named(kind, told):
    assert shown(label(Row(kind=kind, instruction="RUN x", cells=()))) == told


@given(st.text(max_size=60), st.integers(16, 60), st.sampled_from([STEP, PULL, "context", "other"]))
def test_a_name_keeps_to_its_width(text, width, kind):
    assert len(shown(label(Row(kind=kind, instruction=text, cells=()), width))) <= width


def test_an_unknown_overhead_is_called_as_it_is():
    assert overhead("sbom") == "sbom"


def test_code_has_marks_in_a_sentence_and_none_in_a_table():
    words = ("a ", Code("RUN x"), " b")
    assert (spoken(words), shown(words)) == ("a `RUN x` b", "a RUN x b")


def test_a_platform_is_called_without_linux():
    assert [brief(name) for name in ("linux/arm64", "windows/amd64", "")] == ["arm64", "windows/amd64", "?"]


@pytest.mark.parametrize(
    ("total", "told"),
    [
        (Total(), ""),
        (Total(seconds=2.0, known=1), "2.0 s"),
        (Total(seconds=2.0, known=1, unknown=1), "2.0 s + ?"),
        (Total(unknown=2), "?"),
    ],
)
def test_a_sum_says_what_it_lacks(total, told):
    assert sum_of(total) == told


@pytest.mark.parametrize(
    ("outcome", "seconds", "told"),
    [
        (Outcome.EXECUTED, 2.0, "2.0 s"),
        (Outcome.EXECUTED, None, "?"),
        (Outcome.CACHED, None, "cached"),
        (Outcome.CACHED, 2.0, "2.0 s"),
        (Outcome.SKIPPED, None, "skipped"),
        (Outcome.FAILED, 2.0, "failed 2.0 s"),
        (Outcome.CANCELLED, None, "cancelled"),
        (None, 2.0, "2.0 s"),
    ],
)
def test_a_cell_says_what_became_of_the_step(outcome, seconds, told):
    assert did(Cell(outcome=outcome, seconds=seconds)) == told
