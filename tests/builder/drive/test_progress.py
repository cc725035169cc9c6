import json
import os
from dataclasses import dataclass, field

from tests.builder.drive.inspected import builder
from tests.builder.drive.lines import line
from tests.builder.recorded import content

from layerwise.builder.drive.calls import Call, Place
from layerwise.builder.drive.failure import Fault
from layerwise.builder.drive.progress import PAUSES_S, Attempt, Progress, cache_failures, command_of
from layerwise.records import Ending

PLACE = Place(builder=builder("containerd"), named="", environment={"PATH": os.defpath})
CALL = Call(platform="linux/arm64", line=line("--no-cache --pull -t a ."), place=PLACE)
EXPORT = "sha256:" + "1" * 64


@dataclass
class Shown:
    events: int = 0
    said: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    ticks: int = 0

    def take(self, number, status, line):
        self.events += 1

    def say(self, number, text):
        self.said.append(text)

    def note(self, text):
        self.notes.append(text)

    def tick(self):
        self.ticks += 1

    def close(self):
        raise AssertionError


def following(view: Shown) -> Progress:
    return Progress([CALL], lambda _, call: command_of(call, None, None, mute=True), view)


def push_that_fails(progress: Progress, why: str) -> None:
    vertex = {"digest": EXPORT, "name": "exporting to image", "error": f"failed to push a: {why}"}
    times = {"started": "2026-11-26T02:04:33Z", "completed": "2026-11-26T02:04:34Z"}
    progress.take(0, json.dumps({"vertexes": [vertex | times]}).encode() + b"\n")
    progress.take(0, f"ERROR: failed to solve: failed to push a: {why}\n".encode())


def test_events_are_shown_and_gathered():
    view = Shown()
    progress = following(view)
    for one in content("failed", "live.rawjson").splitlines(keepends=True):
        progress.take(0, one)
    progress.tick()
    assert progress.ended(0, 1) is None
    (attempt,) = progress.attempts[0]
    assert attempt.observed is not None
    assert (attempt.observed.ending, attempt.fault) == (Ending.FAILED, Fault.BUILD)
    assert view.events > 5
    assert view.said == list(attempt.said)
    assert view.ticks == 1


def test_a_push_that_failed_is_tried_again_from_the_cache():
    view = Shown()
    progress = following(view)
    for pause_s in PAUSES_S:
        push_that_fails(progress, "connection refused")
        again = progress.ended(0, 1)
        assert again is not None
        assert again.pause_s == pause_s
        assert [word for word in again.command.arguments if "cache" in word or "pull" in word] == []
    push_that_fails(progress, "connection refused")
    assert progress.ended(0, 1) is None
    assert len(progress.attempts[0]) == 3
    assert view.notes[0].startswith(
        "linux/arm64: the push failed (failed to solve: failed to push a: connection refused)"
    )


def test_a_push_that_is_not_allowed_is_not():
    progress = following(Shown())
    push_that_fails(progress, "403 Forbidden")
    assert progress.ended(0, 1) is None
    assert progress.attempts[0][0].fault is Fault.DENIED


def test_a_call_that_does_what_was_asked_has_no_fault():
    progress = following(Shown())
    assert progress.ended(0, 0) is None
    assert progress.attempts[0][0].fault is None


def test_a_cache_that_is_not_sent_out_is_known_though_the_call_succeeds():
    progress = following(Shown())
    for one in content("exported", "live.rawjson").splitlines(keepends=True):
        progress.take(0, one)
    progress.ended(0, 0)
    (why,) = cache_failures(progress.attempts[0][0])
    assert why
    assert cache_failures(Attempt(code=1, observed=None, said=(), fault=None)) == ()


def test_a_command_says_where_its_metadata_goes_and_does_not_look_for_provenance(tmp_path):
    command = command_of(CALL, tmp_path / "m", tmp_path / "given", mute=True)
    assert command.arguments[:5] == ("docker", "buildx", "build", "--progress=rawjson", f"--metadata-file={tmp_path}/m")
    assert command.environment["BUILDX_METADATA_PROVENANCE"] == "disabled"
    assert (command.given, command.mute) == (tmp_path / "given", True)
    plain = command_of(CALL, None, None, progress="plain", mute=False)
    assert plain.arguments[3] == "--progress=plain"
    assert "BUILDX_METADATA_PROVENANCE" not in plain.environment
