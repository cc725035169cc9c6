import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from layerwise.builder.drive.watch import Again, Command, watch
from layerwise.errors import BuilderError


def sh(script: str, given: Path | None = None, *, mute: bool = False) -> Command:
    return Command(arguments=("sh", "-c", script), environment=os.environ, given=given, mute=mute)


@dataclass
class Seen:
    lines: list[tuple[int, bytes]] = field(default_factory=list)
    ends: list[tuple[int, int]] = field(default_factory=list)
    ticks: int = 0
    again: dict[int, Again] = field(default_factory=dict)

    def take(self, number: int, line: bytes) -> None:
        self.lines.append((number, line))

    def tick(self) -> None:
        self.ticks += 1

    def ended(self, number: int, code: int) -> Again | None:
        self.ends.append((number, code))
        return self.again.pop(number, None)


def test_commands_run_side_by_side_and_each_line_is_seen(tmp_path):
    meeting = tmp_path / "met"
    os.mkfifo(meeting)
    seen = Seen()
    watched = watch(
        [sh(f"echo one >&2; echo x >{meeting}"), sh(f"read y <{meeting}; echo two >&2; printf rest >&2")], seen
    )
    assert (watched.codes, watched.failed, watched.interrupted) == ((0, 0), None, False)
    assert sorted(seen.lines) == [(0, b"one\n"), (1, b"rest"), (1, b"two\n")]
    assert seen.ticks > 0


def test_it_is_said_once_when_all_of_them_run(tmp_path):
    begun = tmp_path / "begun"
    waiting = f"while [ ! -e {begun} ]; do sleep 0.01; done"
    said = []
    watch([sh(waiting), sh(waiting)], Seen(), begun=lambda: said.append(begun.touch()))
    assert len(said) == 1


def test_where_one_fails_the_others_are_cancelled():
    seen = Seen()
    watched = watch([sh("exec sleep 60"), sh("exit 3")], seen)
    assert watched.failed == 1
    assert watched.codes == (128 + signal.SIGINT, 3)
    assert not watched.interrupted


def test_one_that_is_cancelled_may_end_as_it_likes():
    seen = Seen()
    slow = sh("trap 'echo stopped >&2; exit 9' INT; echo ready >&2; while :; do sleep 0.05; done")
    watched = watch([slow, sh("sleep 0.3; exit 3")], seen)
    assert (watched.codes, watched.failed) == ((9, 3), 1)
    assert (0, b"stopped\n") in seen.lines


def test_one_that_failed_can_be_run_again_in_another_way(tmp_path):
    seen = Seen(again={0: Again(sh("echo better >&2"), 0.05)})
    watched = watch([sh("exit 4"), sh("sleep 0.2")], seen)
    assert (watched.codes, watched.failed) == ((0, 0), None)
    assert seen.ends[0] == (0, 4)
    assert (0, b"better\n") in seen.lines


def test_one_that_is_to_be_run_again_is_not_once_another_has_failed():
    seen = Seen(again={0: Again(sh("echo never >&2"), 60)})
    watched = watch([sh("exit 4"), sh("sleep 0.3; exit 5")], seen)
    assert (watched.codes, watched.failed) == ((4, 5), 1)
    assert (0, b"never\n") not in seen.lines


def test_each_reads_the_same_file(tmp_path):
    given = tmp_path / "given"
    given.write_text("FROM debian\n")
    seen = Seen()
    watch([sh("cat >&2", given), sh("cat >&2", given)], seen)
    assert sorted(seen.lines) == [(0, b"FROM debian\n"), (1, b"FROM debian\n")]


def test_what_is_written_to_standard_output_can_be_dropped(capfd):
    watch([sh("echo shown"), sh("echo dropped", mute=True)], Seen())
    assert capfd.readouterr().out == "shown\n"


def test_a_command_that_is_not_there_is_named():
    with pytest.raises(BuilderError, match="/nowhere: No such file"):
        watch([Command(arguments=("/nowhere",), environment=os.environ)], Seen())


def test_it_may_be_called_from_any_thread():
    found = []
    thread = threading.Thread(target=lambda: found.append(watch([sh("exit 0")], Seen())))
    thread.start()
    thread.join()
    assert found[0].codes == (0,)


PROGRAM = """
import os, sys
from layerwise.builder.drive.watch import Command, watch
class Seen:
    def take(self, number, line): sys.stdout.write(line.decode()); sys.stdout.flush()
    def tick(self): pass
    def ended(self, number, code): return None
script = "trap 'echo stopped >&2; exit 1' INT; echo ready >&2; while :; do sleep 0.05; done"
command = Command(arguments=("sh", "-c", script), environment=os.environ)
watched = watch([command, command], Seen())
print("interrupted", watched.interrupted, watched.codes)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_cancels_them_all(number):
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout is not None
    ready = [process.stdout.readline(), process.stdout.readline()]
    assert ready == ["ready\n", "ready\n"]
    time.sleep(0.1)  # both lines are read; the handler was set before either program began
    os.kill(process.pid, number)
    out, _ = process.communicate(timeout=60)
    assert out == "stopped\nstopped\ninterrupted True (1, 1)\n"
    assert process.returncode == 0
