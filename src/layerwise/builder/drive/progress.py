"""Follows the calls of one build: what is seen of each, and whether one that failed is to be tried again."""

import pathlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from layerwise.builder.drive.calls import Call
from layerwise.builder.drive.failure import Fault, fault_of
from layerwise.builder.drive.watch import Again, Command
from layerwise.builder.events import Gathering, SolveStatus
from layerwise.builder.names import overhead_kind
from layerwise.builder.observed import Observed
from layerwise.builder.rawjson import read_event
from layerwise.disk import no_room

PAUSES_S = (2.0, 8.0)
"""Before each further try of a push."""
_FORCED = ("no-cache", "no-cache-filter", "pull")


class View(Protocol):
    """Shows what happens, each call by its number."""

    def take(self, number: int, status: SolveStatus, line: bytes) -> None:
        """Show events; ``line`` is what they were read from."""

    def say(self, number: int, text: str) -> None:
        """Take a line of buildx's own words, which it writes when a call fails."""

    def note(self, text: str) -> None:
        """Show a sentence of ours."""

    def tick(self) -> None:
        """Bring what is shown up to date."""

    def close(self) -> None:
        """Show nothing that moves any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One run of a call.

    Attributes:
        code: Its exit code.
        observed: What was seen of it, None where it gave no event.
        said: What buildx said besides.
        fault: Whose fault it is, None where the call did what was asked.
    """

    code: int
    observed: Observed | None
    said: tuple[str, ...]
    fault: Fault | None


@dataclass(slots=True)
class _Followed:
    gathering: Gathering = field(default_factory=Gathering)
    said: list[str] = field(default_factory=list)


class Progress:
    """The watcher of a build's calls.

    Attributes:
        attempts: The runs of each call that are over, the last one last.
    """

    def __init__(self, calls: Sequence[Call], commands: Callable[[int, Call], Command], view: View) -> None:
        """Follow calls.

        Args:
            calls: By number.
            commands: Makes the program that carries out a call of a number.
            view: Shows what happens.
        """
        self.attempts: tuple[list[Attempt], ...] = tuple([] for _ in calls)
        self._calls = calls
        self._commands = commands
        self._view = view
        self._followed = [_Followed() for _ in calls]

    def take(self, number: int, line: bytes) -> None:
        """Take a line of progress."""
        followed = self._followed[number]
        if status := read_event(line):
            followed.gathering.take(status)
            self._view.take(number, status, line)
        elif text := line.decode(errors="replace").rstrip():
            followed.gathering.say(text)
            followed.said.append(text)
            self._view.say(number, text)

    def tick(self) -> None:
        """Let the view move on."""
        self._view.tick()

    def ended(self, number: int, code: int) -> Again | None:
        """Keep what was seen of a call; of one whose push failed, return how it is tried again.

        Every step is in the builder's cache then, so that the second time only the push is left.
        """
        followed, self._followed[number] = self._followed[number], _Followed()
        observed, said = followed.gathering.observed(), tuple(followed.said)
        full = code != 0 and any(map(no_room, self._calls[number].written))
        fault = fault_of(code, observed, said, full=full) if code else None
        self.attempts[number].append(Attempt(code=code, observed=observed, said=said, fault=fault))
        if fault is not Fault.PUSH or len(self.attempts[number]) > len(PAUSES_S):
            return None
        pause_s = PAUSES_S[len(self.attempts[number]) - 1]
        call = self._calls[number]
        why = said[-1].removeprefix("ERROR: ") if said else "buildx does not say why"
        self._view.note(f"{call.platform}: the push failed ({why}); it is tried again in {pause_s:.0f} s")
        return Again(self._commands(number, replace(call, line=call.line.without(*_FORCED))), pause_s)


def cache_failures(attempt: Attempt) -> tuple[str, ...]:
    """Return why a call's cache was not sent out, empty where it was or was not to be."""
    vertices = attempt.observed.vertices if attempt.observed else ()
    return tuple(vertex.error for vertex in vertices if vertex.error and overhead_kind(vertex.name) == "cache-export")


def command_of(
    call: Call,
    metadata: pathlib.Path | None,
    given: pathlib.Path | None,
    *,
    progress: str = "rawjson",
    mute: bool,
) -> Command:
    """Return the program that carries out a call.

    Args:
        call: The call.
        metadata: Where it is to say what it made, None where the user's own file is that.
        given: What it reads from standard input, None for what we would.
        progress: How it shows its progress.
        mute: Whether what it writes to standard output is dropped.
    """
    environment: Mapping[str, str] = call.place.environment
    further: tuple[str, ...] = (f"--progress={progress}",)
    if metadata:
        further += (f"--metadata-file={metadata}",)
        # to look its provenance up would take buildx as long as an unchanged build
        environment = {"BUILDX_METADATA_PROVENANCE": "disabled", **environment}
    return Command(arguments=call.arguments(*further), environment=environment, given=given, mute=mute)
