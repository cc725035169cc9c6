"""Processes that outlive the call that started them."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Process:
    """A process by its id and its start time in clock ticks since boot, so that a reused id is not taken for it."""

    pid: int
    started: int

    @property
    def alive(self) -> bool:
        """Whether this very process still runs (a zombie does not)."""
        return _stat(self.pid) not in {None, ("Z", self.started)} and started(self.pid) == self.started

    def kill(self) -> None:
        """End the process at once and wait until it is gone; nothing happens if it has gone already."""
        if self.alive:
            os.kill(self.pid, signal.SIGKILL)
            wait_until(lambda: not self.alive, seconds=10)


def identify(pid: int) -> Process:
    """The process that has that id now."""
    return Process(pid, started(pid))


def started(pid: int) -> int:
    """When the process began, in clock ticks since boot; -1 when there is none."""
    stat = _stat(pid)
    return stat[1] if stat else -1


def child_of(pid: int) -> int | None:
    """The id of the process's first child."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(children[0]) if children else None


def running(argv: Sequence[str]) -> Iterator[Process]:
    """The processes that have exactly this command line."""
    wanted = b"".join(os.fsencode(word) + b"\0" for word in argv)
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found = path.read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if found == wanted:
            yield identify(int(path.parent.name))


def spawn(argv: Sequence[str], log: Path, env: Mapping[str, str]) -> Process:
    """Start a process in a session of its own, its output going to `log`."""
    with log.open("w") as sink:
        child = subprocess.Popen(
            argv, env=env, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, start_new_session=True
        )
    return identify(child.pid)


def wait_until(ready: Callable[[], bool], seconds: float) -> bool:
    """Ask `ready` every 50 ms; False when it has not come true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if ready():
            return True
        time.sleep(0.05)
    return ready()


def _stat(pid: int) -> tuple[str, int] | None:
    # proc(5): the name in parentheses may hold spaces; field 3 is the state, field 22 the start time
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return fields[0], int(fields[19])
