"""What the steps of a build use while they run on this machine, read from their own control groups.

BuildKit measures its steps only with the runc executor on cgroup v2 (executor/resources/monitor.go). On cgroup v1, or
with Docker's containerd image store, nobody does but this sampler. ``cgroup_match`` says whose a sample is.

Memory is what the kernel charges to the group, page cache included, as in BuildKit's own ``memoryStat.peak``. The start
of the container by runc is in the figures: some 0.03 s of processor time and 5 MB.
"""

import re
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeVar

from layerwise.builder.cgroup_files import FOLDER, Group, Hierarchy, find_hierarchy, find_roots, read
from layerwise.records import Resources

_INTERVAL_S = 0.025
"""runc takes no less to turn into the step's command, so that no start is missed."""
_STARTING_S = 0.001
"""bash replaces itself by the command after ``-c`` within 3 ms; its arguments are the step's only until then."""
_PATIENCE_S = 2.0
_RARELY_S = 0.1
_OLD = 0.02
"""Figures of a container are read once in this share of its age, so the last ones are nearly those of its end."""
_SEARCH_S = 2.0
"""Where there are groups to watch, another engine's may still come."""
_SEARCHING = 0.01
"""Share of the time spent on searching where there are none: an engine makes the group of its containers with its first
step after the machine started, and that step may be short."""
_FIRST = re.compile(r"^NSpid:(?:\t\d+)+\t1$", re.MULTILINE)

_Number = TypeVar("_Number", int, float)


@dataclass(frozen=True, slots=True)
class Sample:
    """What one container of BuildKit used.

    Attributes:
        command: The arguments of its first process, the program first; empty where they could not be read.
        began: When its group was first seen, in seconds since the epoch.
        ended: When its group was last seen, likewise.
        cpu_s: Seconds of processor time, None where the kernel does not count them.
        peak_memory_bytes: The most memory at once, None where the kernel does not count it.
    """

    command: tuple[str, ...]
    began: float
    ended: float
    cpu_s: float | None
    peak_memory_bytes: int | None

    @property
    def resources(self) -> Resources:
        """The figures as a record keeps them."""
        return Resources(cpu_s=self.cpu_s, peak_memory_bytes=self.peak_memory_bytes, source="cgroup")


@dataclass(slots=True)
class _Watched:
    group: Group
    began: float
    ended: float
    process: str = ""
    command: tuple[str, ...] = ()
    cpu_s: float | None = None
    memory_bytes: int | None = None
    due: float = 0.0

    def look(self, now: float) -> None:
        self.ended = now
        if now < self.due:
            return
        self.due = now + min(_RARELY_S, (now - self.began) * _OLD)
        self.cpu_s = _larger(self.cpu_s, self.group.cpu_s())
        self.memory_bytes = _larger(self.memory_bytes, self.group.memory_bytes())

    def identify(self, processes: Path) -> None:
        self.process = self.process or _first_process(self.group, processes)
        self.command = _command(self.process) if self.process else ()

    def sample(self) -> Sample:
        return Sample(self.command, self.began, self.ended, self.cpu_s, self.memory_bytes)


class Sampler:
    """Watches BuildKit's containers on this machine while it is entered.

    A thread looks every 25 ms, and every millisecond at a container that starts. Where the engine is on another
    machine, or there are no control groups, there is no thread, and there are no samples.
    """

    def __init__(
        self, endpoint: str = "", *, mounted: Path = Path("/sys/fs/cgroup"), processes: Path = Path("/proc")
    ) -> None:
        """Make ready to watch.

        Args:
            endpoint: Where the engine listens, as in DOCKER_HOST; "" for the usual socket.
            mounted: Where the control groups are mounted.
            processes: Where the kernel shows its processes.
        """
        self._hierarchy = find_hierarchy(mounted) if is_local(endpoint) else None
        self._processes = processes
        self._live: dict[str, _Watched] = {}
        self._gone: list[Sample] = []
        self._left = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="control groups", daemon=True)

    def __enter__(self) -> Self:
        if self._hierarchy is not None:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._left.set()
        if self._hierarchy is not None:
            self._thread.join()

    def samples(self) -> tuple[Sample, ...]:
        """Return what the containers used that are gone, in the order in which they went."""
        return tuple(self._gone)

    def _watch(self) -> None:
        hierarchy = self._hierarchy
        assert hierarchy is not None, "the thread is started only where there are control groups"
        roots, due = _search(hierarchy)
        while not self._left.is_set():
            self._look(hierarchy, roots)
            self._wait()
            if time.monotonic() > due:
                roots, due = _search(hierarchy)
        self._look(hierarchy, roots)

    def _look(self, hierarchy: Hierarchy, roots: Iterable[Path]) -> None:
        now = time.time()
        there = {group.path: group for root in roots for group in hierarchy.containers(root)}
        for path, group in there.items():
            if path not in self._live:
                self._live[path] = _Watched(group, now, now)
            self._live[path].look(now)
        for path in self._live.keys() - there.keys():
            self._gone.append(self._live.pop(path).sample())

    def _wait(self) -> None:
        """Wait until the next look, and meanwhile ask the containers that start for their command."""
        end = time.monotonic() + _INTERVAL_S
        while (rest := end - time.monotonic()) > 0:
            late = time.time() - _PATIENCE_S
            starting = [one for one in self._live.values() if not one.command and one.began > late]
            for one in starting:
                one.identify(self._processes)
            if self._left.wait(min(_STARTING_S, rest) if starting else rest):
                return


def is_local(endpoint: str) -> bool:
    """Whether an engine's endpoint, as in DOCKER_HOST, is a socket of this machine; "" is the usual one."""
    return not endpoint or endpoint.startswith("unix://")


def _search(hierarchy: Hierarchy) -> tuple[tuple[Path, ...], float]:
    """Return below which groups containers appear, and when to search again by the monotonic clock."""
    began = time.monotonic()
    roots = find_roots(hierarchy)
    ended = time.monotonic()
    there = any(root.name == FOLDER and root.is_dir() for root in roots)
    return roots, ended + (_SEARCH_S if there else min(_SEARCH_S, (ended - began) / _SEARCHING))


def _first_process(group: Group, processes: Path) -> str:
    """Return where the process of a group stands that is number 1 in a process namespace below ours, "" for none."""
    there = (f"{processes}/{number}" for number in group.processes())
    return next((place for place in there if _FIRST.search(read(f"{place}/status"))), "")


def _command(process: str) -> tuple[str, ...]:
    """Return the arguments of a process, none while it is runc's, which becomes the step's by ``exec``."""
    words = tuple(read(f"{process}/cmdline").removesuffix("\0").split("\0"))
    starting = words == ("",) or (words[0].endswith("runc") and words[1:] == ("init",))
    return () if starting else words


def _larger(one: _Number | None, other: _Number | None) -> _Number | None:
    return max((value for value in (one, other) if value is not None), default=None)
