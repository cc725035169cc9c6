import re
from dataclasses import replace

import pytest
from hypothesis import given
from tests.records import build, step
from tests.report.builds import report
from tests.summary.generated import records
from tests.summary.samples import EMPTY, broken, montage, past, without_times

from layerwise.records import Ending, Seen
from layerwise.report.build_markdown import build_markdown, compare_markdown
from layerwise.summary.compare import compare

COLD, CODE = montage("now", "cold", 2, day=0), montage("now", "code", 5, day=0)


def first_table(text: str) -> list[str]:
    lines = text.splitlines()
    start = next(index for index, line in enumerate(lines) if line.startswith("|"))
    end = next((index for index, line in enumerate(lines) if index > start and not line.startswith("|")), len(lines))
    return lines[start:end]


def test_the_comment_begins_with_the_sentence_and_the_costliest_steps():
    text = build_markdown(report(COLD))
    assert text.startswith("**691 s on 2 platforms, completed, no step cached; 71% of it is `RUN apt-get update ")
    head, rule, first, *_ = first_table(text)
    assert head == "| line | step | time | amd64 | arm64\\* | ratio | of wall | peak | re-ran |"
    assert rule == "|---:|---|---:|---:|---:|---:|---:|---:|---:|"
    assert first.startswith(
        "| 9 | `RUN apt-get update && apt-get install -y --no-install-recommends ffmpeg sox` | 564 s |"
    )
    assert len(first_table(text)) == 2 + 5 + 1


def test_what_is_not_short_is_folded_away():
    text = build_markdown(report(COLD))
    shown = re.sub(r"<details>.*?</details>", "", text, flags=re.DOTALL)
    assert len(shown.splitlines()) < 20
    titles = re.findall(r"<summary>(.*)</summary>", text)
    assert titles == [
        "All steps and overheads",
        "Layers, last 12 builds on 2 platforms (seconds of the slowest)",
        "Builds by what changed",
        "Cache, wall time, notes",
    ]
    assert "| code | 8 | 108 s | 60% | 96.8 s | 84% less |" in text


def test_a_table_of_few_rows_is_not_shown_twice():
    assert "All steps" not in build_markdown(report(build(step()), ()))


def test_a_failure_is_shown_with_its_error_as_code():
    text = build_markdown(report(broken()))
    assert text.startswith(
        "**Failed after 92.0 s on linux/arm64 at line 21: `RUN npm install -g sharp-cli@5.1.0`.**\n\n```\n"
    )
    assert "exit code: 1\n```\n" in text


def test_a_comparison_lists_what_moved_and_what_takes_other_seconds():
    text = compare_markdown(compare(past()[0], COLD))
    assert text.startswith(
        "Against build code1 of 2026-05-27 20:26: 108 s -&gt; 691 s, 6.4 times as long.\n- argument GIT"
    )
    assert "- argument TOKEN: another value, not shown" in text
    assert (
        "| 9 | `RUN apt-get update && apt-get install -y --no-install-recommends ffmpeg sox` | arm64 | cached | 495 s |"
        in text
    )
    assert compare_markdown(compare(past()[0], COLD)) in build_markdown(report(COLD), compare(past()[0], COLD))


def test_a_short_comparison_is_not_folded():
    text = compare_markdown(compare(build(step(seconds=9.0)), build(step(seconds=4.0))))
    assert "<details>" not in text
    assert "| 2 | `RUN make` | amd64 | 9.0 s | 4.0 s | -5.0 s |" in text


def test_builds_alike_have_a_comparison_of_one_sentence():
    assert compare_markdown(compare(COLD, COLD)) == "Against build now of 2026-05-28 20:26: 691 s -&gt; 691 s."


@pytest.mark.parametrize("record", [EMPTY, replace(COLD, ending=Ending.CUT), without_times(COLD), build()])
def test_every_build_has_a_comment(record):
    assert build_markdown(report(record, ())).startswith("**")


def test_words_of_others_are_no_markup():
    record = build(
        step("RUN echo '<b>' `x` | @me"), change=Seen(kind="code", evidence="<img src=x> @me #1"), notes=("[a](b)",)
    )
    text = build_markdown(report(record, ()))
    assert "`` RUN echo '<b>' `x` \\| @me ``" in text
    assert "&lt;img src=x&gt; @<!-- -->me #<!-- -->1" in text
    assert "\\[a\\](b)" in text


@given(records(), records())
def test_no_word_of_others_ends_a_table_or_a_fold(record, other):
    text = build_markdown(report(record, (other,)), compare(other, record))
    assert text.count("<details>") == text.count("</details>") == text.count("<summary>")
    for table in re.findall(r"(?:^\|.*\n?)+", text, flags=re.MULTILINE):
        widths = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}
        assert len(widths) == 1
