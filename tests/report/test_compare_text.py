from dataclasses import replace

import pytest
from tests.records import build, step
from tests.report.builds import screen
from tests.summary.samples import AMD64, overhead

from layerwise.records import Ending, Outcome, Sources, Span
from layerwise.report.compare_text import compare_text
from layerwise.summary.compare import compare


def text(before, after):
    return screen(compare_text(compare(before, after)))


def cells(before, after):
    (line,) = text(build(before, platforms=()), build(after, platforms=())).splitlines()[3:]
    return line.split("RUN make")[1].split()


@pytest.mark.parametrize(
    ("before_s", "after_s", "told"),
    [
        (10.0, 20.0, "10.0 s -> 20.0 s, 2.0 times as long."),
        (10.0, 15.0, "10.0 s -> 15.0 s, 50% more."),
        (10.0, 1.0, "10.0 s -> 1.0 s, 90% less."),
        (10.0, 10.0, "10.0 s -> 10.0 s."),
        (0.0, 10.0, "0.0 s -> 10.0 s."),
    ],
)
def test_the_first_sentence_says_how_long_both_took(before_s, after_s, told):
    assert text(build(wall_s=before_s), build(wall_s=after_s)).startswith(
        f"Against build b1 of 1970-01-12 13:46: {told}\n"
    )


def test_what_is_not_known_is_no_difference():
    assert text(replace(build(), wall_s=None, started_at=None), build(wall_s=3.0)) == "Against build b1: ? -> 3.0 s.\n"


def test_steps_that_came_and_went_are_counted_and_shown():
    out = text(build(step("RUN a", number=2)), build(step("RUN b", number=3)))
    assert "; steps that came: 1, that went: 1." in out
    assert out.count("not there") == 2


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        (step(seconds=9.0), step(outcome=Outcome.CACHED), "amd64 9.0 s cached -9.0 s"),
        (step(seconds=9.0), step(outcome=Outcome.CACHED, transfers=(Span(0, 2),)), "amd64 9.0 s pull 2.0 s -7.0 s"),
        (step(outcome=Outcome.CACHED), step(outcome=Outcome.FAILED, seconds=3.0), "amd64 cached failed 3.0 s +3.0 s"),
        (step(outcome=Outcome.CACHED), step(duration_s=None), "amd64 cached ? ?"),
        (step(seconds=9.0), step(outcome=Outcome.CANCELLED, duration_s=None), "amd64 9.0 s cancelled ?"),
    ],
)
def test_a_step_shows_what_became_of_it_in_both(before, after, shown):
    assert cells(before, after) == shown.split()


def test_what_hardly_differs_is_not_shown():
    assert "RUN make" not in text(build(step(seconds=9.0)), build(step(seconds=9.04)))


def test_overheads_that_differ_stand_among_the_steps():
    out = text(build(step(seconds=1.0), overheads=(overhead("push", 1, 9),)), build(step(seconds=3.0)))
    assert [line.split()[0] for line in out.splitlines()[3:]] == ["push", "2"]
    assert "9.0 s   none  -9.0 s" in out


def test_inputs_that_moved_are_sentences():
    before = build(
        sources=Sources(commit="a" * 40, bases=(("debian", "sha256:" + "b" * 64),), dirty=(), arguments=(("A", "1"),))
    )
    after = build(
        sources=Sources(
            commit="a" * 40, bases=(("node", "sha256:" + "c" * 64),), dirty=(("x.py", "1"),), target="final"
        ),
        builder="",
    )
    assert [line.strip() for line in text(before, after).splitlines()[1:]] == [
        "argument A: only before, 1",
        "base debian: only before, bbbbbbbbbbbb",
        "base node: only after, cccccccccccc",
        "target: none -> final",
        "file x.py: only after",
    ]
    assert "file x.py: other content" in text(
        after, replace(after, sources=replace(after.sources, dirty=(("x.py", "2"),)))
    )


def test_names_and_values_are_not_obeyed_by_a_terminal():
    def built(value):
        return build(step(f"RUN {value}"), sources=Sources(arguments=((f"A{value}", value),)))

    assert "\x1b" not in text(built("\x1b[2J"), built("\x1b[3J"))


def test_a_failed_build_can_be_compared():
    skipped = build(step(outcome=Outcome.SKIPPED), ending=Ending.FAILED, platforms=(AMD64,))
    assert "skipped" in text(build(step(seconds=9.0)), skipped)
