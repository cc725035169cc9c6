"""Which step a sample of a container belongs to: the one whose command it ran, while that step ran.

A figure that may be another's is worse than none: where two samples fit a step, or two steps a sample, nobody gets it.
"""

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from layerwise.builder.cgroups import Sample

_SLACK_S = 0.1
"""Seconds by which the clock readings of two processes of one machine may differ."""
_FRONT = 3
"""Words before a script's own: an emulator with the program's path, and an interpreter."""


@dataclass(frozen=True, slots=True)
class Executed:
    """A RUN that ran in a build.

    Attributes:
        command: Its arguments, the program first, as ``exec.meta.args`` of the provenance has them.
        began: When it began, in seconds since the epoch by the engine's clock.
        ended: When it ended, likewise.
        emulated: Whether it ran under emulation, None where that is not known.
    """

    command: tuple[str, ...]
    began: float
    ended: float
    emulated: bool | None = None


def matched(samples: Iterable[Sample], executed: Mapping[str, Executed]) -> dict[str, Sample]:
    """Return the samples of those steps that have exactly one, which is no other step's as well.

    Args:
        samples: As the sampler gives them; other builds' among them.
        executed: By vertex.
    """
    found = tuple(samples)
    fitting = {vertex: [one for one in found if _fits(one, run)] for vertex, run in executed.items()}
    claims = [id(one) for fits in fitting.values() for one in fits]
    return {vertex: fits[0] for vertex, fits in fitting.items() if len(fits) == 1 and claims.count(id(fits[0])) == 1}


def _fits(sample: Sample, run: Executed) -> bool:
    # a container lives within its step's time
    within = run.began - _SLACK_S <= sample.began and sample.ended <= run.ended + _SLACK_S
    return within and _runs(sample.command, run)


def _runs(command: tuple[str, ...], run: Executed) -> bool:
    if not command:
        return False
    emulated = command[0].rpartition("/")[2].startswith("qemu-")
    if run.emulated not in (None, emulated):
        return False
    # binfmt_misc puts emulator and program before the arguments, or in place of the first (without its flag P)
    shown = (command[1:], command[2:]) if emulated else (command,)
    return run.command in shown or _replaced(command, run.command)


def _replaced(command: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    """Whether a process is the one command of a shell's script, by which some shells replace themselves."""
    try:
        words = tuple(shlex.split(wanted[-1])) if "-c" in wanted[-2:-1] else ()
    except ValueError:  # a script with an open quote is no single command
        return False
    front, own = len(command) - len(words), command[-len(words) :]
    return bool(words) and 0 <= front <= _FRONT and own[1:] == words[1:] and _name(own[0]) == _name(words[0])


def _name(program: str) -> str:
    return program.rpartition("/")[2]
