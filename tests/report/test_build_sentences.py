from dataclasses import replace

import pytest
from tests.records import build, step
from tests.report.builds import report
from tests.summary.samples import ARM64, EMPTY, broken, montage, overhead, without_times

from layerwise.records import Ending, Outcome, Place
from layerwise.report.build_sentences import (
    explained,
    failure,
    footnotes,
    headline,
    layers_title,
    notes,
    worth_sentences,
)
from layerwise.report.build_words import spoken


def said(record, earlier=()):
    return spoken(headline(report(record, earlier)))


def test_the_first_sentence_says_where_the_time_went():
    assert said(montage("now", "code", 5, day=0)) == (
        "108 s on 2 platforms, completed, 6 of 10 steps cached; 71% of it is `RUN pip install --no-cache-dir "
        "-r requirements.txt` on linux/arm64, which ran under emulation (4.0x amd64)."
    )


def test_for_one_platform_it_names_that_and_no_ratio():
    record = build(step("RUN make", seconds=8.0, critical_s=8.0), wall_s=10.0)
    assert said(record) == "10.0 s on linux/amd64, completed, no step cached; 80% of it is `RUN make`."


def test_where_everything_was_cached_it_says_so_and_names_the_overhead():
    record = build(
        step(outcome=Outcome.CACHED), wall_s=2.0, overheads=(overhead("cache-import", 0, 1, critical_s=1.0),)
    )
    assert said(record) == "2.0 s on linux/amd64, completed, all of 1 step cached; 50% of it is cache import."


def test_what_platforms_share_is_told_of_each():
    shared = [step(vertex="v", critical_s=1.0), step(vertex="v", platform=ARM64, critical_s=1.0)]
    assert said(build(*shared)).endswith("; 100% of it is `RUN make` on linux/amd64 and linux/arm64.")


def test_platforms_that_take_about_the_same_have_no_ratio():
    record = build(step(seconds=1.0), step(platform=ARM64, seconds=1.1, critical_s=1.1))
    assert said(record).endswith(" is `RUN make` on linux/arm64.")


def test_a_failure_comes_first_with_its_line_and_instruction():
    record = broken()
    assert said(record) == "Failed after 92.0 s on linux/arm64 at line 21: `RUN npm install -g sharp-cli@5.1.0`."
    assert failure(record) == 'process "/bin/sh -c npm install" did not complete successfully: exit code: 1'


def test_a_failure_outside_of_the_steps_names_the_work():
    record = build(
        step(), wall_s=3.0, ending=Ending.FAILED, error="denied", overheads=(overhead("push", 1, 1, error="denied"),)
    )
    assert said(record) == "Failed after 3.0 s on linux/amd64: push."
    assert failure(record) == "denied"
    assert said(replace(record, overheads=())) == "Failed after 3.0 s on linux/amd64."


def test_an_error_is_one_line_without_what_a_terminal_would_obey():
    assert failure(build(ending=Ending.FAILED, error="a\nb\x1b[2J")) == "a b\N{REPLACEMENT CHARACTER}[2J"


@pytest.mark.parametrize(
    ("ending", "begins"),
    [
        (Ending.CANCELLED, "Cancelled after 691 s on 2 platforms; 71% "),
        (Ending.CUT, "The log ends in the middle, after 691 s"),
    ],
)
def test_a_build_that_did_not_complete_says_how_far_it_came(ending, begins):
    assert said(replace(montage("now", "cold", 2, day=0), ending=ending)).startswith(begins)


def test_without_times_work_takes_the_place_of_wall_time():
    told = said(without_times(montage("now", "cold", 2, day=0)))
    assert told.startswith(
        "Completed on 2 platforms, no step cached; the log does not say how long it took; 61% of 799 s of work is "
    )


def test_where_some_work_is_not_known_no_share_of_it_is_claimed():
    record = replace(build(step(seconds=8.0), step(number=3, duration_s=None)), wall_s=None)
    assert said(record).endswith("; 8.0 s of 8.0 s + ? of work is `RUN make`.")


def test_an_empty_log_is_a_sentence_too():
    assert said(EMPTY) == "The log ends in the middle."
    assert said(replace(EMPTY, ending=Ending.COMPLETED)) == "Completed; the log does not say how long it took."
    assert said(build()) == "0.0 s, completed."


def test_what_the_critical_path_leaves_over_is_said():
    assert explained(report(montage("now", "cold", 2, day=0))) == (
        "Critical path (of wall): steps and overheads on it account for 99% of 691 s; 2.6 s lie between vertices."
    )
    assert explained(report(without_times(montage("now", "cold", 2, day=0)))) == ""
    assert explained(report(build(step(critical_s=1.0), wall_s=0.01))) == ""
    assert explained(report(build(step(critical_s=1.0)))).endswith(" account for 100% of 1.0 s.")


def test_the_caches_worth_is_told_for_the_build_and_the_last_ones():
    this, last, disk = worth_sentences(report(montage("now", "code", 5, day=0), disk_bytes=2_300_000_000))
    assert this == "Cache, this build: saved 11 min of work; import and pulls took 1.1 s, export 12.7 s: net +11 min."
    assert last.startswith("Cache, last 12 builds: saved 2.1 h of work; ")
    assert disk == "Cache on disk: 2.3 GB."


def test_a_saving_that_is_known_in_part_is_at_least_that():
    record = build(step(outcome=Outcome.CACHED), step("RUN new", number=3, outcome=Outcome.CACHED), id="now")
    (this, _) = worth_sentences(report(record, (build(step(seconds=9.0), id="old"),)))
    assert this == (
        "Cache, this build: saved at least 9.0 s of work, 1 cached step never seen to run not counted; "
        "import and export took no time: net +9.0 s."
    )


def test_a_saving_that_nobody_knows_is_no_figure():
    (this,) = worth_sentences(report(build(step(outcome=Outcome.CACHED)), ()))
    assert this.startswith("Cache, this build: what it saved is not known (1 cached step never seen to run); ")


def test_a_cache_that_costs_more_than_it_saves_has_a_net_below_nothing():
    record = build(step(outcome=Outcome.CACHED), id="now", overheads=(overhead("cache-export", 0, 30),))
    assert next(worth_sentences(report(record, (build(step(seconds=9.0), id="old"),)))).endswith("net -21.0 s.")
    (nothing,) = worth_sentences(report(build(step()), ()))
    assert nothing == "Cache, this build: nothing was cached; import and export took no time."


def test_a_failed_cache_import_is_noted_though_the_build_completed():
    twice = (overhead("cache-import", 0, 1, error="not found\x07"),) * 2
    record = build(step(), overheads=twice, notes=("a\x1bb",))
    assert list(notes(report(record))) == ["cache import failed: not found\ufffd", "a\ufffdb"]


def test_the_footnotes_explain_only_what_is_shown():
    assert list(footnotes(report(build(step(critical_s=1.0))))) == []
    told = list(footnotes(report(build(step(emulated=True, duration_s=None, place=Place.NAME)))))
    assert [note.partition(" ")[0] for note in told] == ["*", "the", "?:", "stage"]


def test_a_build_that_failed_says_that_hit_rates_do_not_count_it():
    assert "not counted in hit rates: only completed builds are" in list(notes(report(broken())))


def test_the_table_of_layers_says_what_it_is_over():
    assert layers_title(report(build(step()), ())) == "Layers, last 1 build"
    assert layers_title(report(broken())) == "Layers, last 11 builds on 2 platforms (seconds of the slowest)"
