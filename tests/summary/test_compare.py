from dataclasses import replace

from hypothesis import given
from tests.records import build, digest, step
from tests.summary.generated import records
from tests.summary.samples import AMD64, ARM64, montage, overhead

from layerwise.records import Ending, Outcome, Sources, Span
from layerwise.summary.compare import Moved, Side, compare


def test_a_step_is_found_by_its_instruction_wherever_it_moved():
    (pair,) = compare(build(step(number=2, seconds=9.0)), build(step(number=4, line=7, seconds=4.0))).steps
    assert (pair.line, pair.was, pair.more_s) == (7, "", -5.0)


def test_a_step_whose_text_changed_is_found_by_its_place():
    before, after = build(step("RUN npm install", seconds=9.0)), build(step("RUN npm ci", seconds=4.0))
    (pair,) = compare(before, after).steps
    assert (pair.instruction, pair.was, pair.more_s) == ("RUN npm ci", "RUN npm install", -5.0)


def test_steps_come_and_go():
    pairs = compare(build(step("RUN a", number=2, seconds=2.0)), build(step("RUN b", number=3, seconds=3.0))).steps
    assert [(pair.instruction, pair.before is None, pair.after is None, pair.more_s) for pair in pairs] == [
        ("RUN b", True, False, 3.0),
        ("RUN a", False, True, -2.0),
    ]


def test_what_became_of_a_step_is_shown_with_its_seconds():
    cached = step(outcome=Outcome.CACHED, transfers=(Span(0, 1),))
    (pair,) = compare(build(cached), build(step(seconds=9.0))).steps
    assert pair.before == Side(outcome=Outcome.CACHED, seconds=1.0)
    assert pair.after == Side(outcome=Outcome.EXECUTED, seconds=9.0)
    assert pair.more_s == 8.0


def test_what_a_failed_build_never_came_to_took_no_known_time():
    skipped = build(step(outcome=Outcome.SKIPPED), ending=Ending.FAILED)
    (pair,) = compare(build(step(seconds=9.0)), skipped).steps
    assert pair.more_s is None
    (pair,) = compare(build(step(seconds=9.0)), replace(skipped, ending=Ending.COMPLETED)).steps
    assert pair.more_s == -9.0


def test_what_platforms_share_in_both_builds_is_one_pair():
    both = [step(vertex="v"), step(vertex="v", platform=ARM64)]
    (pair,) = compare(build(*both), build(*both)).steps
    assert pair.platforms == (AMD64, ARM64)
    apart = compare(build(*both), build(step(), step(platform=ARM64))).steps
    assert [pair.platforms for pair in apart] == [(AMD64,), (ARM64,)]


def test_secret_values_are_named_and_not_shown():
    found = compare(montage("one", "code", 5, day=1), montage("two", "code", 5, day=0)).moved
    assert Moved(what="argument", name="GIT_COMMIT", before="one", after="two") in found
    assert Moved(what="argument", name="TOKEN", hidden=True) in found


def test_one_secret_value_hides_both():
    def built(value):
        return build(sources=Sources(arguments=(("T", value),)))

    assert compare(built("hmac:1"), built("plain")).moved == (Moved(what="argument", name="T", hidden=True),)


def test_inputs_that_differ_are_named():
    before = build(
        builder="a",
        platforms=(AMD64,),
        sources=Sources(dockerfile_digest="1", commit="c1", target="", bases=(("debian", "1"),), dirty=()),
    )
    after = build(
        builder="b",
        platforms=(AMD64, ARM64),
        sources=Sources(dockerfile_digest="2", commit="c2", target="final", bases=(("debian", "2"), ("node", "3"))),
    )
    assert [(one.what, one.name, one.before, one.after) for one in compare(before, after).moved] == [
        ("base", "debian", "1", "2"),
        ("base", "node", None, "3"),
        ("dockerfile", "", "1", "2"),
        ("commit", "", "c1", "c2"),
        ("builder", "", "a", "b"),
        ("platforms", "", "linux/amd64", "linux/amd64, linux/arm64"),
        ("target", "", "", "final"),
    ]


def test_what_one_record_does_not_know_is_no_difference():
    assert compare(build(), build(sources=Sources(dockerfile_digest="2", commit="c"), builder="")).moved == ()


def test_files_that_differ_from_one_commit_are_compared():
    def built(*dirty, commit="c"):
        return build(sources=Sources(commit=commit, dirty=dirty))

    found = compare(built(("a.py", "1"), ("b.py", "1")), built(("a.py", "2"), ("b.py", "1"))).moved
    assert [(one.what, one.name) for one in found] == [("file", "a.py")]
    assert [one.what for one in compare(built(("a.py", "1")), built(commit="d")).moved] == ["commit"]


def test_overheads_are_compared_by_kind():
    made = compare(
        build(overheads=(overhead("push", 0, 2), overhead("push", 2, 2), overhead("context", 0, 1))),
        build(overheads=(overhead("push", 0, 1), overhead("load", 0, 9))),
    )
    assert [(one.kind, one.before_s, one.after_s, one.more_s) for one in made.overheads] == [
        ("load", None, 9.0, 9.0),
        ("push", 4.0, 1.0, -3.0),
        ("context", 1.0, None, -1.0),
    ]


def test_the_difference_of_the_builds_is_that_of_their_wall_times():
    assert compare(build(wall_s=9.0), build(wall_s=4.0)).more_s == -5.0
    assert compare(build(wall_s=9.0), replace(build(), wall_s=None)).more_s is None


def test_the_same_dockerfile_key_in_a_log_and_an_engine_record_is_met_by_place():
    (pair,) = compare(build(step(key="shown:1")), build(step(key=digest("x")))).steps
    assert pair.was == ""
    assert pair.before is not None


@given(records(), records())
def test_each_step_of_both_builds_stands_in_a_pair(before, after):
    pairs = compare(before, after).steps
    for record, sides in ((before, [pair.before for pair in pairs]), (after, [pair.after for pair in pairs])):
        assert sum(side is not None for side in sides) >= len({step.vertex for step in record.steps})


@given(records())
def test_a_build_does_not_differ_from_itself(record):
    made = compare(record, record)
    assert made.moved == ()
    assert all(pair.more_s in (0.0, None) and not pair.was for pair in made.steps)
    assert all(around.more_s == 0 for around in made.overheads)
