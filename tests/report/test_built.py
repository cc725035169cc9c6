import os
from dataclasses import replace

import pytest
from tests.builder.drive.inspected import builder
from tests.builder.drive.lines import asked, line
from tests.builder.recorded import observed, text

from layerwise.builder.drive.calls import Call, Place
from layerwise.builder.drive.failure import Fault
from layerwise.builder.drive.metadata import Metadata
from layerwise.builder.drive.progress import Attempt
from layerwise.builder.drive.tagging import Tagged
from layerwise.builder.names import overhead_kind
from layerwise.builder.placing import Layout, layout
from layerwise.builder.push.checking import Checked
from layerwise.builder.push.promotion import Promotion, Result
from layerwise.oci.reference import parse_reference
from layerwise.recording.build import Built, Ran
from layerwise.recording.build_parts import Made
from layerwise.records import Outcome
from layerwise.report.built import built_lines

PUSH, PLAIN = asked("--platform linux/arm64 -t example.org/shop --push ."), asked(".")
PLACE = Place(builder=builder("containerd"), named="", environment=os.environ)


def made(attempt: Attempt | None, platform: str = "linux/arm64") -> Made:
    return Made(call=Call(platform=platform, line=line("."), place=PLACE), metadata=Metadata(), attempt=attempt)


def attempted(shape: str, fault: Fault | None, code: int = 1, said: tuple[str, ...] = ("ERROR: it failed",)) -> Attempt:
    return Attempt(code=code, observed=observed(shape), said=said, fault=fault)


def lines(built: Built, wanted=PUSH, placed: Layout | None = None) -> list[str]:
    return list(built_lines(wanted, built, placed or Layout(), "shop/Dockerfile"))


def test_a_failed_step_is_shown_with_its_place_and_its_last_lines():
    ran = Ran(made=(made(attempted("failed", Fault.BUILD)),), failed=0)
    said = lines(Built(ran=ran), placed=layout(text("failed")))
    assert said[0].startswith("layerwise: linux/arm64: failed at shop/Dockerfile:")
    assert any(one.startswith("  | ") for one in said)
    assert "ERROR: it failed" in said
    assert said[-1].startswith("layerwise: no tag has moved; what was built is in the builder's cache")
    without = lines(Built(ran=ran), PLAIN)
    assert without[0].startswith("layerwise: linux/arm64: failed: RUN ")
    assert not any("tag" in one for one in without)


def test_a_push_that_fails_is_no_failure_of_the_build():
    ran = Ran(made=(made(attempted("stages", Fault.PUSH)),), failed=0)
    assert lines(Built(ran=ran))[:2] == [
        "layerwise: linux/arm64: everything is built, and the push fails",
        "ERROR: it failed",
    ]


def test_what_the_registry_says_to_a_push_that_fails_is_said():
    ran = Ran(made=(made(attempted("stages", Fault.PUSH)),), failed=0)
    assert lines(Built(ran=ran, refused="example.org has no room for it"))[2] == (
        "layerwise: example.org has no room for it"
    )


def test_a_push_that_is_not_allowed_is_said_with_what_to_look_at_where_the_registry_does_not_say_why():
    ran = Ran(made=(made(attempted("stages", Fault.DENIED)),), failed=0)
    assert lines(Built(ran=ran))[2].startswith("layerwise: the registry does not allow it: log in")
    assert lines(Built(ran=ran, refused="log in"))[2] == "layerwise: log in"


def full(words: str, error: str, platform: str = "") -> str:
    attempt = attempted("stages", Fault.FULL, said=(f"ERROR: failed to build: failed to solve: {error}",))
    call = Call(platform=platform, line=line(words), place=PLACE)
    ran = Ran(made=(Made(call=call, metadata=Metadata(), attempt=attempt),), failed=0)
    return lines(Built(ran=ran), PLAIN)[-1]


def test_a_full_disk_of_this_machine_is_named_by_what_was_to_be_written():
    goes_on = "; the same command goes on from what is built"
    said = full("-o type=oci,dest=/full/x.tar .", "write /full/x.tar: no space left on device")
    assert said == f"layerwise: the disk that holds /full/x.tar is full: make room on it{goes_on}"
    said = full("-o /full/tree .", "write /full/tree/a/b: no space left on device", "linux/arm64")
    assert said == f"layerwise: linux/arm64: the disk that holds /full/tree is full: make room on it{goes_on}"
    said = full("--metadata-file /full/m.json .", "write /full/.tmp-m.json157: no space left on device")
    assert said == f"layerwise: the disk that holds /full/m.json is full: make room on it{goes_on}"
    said = full("-o /full/tree .", "error from receiver: context canceled")
    assert said == f"layerwise: the disk that holds /full/tree is full: make room on it{goes_on}"


def test_a_full_disk_of_the_builder_is_said_with_what_makes_room():
    said = full("-o type=oci,dest=/full/x.tar .", "write /var/lib/docker/a: no space left on device")
    assert said.startswith("layerwise: the builder's disk is full: make room on it; `docker buildx prune` frees")


def test_where_no_tag_has_moved_it_is_said_once_that_the_same_command_goes_on():
    said = ("ERROR: failed to solve: write /var/lib/docker/a: no space left on device",)
    ran = Ran(made=(made(attempted("stages", Fault.FULL, said=said)),), failed=0)
    assert [one.count("goes on from") for one in lines(Built(ran=ran))] == [0, 0, 1]


def test_a_step_that_finds_its_disk_full_has_failed_and_is_told_what_may_help():
    seen = observed("failed")
    (failed,) = (one for one in seen.vertices if one.outcome is Outcome.FAILED)
    log = ("head: error writing 'standard output': No space left on device",)
    others = (one for one in seen.vertices if one is not failed)
    seen = replace(seen, vertices=(*others, replace(failed, log=log)))
    attempt = Attempt(code=1, observed=seen, said=("ERROR: it failed",), fault=Fault.BUILD)
    assert any(
        one.startswith("layerwise: linux/arm64: the step found its disk full: if that is the builder's, `docker buildx")
        for one in lines(Built(ran=Ran(made=(made(attempt),), failed=0)))
    )


def test_a_file_that_could_not_be_written_is_said_after_the_tags():
    assert lines(Built(ran=DONE, unwritten=("m.json can't be written",))) == ["layerwise: m.json can't be written"]


def test_where_buildx_showed_it_itself_nothing_is_said_twice():
    assert lines(Built(ran=Ran(made=(made(None),), failed=0)), PLAIN) == []


def test_an_interrupt_is_said():
    ran = Ran(made=(made(attempted("interrupted", Fault.BUILD)),), interrupted=True)
    assert lines(Built(ran=ran)) == ["layerwise: interrupted: no tag has moved"]
    assert lines(Built(ran=ran), PLAIN) == ["layerwise: interrupted"]


DONE = Ran(made=(made(attempted("stages", None, code=0, said=())),))


def checked(**settings: tuple[str, ...]) -> Checked:
    return Checked(pushed=(), images=(), **settings)


def test_what_became_of_each_tag_is_said():
    promotion = Promotion(
        tag=parse_reference("example.org/shop:1"),
        result=Result.MOVED,
        before="",
        now="sha256:1",
        why="example.org/shop:1 names sha256:1",
        warnings=("a warning",),
        notes=("a note",),
    )
    tagged = Tagged(checks=(checked(warnings=("odd",), notes=("unknown",)),), promotions=(promotion,), error="x:2: no")
    assert lines(Built(ran=DONE, tagged=tagged)) == [
        "layerwise: odd",
        "layerwise: unknown",
        "layerwise: example.org/shop:1 names sha256:1",
        "layerwise: a warning",
        "layerwise: a note",
        "layerwise: x:2: no; the same command tries again and builds nothing",
    ]


def test_images_that_are_refused_get_no_tag():
    tagged = Tagged(checks=(checked(refusals=("/app is for arm64",)),))
    assert lines(Built(ran=DONE, tagged=tagged)) == ["layerwise: /app is for arm64", "layerwise: no tag has moved"]


def test_images_that_can_not_be_checked_get_none_either():
    (said,) = lines(Built(ran=DONE, error="the registry is away"))
    assert said == (
        "layerwise: the images can't be checked (the registry is away): no tag has moved; the same command tries again"
    )


def test_a_cache_that_was_not_sent_out_is_said_at_the_end():
    ran = Ran(made=(made(attempted("exported", None, code=0, said=())),))
    said = lines(Built(ran=ran, notes=("a note",)), PLAIN)
    assert said[0].startswith("layerwise: linux/arm64: the cache was not sent out (")
    assert said[0].endswith("): the next build tries again")
    assert said[1] == "layerwise: a note"


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (
            "failed to copy: unexpected status from PUT request to http://a:1/b/uploads/c?_state=d%3D&digest=e: 404 Not Found\n",
            "PUT request to http://a:1/b/uploads/c: 404 Not Found",
        ),
        ('failed to do request: Put "https://a/b/c?_state=d:e&f=g": EOF', 'do request: Put "https://a/b/c": EOF'),
        ('Put "https://a?b=c": see https://d?e', 'Put "https://a": see https://d'),
        ("is there room? no: what?ever", "is there room? no: what?ever"),
    ],
)
def test_of_a_cache_that_was_not_sent_out_no_upload_s_state_is_shown(error, shown):
    seen = observed("exported")
    vertices = [
        replace(one, error=error) if overhead_kind(one.name) == "cache-export" else one for one in seen.vertices
    ]
    attempt = Attempt(code=0, observed=replace(seen, vertices=tuple(vertices)), said=(), fault=None)
    said = lines(Built(ran=Ran(made=(made(attempt),))), PLAIN)
    assert f"{shown}): the next build" in said[0]


def test_of_a_base_that_its_registry_does_not_give_it_is_said_what_to_look_at():
    ran = Ran(made=(made(attempted("stages", Fault.BASE)),), failed=0)
    away = "layerwise: linux/arm64: the registry of a base does not give it: see that it is up and lets you in, or try later"
    assert lines(Built(ran=ran))[1] == away
    assert lines(Built(ran=ran), PLAIN)[1] == f"{away}; the same command goes on from what is built"


def test_a_builder_that_went_away_is_to_be_looked_after():
    ran = Ran(made=(made(attempted("interrupted", Fault.ENGINE)),), failed=0)
    gone = "layerwise: linux/arm64: the builder ended while it built, or the connection to it: see that it runs"
    assert lines(Built(ran=ran))[1] == gone
    assert lines(Built(ran=ran), PLAIN)[1] == f"{gone}; the same command goes on from what is built"
