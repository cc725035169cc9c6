import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.records import build, step
from tests.report.builds import report, screen
from tests.summary.generated import records
from tests.summary.samples import ARM64, EMPTY, NOW, broken, montage, past, without_times

from layerwise.records import Ending, Outcome, Span
from layerwise.report.build_text import build_text
from layerwise.summary.compare import compare

COLD, CODE = montage("now", "cold", 2, day=0), montage("now", "code", 5, day=0)


def line_of(text: str, words: str) -> str:
    return next(line for line in text.splitlines() if words in line)


def test_a_bottleneck_has_seconds_by_platform_ratio_share_runs_and_what_mends_it():
    key = COLD.steps[2].key
    out = screen(build_text(report(COLD, mended={key: "tool-stage"})))
    assert line_of(out, "line  step").split() == (
        "line step time amd64 arm64* ratio of wall peak re-ran mended by".split()  # noqa: SIM905 - as it is shown
    )
    cells = line_of(out, "RUN npm install").split()
    assert " ".join(cells[-12:]) == "97.9 s 9.4 s 88.5 s 9.4x 12% 354 MB 2/12 tool-stage"
    assert "* ran under emulation" in out


def test_the_costliest_comes_first_with_the_longest_bar():
    lines = screen(build_text(report(COLD))).splitlines()
    start = next(index for index, line in enumerate(lines) if line.startswith("line  step"))
    bars = [line.count("█") for line in lines[start + 1 : start + 4]]
    assert bars == [10, 1, 1]
    assert "apt-get" in lines[start + 1]


def test_bars_are_plain_where_the_stream_knows_no_blocks():
    out = screen(build_text(report(COLD)), encoding="ascii")
    assert "  ##########  " in line_of(out, "  RUN apt-get")
    assert out.isascii()


def test_overheads_stand_in_the_same_table():
    out = screen(build_text(report(COLD)))
    assert line_of(out, "export of layers").endswith("25.4 s                              3%")
    assert "cache export" in out
    assert "context transfer" in out


def test_layers_have_hits_cost_saving_and_age():
    out = screen(build_text(report(CODE)))
    assert "Layers, last 12 builds on 2 platforms (seconds of the slowest)" in out
    row = " ".join(out.partition("Layers, ")[2].partition("RUN npm install")[2].split("\n")[0].split())
    assert row.endswith("22 of 24 91% 88.5 s 18 min 88 MB 41 days ago")
    assert "this build" in out


def test_a_layer_that_is_new_has_no_history_and_one_from_before_the_records_says_so():
    old = build(step("RUN old", outcome=Outcome.CACHED), id="old")
    new = build(
        step("RUN old", outcome=Outcome.CACHED),
        step("RUN new", number=3, outcome=Outcome.FAILED),
        step("RUN spared", number=4, outcome=Outcome.SKIPPED),
        id="new",
        ending=Ending.FAILED,
    )
    out = screen(build_text(report(new, (old, build(step("RUN spared", outcome=Outcome.SKIPPED), id="older")))))
    layers = out.partition("Layers, ")[2]
    assert line_of(layers, "RUN old").split()[-2:] == ["before", "records"]
    assert line_of(layers, "RUN new").split() == ["2", "RUN", "new", "?"]
    assert "not needed, 1 times" in line_of(layers, "RUN spared")
    assert " failed 1.0 s" in line_of(out, "  RUN new")


def test_builds_are_told_by_what_changed():
    out = screen(build_text(report(CODE)))
    assert line_of(out, "code  ").split()[-2:] == ["84%", "less"]


def test_one_build_alone_has_no_table_over_builds():
    out = screen(build_text(report(CODE, ())))
    assert "Layers" not in out
    assert "re-ran" not in out
    assert "what changed" not in out


def test_a_failed_build_shows_first_what_failed_and_why():
    first, *rest = screen(build_text(report(broken()))).splitlines()
    assert first == "Failed after 92.0 s on linux/arm64 at line 21: `RUN npm install -g sharp-cli@5.1.0`."
    assert rest[1] == '  process "/bin/sh -c npm install" did not complete successfully: exit code: 1'


def test_a_plain_log_without_times_has_no_share_of_the_wall_time():
    out = screen(build_text(report(without_times(COLD))))
    assert "of wall" not in out
    assert "the log has no times of day, so the critical path is not known" in out
    assert "stage and platform are read from BuildKit's names" in out


def test_a_step_that_platforms_share_has_its_seconds_once():
    both = [step("RUN make", vertex="v", seconds=7.0), step("RUN make", vertex="v", platform=ARM64, seconds=7.0)]
    assert line_of(screen(build_text(report(build(*both), ()))), "line").split() == [
        "line",
        "step",
        "time",
        "amd64",
        "arm64",
    ]
    assert line_of(screen(build_text(report(build(*both), ()))), "  RUN make").split()[-3:] == ["7.0", "s", "shared"]


def test_a_cut_table_says_what_is_left_out_and_what_of_it_is_not_known():
    steps = [step(f"RUN x{number}", number=number, seconds=20.0 - number) for number in range(2, 14)]
    out = screen(build_text(report(build(*steps, step("RUN y", number=20, duration_s=None)), ())))
    assert line_of(out, "4 more").endswith("24.0 s + ?")


def test_a_comparison_is_part_of_the_screen():
    out = screen(build_text(report(COLD), compare(past()[0], COLD)))
    assert "Against build code1 of 2026-05-27 20:26: 108 s -> 691 s, 6.4 times as long." in out
    assert "  argument TOKEN: another value, not shown" in out
    assert "hmac" not in out


@pytest.mark.parametrize("record", [EMPTY, broken(), replace(COLD, ending=Ending.CUT), without_times(COLD), build()])
@pytest.mark.parametrize("earlier", [(), past()])
def test_every_build_has_a_screen(record, earlier):
    assert screen(build_text(report(record, earlier), compare(record, CODE))).strip()


@pytest.mark.parametrize("width", [40, 60, 80, 100, 120, 200])
def test_it_fits_the_terminal_and_says_what_each_row_is_about(width):
    out = screen(build_text(report(COLD), compare(CODE, COLD)), width)
    assert max(map(len, out.splitlines())) <= width
    assert "RUN np" in out
    assert "564 s" in out


def test_markup_in_an_instruction_is_shown_as_it_is():
    out = screen(build_text(report(build(step("RUN [bold]x[/bold] :smile: [/no]", critical_s=1.0)), ())))
    assert "RUN [bold]x[/bold] :smile: [/no]" in out


def test_a_hit_that_is_dearer_than_a_run_is_marked():
    hit = step(outcome=Outcome.CACHED, transfers=(Span(0, 9),))
    out = screen(build_text(report(build(hit, id="now"), (build(step(seconds=0.001), id="old"),))))
    assert "cheaper to run than to pull" in out


@given(records(), st.lists(records(), max_size=2), records())
def test_nothing_of_a_record_is_obeyed_by_a_terminal(record, earlier, other):
    made = report(record, tuple(earlier), mended={"k1": "a\x1b[2J"}, now=NOW)
    out = screen(build_text(made, compare(other, record)))
    assert [char for char in out if char != "\n" and unicodedata.category(char) in ("Cc", "Cf")] == []
