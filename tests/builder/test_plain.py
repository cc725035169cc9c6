from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerwise.builder.observed import Observed, Vertex
from layerwise.builder.plain import read_plain
from layerwise.records import Ending, Outcome

BUILDER = '#0 building with "maker" instance using docker driver\n\n'
DEFINITION = """\
#1 [internal] load build definition from Dockerfile
#1 transferring dockerfile: 412B done
#1 DONE 0.0s

"""
COMPLETED = f"""\
{BUILDER}{DEFINITION}#2 [tools 1/2] FROM example/alpine:3@sha256:0a1b
#2 resolve example/alpine:3@sha256:0a1b 0.1s done
#2 CACHED

#3 [internal] load build context
#3 transferring context: 1.25MB 0.3s done
#3 DONE 0.4s

#4 [stage-1 2/3] RUN make all
#4 0.201 cc -c main.c
#4 0.934 cc -c tree.c
#4 ...

#5 [tools 2/2] RUN ./generate
#5 0.104 #9 [1/1] RUN nested
#5 0.105 #9 DONE 7.0s
#5 12.40 ok
#5 DONE 12.5s

#4 [stage-1 2/3] RUN make all
#4 13.07 cc -o app
#4 DONE 13.2s

#6 [stage-1 3/3] COPY --from=tools /out /out
#6 CACHED

#6 [stage-1 3/3] COPY --from=tools /out /out
#6 sha256:77aa 2.00MB / 3.00MB 0.2s
#6 sha256:77aa 3.00MB / 3.00MB 0.3s done
#6 extracting sha256:77aa 0.1s done
#6 DONE 0.5s

#7 exporting to image
#7 exporting layers
#7 exporting layers 1.5s done
#7 DONE 1.9s
"""
FAILED = f"""\
{BUILDER}{DEFINITION}#2 [a 1/2] RUN ./slow
#2 ...

#3 [b 1/2] RUN ./broken
#3 0.310 trying
#3 0.402 no luck
#3 ERROR: process "/bin/sh -c ./broken" did not complete successfully: exit code: 2

#2 [a 1/2] RUN ./slow
#2 0.100 step one
#2 CANCELED
------
 > [b 1/2] RUN ./broken:
0.310 trying
0.402 no luck
------
Dockerfile:4
--------------------
   3 |     FROM base AS b
   4 | >>> RUN ./broken
--------------------
ERROR: failed to build: failed to solve: process "/bin/sh -c ./broken" did not complete successfully: exit code: 2
"""
OUTCOMES = {
    "1": ("executed", 0.0),
    "2": ("cached", None),
    "3": ("executed", 0.4),
    "4": ("executed", 13.2),
    "5": ("executed", 12.5),
    "6": ("cached", None),
    "7": ("executed", 1.9),
}
START = datetime(2025, 9, 29, 18, 6, 43, 250000, tzinfo=UTC)

Stamp = Callable[[datetime], str]


def lines_of(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def read(text: str) -> tuple[Observed, ...]:
    return read_plain(lines_of(text))


def only(text: str) -> Observed:
    (observed,) = read(text)
    return observed


def vertex(observed: Observed, number: int) -> Vertex:
    return next(one for one in observed.vertices if one.digest == str(number))


def outcomes(observed: Observed) -> dict[str, tuple[str, float | None]]:
    return {one.digest: (one.outcome.value, one.seconds) for one in observed.vertices}


def stamped(text: str, stamp: Stamp) -> list[str]:
    return [stamp(START + timedelta(seconds=at)) + line for at, line in enumerate(lines_of(text))]


def fraction(digits: int) -> Stamp:
    return lambda time: f"{time:%Y-%m-%dT%H:%M:%S}.{f'{time:%f}000'[:digits]}Z "


STAMPS: dict[str, Stamp] = {
    "GitHub Actions": fraction(7),
    "no fraction": lambda time: f"{time:%Y-%m-%dT%H:%M:%S}Z ",
    "gh run view --log": lambda time: "build\tRun docker build\t" + fraction(7)(time),
    "gh run view --log, each line marked": lambda time: "build\tUNKNOWN STEP\t\ufeff" + fraction(7)(time),
    "GitLab": lambda time: fraction(6)(time) + "01E ",
    "GitLab without stamps": lambda time: "",
    "GitLab's first line of a section": lambda time: f"section_start:{time:%s}:step_script\r\x1b[0K\x1b[0;m",
    "Jenkins": lambda time: f"[{time:%Y-%m-%dT%H:%M:%S}.250Z] ",
    "Jenkins's clock": lambda time: f"{time:%H:%M:%S}  ",
    "another zone": lambda time: f"{time + timedelta(hours=2):%Y-%m-%dT%H:%M:%S.%f}+02:00 ",
    "act": lambda time: "[CI/build image   ]   | ",
    "colours": lambda time: "\x1b[36m",
}


def test_each_vertex_has_its_outcome_and_the_seconds_that_buildkit_prints() -> None:
    observed = only(COMPLETED)
    assert outcomes(observed) == OUTCOMES
    assert (observed.ending, observed.builder, observed.error, observed.notes) == (Ending.COMPLETED, "maker", "", ())
    assert (observed.started_at, observed.ended_at, vertex(observed, 4).runs) == (None, None, ())
    assert vertex(observed, 4).name == "[stage-1 2/3] RUN make all"


def test_a_hit_that_is_extracted_later_is_a_hit_with_a_transfer() -> None:
    (observed,) = read_plain(stamped(COMPLETED, fraction(7)))
    hit = vertex(observed, 6)
    (transfer,) = hit.transfers
    assert (hit.outcome, hit.seconds, hit.runs) == (Outcome.CACHED, None, ())
    assert transfer[1] - transfer[0] == pytest.approx(0.5)


def test_a_stamp_says_when_and_buildkit_how_long() -> None:
    (observed,) = read_plain(stamped(COMPLETED, fraction(7)))
    ends = {line.split()[0][1:]: at for at, line in enumerate(lines_of(COMPLETED)) if " DONE" in line}
    ((start, end),) = vertex(observed, 4).runs
    assert (end, end - start) == (START.timestamp() + ends["4"], pytest.approx(13.2))
    assert observed.started_at == START.timestamp()
    assert observed.ended_at == START.timestamp() + ends["7"]
    (context,) = vertex(observed, 3).statuses
    assert context.span == (pytest.approx(START.timestamp() + ends["3"] - 1 - 0.3), START.timestamp() + ends["3"] - 1)


@pytest.mark.parametrize("stamp", STAMPS.values(), ids=STAMPS)
def test_what_a_ci_system_puts_before_the_lines_changes_nothing(stamp: Stamp) -> None:
    for text in (COMPLETED, FAILED):
        first, *rest = stamped(text, stamp)
        (observed,) = read_plain(["\ufeff" + first, *rest])
        bare = only(text)
        assert outcomes(observed) == outcomes(bare)
        assert (observed.ending, observed.error, observed.builder) == (bare.ending, bare.error, bare.builder)
        assert [one.log for one in observed.vertices] == [one.log for one in bare.vertices]


@given(st.integers(6, 9), st.integers(0, 3600), st.sampled_from(["\n", "\r\n", ""]), st.booleans())
def test_stamps_of_any_length_change_no_outcome_and_no_seconds(digits: int, later: int, end: str, bom: bool) -> None:
    stamp = fraction(digits)
    lines = [stamp(START + timedelta(seconds=later)) + line.rstrip("\n") + end for line in lines_of(COMPLETED)]
    lines[0] = "\ufeff" * bom + lines[0]
    (observed,) = read_plain(lines)
    assert outcomes(observed) == OUTCOMES
    assert observed.started_at == pytest.approx(START.timestamp() + later, abs=1e-5)


def test_a_line_that_gitlab_cut_in_two_is_one_line() -> None:
    lines = stamped(COMPLETED, STAMPS["GitLab"])
    at = next(place for place, line in enumerate(lines) if line.endswith("#4 DONE 13.2s\n"))
    head, tail = lines[at][:-5], lines[at][-5:]
    lines[at : at + 1] = [head + "\n", f"{lines[at][:31]}+{tail}"]
    (observed,) = read_plain(lines)
    assert outcomes(observed) == OUTCOMES


def test_statuses_are_the_pieces_of_work_that_ended() -> None:
    statuses = [(one.name, one.seconds, one.size_bytes) for one in vertex(only(COMPLETED), 6).statuses]
    assert statuses == [("sha256:77aa", 0.3, 3_000_000), ("extracting sha256:77aa", 0.1, None)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("transferring context: 3.04kB done", ("transferring context:", 0.0, 3040)),
        ("transferring context: 1.20GB 61.4s done", ("transferring context:", 61.4, 1_200_000_000)),
        ("transferring context: 130.***kB 0.2s done", ("transferring context:", 0.2, None)),
        ("sha256:77aa 2.50MB / 3.00MB 1.0s done", ("sha256:77aa", 1.0, 3_000_000)),
        ("transferring dockerfile: 2B done", ("transferring dockerfile:", 0.0, 2)),
        ("pushing layers 1.3s done", ("pushing layers", 1.3, None)),
        ("naming to registry/app:1.0s done", ("naming to registry/app:1.0s", 0.0, None)),
    ],
)
def test_a_status_has_its_seconds_and_bytes(line: str, expected: tuple[str, float, int | None]) -> None:
    (status,) = vertex(only(f"{BUILDER}#1 exporting to image\n#1 {line}\n#1 DONE 70.0s\n"), 1).statuses
    assert (status.name, status.seconds, status.size_bytes) == expected


def test_layers_pushed_for_two_tags_count_twice_and_a_repeated_line_once() -> None:
    pushes = (
        "#1 pushing layers 1.6s done\n#1 pushing layers 1.6s done\n#1 pushing layers\n#1 pushing layers 0.6s done\n"
    )
    pushed = vertex(only(f"{BUILDER}#1 exporting to image\n{pushes}#1 DONE 4.1s\n"), 1)
    assert [status.seconds for status in pushed.statuses] == [1.6, 0.6]


def test_a_step_that_runs_again_has_two_runs_and_the_sum_of_their_seconds() -> None:
    text = f"{BUILDER}#1 [1/1] COPY a /\n#1 DONE 2.0s\n\n#1 [1/1] COPY a /\n#1 DONE 3.5s\n"
    (observed,) = read_plain(stamped(text, fraction(9)))
    step = vertex(observed, 1)
    lengths = [end - start for start, end in step.runs]
    assert (step.seconds, lengths) == (3.5, [pytest.approx(2.0), pytest.approx(1.5)])


def test_runs_do_not_overlap_where_lines_were_held_back() -> None:
    text = f"{BUILDER}#1 [1/1] COPY a /\n#1 DONE 2.0s\n\n#1 [1/1] COPY a /\n#1 DONE 30.5s\n"
    (observed,) = read_plain(stamped(text, fraction(9)))
    first, second = vertex(observed, 1).runs
    assert first[1] == second[0] < second[1]


def test_an_old_version_that_prints_only_the_last_run_takes_nothing_back() -> None:
    text = f"{BUILDER}#1 [1/1] COPY a /\n#1 DONE 2.0s\n\n#1 [1/1] COPY a /\n#1 DONE 0.1s\n"
    (observed,) = read_plain(stamped(text, fraction(9)))
    assert (vertex(observed, 1).seconds, len(vertex(observed, 1).runs)) == (2.0, 1)


def test_a_failed_build_says_what_failed_what_was_stopped_and_why() -> None:
    observed = only(FAILED)
    broken, stopped = vertex(observed, 3), vertex(observed, 2)
    reason = 'process "/bin/sh -c ./broken" did not complete successfully: exit code: 2'
    assert (broken.outcome, broken.error, broken.log) == (Outcome.FAILED, reason, ("trying", "no luck"))
    assert (stopped.outcome, stopped.seconds, stopped.log) == (Outcome.CANCELLED, None, ())
    assert (observed.ending, observed.error) == (Ending.FAILED, f"failed to build: failed to solve: {reason}")


def test_the_last_twenty_lines_of_a_failed_step_are_kept() -> None:
    said = "".join(f"#1 {at / 10:.1f} line {at}\n" for at in range(300))
    failed = vertex(only(f"{BUILDER}#1 [1/1] RUN ./broken\n{said}#1 301.0\n#1 ERROR: exit code: 1\n"), 1)
    assert failed.log == (*(f"line {at}" for at in range(281, 300)), "")


def test_a_step_of_a_failed_build_was_skipped_unless_it_had_begun() -> None:
    text = (
        "#1 [1/3] RUN a\n#1 0.100 begun\n#1 ...\n\n#2 [2/3] RUN b\n#2 ...\n\n#3 [3/3] RUN c\n#3 ERROR: exit code: 1\n"
    )
    assert [one.outcome.value for one in only(text).vertices] == ["cancelled", "skipped", "failed"]


def test_an_error_that_ends_with_a_cancelled_context_is_no_failure_of_its_own() -> None:
    text = "#1 [1/2] RUN a\n#1 ERROR: exit code: 137: context canceled: context canceled\n"
    observed = only(text)
    assert (observed.vertices[0].outcome, observed.ending) == (Outcome.CANCELLED, Ending.CANCELLED)


@pytest.mark.parametrize(
    ("tail", "ending"),
    [
        ("ERROR: failed to solve: Canceled: context canceled", Ending.CANCELLED),
        ("ERROR: failed to build: failed to solve: Canceled: context canceled", Ending.CANCELLED),
        ("ERROR: failed to solve: lease was lost", Ending.FAILED),
        ("ERROR: failed to receive status: connection closed", Ending.FAILED),
        ("ERROR: target app: failed to solve: lease was lost", Ending.FAILED),
        ("error: failed to solve: rpc error: lease was lost", Ending.FAILED),
        ("failed to solve with frontend dockerfile.v0: no such file", Ending.FAILED),
        ("executor failed running [/bin/sh -c ./broken]: exit code: 1", Ending.FAILED),
        ("ERROR: Job failed: exit code 1", Ending.CUT),
        ("ERROR: failed to build wheels", Ending.CUT),
        ("0.421 ERROR: failed to solve: nested", Ending.CUT),
    ],
)
def test_only_what_buildx_says_of_a_failure_ends_a_build(tail: str, ending: Ending) -> None:
    observed = only(f"{BUILDER}#1 [1/2] RUN a\n#1 0.100 begun\n{tail}\n")
    assert observed.ending is ending
    assert observed.error == ("" if ending is Ending.CUT else tail.removeprefix("ERROR: ").removeprefix("error: "))


def test_what_a_later_command_says_of_its_failure_is_not_the_reason_of_this_one() -> None:
    assert only(f"{FAILED}ERROR: failed to solve: no builder\n").error == only(FAILED).error


def test_a_cache_that_cannot_be_imported_fails_no_build() -> None:
    text = f"{BUILDER}#1 importing cache manifest from registry/cache\n#1 ERROR: not found\n\n#2 [1/1] RUN a\n#2 DONE 1.0s\n"
    observed = only(text)
    assert (observed.ending, observed.error) == (Ending.COMPLETED, "")
    assert vertex(observed, 1).error == "not found"


@pytest.mark.parametrize("excerpt", ["#2 0.402 no luck", "#0 0.402 no luck", "0.402 no luck"])
def test_the_excerpt_of_a_failure_adds_nothing_however_old_the_version(excerpt: str) -> None:
    head = "#1 [1/2] RUN a\n#1 DONE 0.1s\n\n#2 [2/2] RUN b\n#2 0.402 no luck\n#2 ERROR: exit code: 1\n"
    observed = only(f"{head}------\n > [2/2] RUN b:\n{excerpt}\n------\nerror: failed to solve: exit code: 1\n")
    assert [one.log for one in observed.vertices] == [(), ("no luck",)]


def test_a_log_that_stops_in_a_step_is_cut() -> None:
    text = COMPLETED[: COMPLETED.index("#4 DONE")]
    observed = only(text)
    assert observed.ending is Ending.CUT
    assert (vertex(observed, 4).outcome, vertex(observed, 4).seconds) == (Outcome.CANCELLED, None)
    assert observed.notes == ("the log ends while '[stage-1 2/3] RUN make all' runs",)


def test_the_last_line_of_a_cut_log_ends_its_build() -> None:
    (observed,) = read_plain(stamped(COMPLETED[: COMPLETED.index("#4 ...")], fraction(7)))
    at = lines_of(COMPLETED).index("#4 0.934 cc -c tree.c\n")
    assert observed.ended_at == START.timestamp() + at


@pytest.mark.parametrize(
    "opening",
    [
        "#1 [internal] load build definition from b.Dockerfile\n#1 DONE 0.1s\n\n#2 [1/1] RUN b\n#2 DONE 2.0s\n",
        BUILDER + COMPLETED,
        COMPLETED.removeprefix(BUILDER),
        "$ docker build again\n" + COMPLETED.removeprefix(BUILDER),
    ],
    ids=["another name", "another builder", "the same Dockerfile", "the same Dockerfile, a line between"],
)
def test_numbers_that_begin_again_open_another_build(opening: str) -> None:
    first, second = read(COMPLETED + opening)
    assert outcomes(first) == OUTCOMES
    assert outcomes(second) == outcomes(only(opening))
    assert second.ending is Ending.COMPLETED


def test_a_build_that_another_follows_before_its_end_is_cut() -> None:
    first, second = read(COMPLETED[: COMPLETED.index("#6 [")].replace("#4 DONE 13.2s\n", "") + COMPLETED)
    assert (first.ending, second.ending) == (Ending.CUT, Ending.COMPLETED)
    assert first.notes == ("another build begins while '[stage-1 2/3] RUN make all' runs",)


def test_what_follows_a_failure_is_another_build() -> None:
    failed, again = read(FAILED + FAILED.removeprefix(BUILDER))
    assert (outcomes(failed), failed.ending) == (outcomes(again), again.ending)


def test_a_build_that_was_killed_and_the_next_are_told_apart() -> None:
    killed = COMPLETED[: COMPLETED.index("#5 DONE")]
    first, second = read(f"{killed}Terminated\n" + COMPLETED.removeprefix(BUILDER))
    assert (first.ending, second.ending, outcomes(second)) == (Ending.CUT, Ending.COMPLETED, OUTCOMES)


def test_a_build_that_was_killed_in_its_first_vertex_and_the_next_are_told_apart() -> None:
    first, second = read("#1 [internal] load build definition from a\nTerminated\n" + COMPLETED.removeprefix(BUILDER))
    assert (first.ending, second.ending, outcomes(second)) == (Ending.CUT, Ending.COMPLETED, OUTCOMES)


def test_a_build_after_one_whose_beginning_is_missing_is_another() -> None:
    rest = COMPLETED[COMPLETED.index("#4 DONE") :]
    first, second = read(rest + COMPLETED.removeprefix(BUILDER))
    assert (outcomes(first), outcomes(second)) == (outcomes(only(rest)), OUTCOMES)


def test_a_vertex_that_comes_back_opens_no_build() -> None:
    back = "#1 [internal] load build definition from Dockerfile\n#1 transferring dockerfile: 412B 0.1s done\n#1 DONE 0.1s\n\n"
    observed = only("$ docker build .\n" + COMPLETED.replace(DEFINITION, DEFINITION + back))
    assert outcomes(observed) == OUTCOMES | {"1": ("executed", 0.1)}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "$ make\ncc -c main.c\n##[group]Run docker build\n# comment\n#include <stdio.h>\n#1\n",
        "#1 [internal] booting buildkit\n#1 pulling image moby/buildkit 2.0s done\n#1 DONE 4.4s\n",
        "#1 [internal] load local bake definitions\n#1 reading bake.hcl 412B / 412B done\n#1 DONE 0.0s\n",
        "#0 /app/index.php(12): run()\n#1 [internal function]: main()\n#2 {main}\n",
        "#7 3.104 still compiling\n#7 DONE 9.9s\n",
    ],
    ids=["nothing", "no vertex", "a builder that boots", "bake reading its file", "a trace", "no name"],
)
def test_what_is_no_build_gives_none(text: str) -> None:
    assert read(text) == ()


@pytest.mark.parametrize(
    "lines",
    [
        "#0 /app/index.php(12): run()\n#1 [internal function]: main()\n#2 {main}\n",
        "WARNING: 1 warning found\n#7 mends a bug\n",
        "failed: 1\n#40 mends another\n",
        "##[group]Run tests\n# ok\n",
    ],
)
def test_lines_around_a_build_are_passed_over(lines: str) -> None:
    observed = only(f"{lines}{COMPLETED}+ make\n{lines}")
    assert (outcomes(observed), observed.ending) == (OUTCOMES, Ending.COMPLETED)


@pytest.mark.parametrize("last", ["#1", "#9", "#6 [stage-1 3/3] COPY --fr"])
def test_a_last_line_that_breaks_off_adds_no_vertex(last: str) -> None:
    observed = only(COMPLETED + last)
    assert (outcomes(observed), observed.ending) == (OUTCOMES, Ending.COMPLETED)


def test_a_log_without_its_beginning_gives_what_it_names() -> None:
    observed = only("#4 9.120 cc -o app\n#4 DONE 9.9s\n\n" + COMPLETED[COMPLETED.index("#6 [") :])
    assert [one.digest for one in observed.vertices] == ["6", "7"]
    assert observed.notes == ("the log does not name #4: its beginning is missing",)


def test_two_jobs_that_write_in_turns_are_two_builds() -> None:
    first, second = (
        stamped(text, lambda _, job=job: f"[CI/{job}] | ") for text, job in ((COMPLETED, "a"), (FAILED, "b"))
    )
    longer = max(len(first), len(second))
    turns = [line for at in range(longer) for line in (*first[at : at + 1], *second[at : at + 1])]
    assert [observed.ending for observed in read_plain(turns)] == [Ending.COMPLETED, Ending.FAILED]


def test_builds_stand_in_the_order_in_which_they_begin() -> None:
    texts = [(COMPLETED, "a"), (FAILED, "b"), (COMPLETED, "b")]
    (opening, *rest), *others = (stamped(text, lambda _, job=job: f"[CI/{job}] | ") for text, job in texts)
    builds = read_plain([opening, *others[0], *others[1], *rest])
    assert [observed.ending for observed in builds] == [Ending.COMPLETED, Ending.FAILED, Ending.COMPLETED]


def test_two_builds_that_cannot_be_told_apart_lose_what_both_number() -> None:
    text = "#3 [a 1/2] RUN a\n#3 ...\n\n#4 [a 2/2] RUN b\n#4 DONE 1.0s\n\n#4 [1/2] RUN other\n#4 DONE 5.0s\n\n#3 [a 1/2] RUN a\n#3 DONE 2.0s\n"
    observed = only(text)
    assert outcomes(observed) == {"3": ("executed", 2.0)}
    assert observed.ending is Ending.CUT
    assert observed.notes == ("two builds write into the log at once and both call something #4: left out",)


def finished(lines: Sequence[str]) -> dict[str, str]:
    """What a prefix of a log that is one build says has ended, read in the plainest way."""
    words = {"DONE": "executed", "CACHED": "cached", "CANCELED": "cancelled", "ERROR:": "failed"}
    found: dict[str, str] = {}
    for line in lines:
        number, _, text = line.strip().partition(" ")
        word = text.split(" ")[0]
        if number.startswith("#") and word in words and found.get(number[1:]) != "cached":
            found[number[1:]] = words[word]
    return found


@given(st.sampled_from([COMPLETED, FAILED]), st.integers(0, 2000), st.sampled_from(sorted(STAMPS)))
def test_a_prefix_of_a_log_gives_what_had_ended_by_then(text: str, size: int, stamp: str) -> None:
    prefix = text[:size]
    complete = prefix[: prefix.rfind("\n") + 1]
    observed = next(iter(read_plain(stamped(prefix, STAMPS[stamp]))), None)
    got = {one.digest: one.outcome.value for one in observed.vertices} if observed else {}
    assert finished(lines_of(complete)).items() <= got.items()


@given(
    st.lists(
        st.sampled_from([*lines_of(COMPLETED), *lines_of(FAILED), "#1 \n", "#2\n", "#3 x\n", "#2 [z] y\n"]), max_size=60
    )
)
def test_lines_in_any_order_are_read_without_a_crash(lines: list[str]) -> None:
    for observed in read_plain(lines):
        assert len({one.digest for one in observed.vertices}) == len(observed.vertices)
        for one in observed.vertices:
            assert (one.seconds is None) == (one.outcome is not Outcome.EXECUTED)
            assert bool(one.log) <= (one.outcome is Outcome.FAILED)
