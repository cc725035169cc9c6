"""Runs several builds side by side, reads their progress, and ends them together."""

import queue
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from layerwise.builder.buildx import Running

_TICK_S = 0.1
_PATIENCE_S = 20.0  # for builds to end once they are cancelled


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A program to run.

    Attributes:
        arguments: The program and its arguments.
        environment: Its own.
        given: What it reads from standard input, None for what we would.
        mute: Whether what it writes to standard output is dropped.
    """

    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    given: Path | None = None
    mute: bool = False


@dataclass(frozen=True, slots=True)
class Again:
    """A command to run in place of one that failed, after some seconds."""

    command: Command
    pause_s: float


class Watcher(Protocol):
    """Sees what builds do, each by its place in the list of commands."""

    def take(self, number: int, line: bytes) -> None:
        """Take a line of progress."""

    def tick(self) -> None:
        """Take note that a moment has passed."""

    def ended(self, number: int, code: int) -> Again | None:
        """Take note that a command has ended, and return what is to be run in its place, None for nothing."""


@dataclass(frozen=True, slots=True)
class Watched:
    """How commands ended.

    Attributes:
        codes: The exit code of each.
        failed: The one that failed first, whereupon the others were cancelled; None where none did.
        interrupted: Whether the user, or who ended this process, cancelled them all.
    """

    codes: tuple[int, ...]
    failed: int | None
    interrupted: bool


def watch(
    commands: Sequence[Command],
    watcher: Watcher,
    clock: Callable[[], float] = time.monotonic,
    begun: Callable[[], object] = lambda: None,
) -> Watched:
    """Run commands to their ends; where one fails, or the user interrupts, the others are cancelled.

    Args:
        commands: The commands.
        watcher: Sees what they do.
        clock: Seconds.
        begun: Called once, when all of them run.

    Raises:
        BuilderError: There is no such command.
    """
    watching = _Watching(commands, watcher, clock)
    with _interrupts(watching.interrupt):
        try:
            watching.start()
            begun()
            return watching.to_the_end()
        except BaseException:
            watching.kill()
            raise


class _Watching:
    def __init__(self, commands: Sequence[Command], watcher: Watcher, clock: Callable[[], float]) -> None:
        self._watcher = watcher
        self._clock = clock
        self._lines: queue.SimpleQueue[tuple[int, bytes | None]] = queue.SimpleQueue()
        self._running: dict[int, Running] = {}
        self._waiting = [(0.0, number, command) for number, command in enumerate(commands)]
        self._codes: dict[int, int] = {}
        self._failed: int | None = None
        self._asked = False
        self._interrupted = False
        self._deadline = float("inf")

    def to_the_end(self) -> Watched:
        while self._running or self._waiting:
            if self._asked and not self._interrupted:
                self._interrupted = True
                self._cancel()
            self.start()
            self._read()
            self._watcher.tick()
            if self._clock() > self._deadline:
                self.kill()
        codes = tuple(code for _, code in sorted(self._codes.items()))
        return Watched(codes, self._failed, self._interrupted)

    def interrupt(self) -> None:
        """Ask for the end; called by a signal, in the middle of anything."""
        self._asked = True

    def kill(self) -> None:
        for running in self._running.values():
            running.kill()

    def start(self) -> None:
        """Start what is due."""
        due = [one for one in self._waiting if one[0] <= self._clock()]
        for one in due:
            self._waiting.remove(one)
            _, number, command = one
            running = Running(command.arguments, command.environment, command.given, mute=command.mute)
            self._running[number] = running
            threading.Thread(target=self._forward, args=(number, running), daemon=True).start()

    def _forward(self, number: int, running: Running) -> None:
        for line in running.lines():
            self._lines.put((number, line))
        self._lines.put((number, None))

    def _read(self) -> None:
        """Hand on what was written, for as long as a tick."""
        until = self._clock() + _TICK_S
        while (left := until - self._clock()) > 0:
            try:
                number, line = self._lines.get(timeout=left)
            except queue.Empty:
                return
            if line is None:
                self._end(number, self._running.pop(number).code())
                return
            self._watcher.take(number, line)

    def _end(self, number: int, code: int) -> None:
        self._codes[number] = code
        again = self._watcher.ended(number, code)
        stopping = self._interrupted or self._failed is not None
        if code and again and not stopping:
            self._waiting.append((self._clock() + again.pause_s, number, again.command))
        elif code and not stopping:
            self._failed = number
            self._cancel()

    def _cancel(self) -> None:
        """Cancel what runs: twice the same signal, from a terminal and from us, is still an orderly end for buildx."""
        for _, number, _ in self._waiting:
            self._codes.setdefault(number, 128 + signal.SIGINT)
        self._waiting.clear()
        self._deadline = min(self._deadline, self._clock() + _PATIENCE_S)
        for running in self._running.values():
            running.interrupt()


@contextmanager
def _interrupts(cancel: Callable[[], None]) -> Iterator[None]:
    """Call ``cancel`` where this process is interrupted or ended meanwhile, rather than leaving builds behind."""
    if threading.current_thread() is not threading.main_thread():  # signals reach only that one
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        signal.signal(number, lambda *_: cancel())
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
