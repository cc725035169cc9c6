"""Why a call of buildx failed: the build itself, its push, the engine, a disk, or how it was called."""

import re
from collections.abc import Sequence
from enum import Enum

from layerwise.builder.names import overhead_kind, step_name
from layerwise.builder.observed import Observed
from layerwise.records import Outcome

_USAGE_CODE = 125  # of the docker CLI
_USAGE = re.compile(
    r"unknown (?:shorthand )?flag|requires (?:exactly )?1 argument|invalid argument|flag needs an argument"
    r"|unable to prepare context|failed to read dockerfile|invalid tag|invalid reference format|tag is needed when push"
)
_ENGINE = re.compile(
    r"[Cc]annot connect to the Docker daemon|no builder .* found|error during connect|failed to find driver"
    r"|Unavailable\b.*(?:error reading from server|closing transport)"  # it went away while it built
    r"|unknown cache exporter|not supported for the docker driver|no valid drivers found"
    r"|Usage:  docker \[OPTIONS\] COMMAND"  # what docker says to words that it takes for its own: it has no buildx
)
_PUSH = re.compile(
    r"failed to push|failed to do request|unexpected status from \w+ request|push access denied|failed to copy"
    r"|failed to fetch (?:oauth|anonymous) token|server message: |denied: |authorization failed"
)
_NOT_GIVEN = re.compile(
    r"failed to do request|failed to fetch (?:oauth|anonymous) token"
    r"|unexpected status from \w+ request\b.*: (?:40[13]|429|5\d\d)\b"
)
"""What BuildKit says of a base that its registry does not give; that there is none is another thing."""
_NO_ROOM = "no space left on device|disk quota exceeded"
_FULL = re.compile(
    rf"(?:(?:write|open|mkdir|create|close|sync|truncate|link|rename) (\S+): )?(?:{_NO_ROOM})", re.IGNORECASE
)
_RECEIVER = "error from receiver: context canceled"
"""What BuildKit says where this machine could not write what it sent (``-o type=local``): not why."""

_DENIED = re.compile(r"(?i)denied|insufficient_scope|\bunauthorized\b|403 Forbidden|authorization failed|immutable")


class Fault(Enum):
    """Whose fault it is that a call failed."""

    BUILD = "build"
    PUSH = "push"
    """A push that may succeed a moment later."""
    DENIED = "denied"
    """A push that the registry does not allow."""
    BASE = "base"
    """A registry does not give a base; that it has none of that name is the build's own fault."""
    ENGINE = "engine"
    FULL = "full"
    """There is no room left on a disk, the engine's or this machine's."""
    USAGE = "usage"


def fault_of(code: int, observed: Observed | None, said: Sequence[str], *, full: bool = False) -> Fault:
    """Return why a call failed.

    Args:
        code: Its exit code.
        observed: What was seen of its build, None where there was no event.
        said: What buildx said besides.
        full: Whether a disk of this machine on which it was to write has no room.
    """
    text = "\n".join(said)
    if _ENGINE.search(text):
        return Fault.ENGINE
    is_full = full_place(said) is not None or (full and _RECEIVER in text)
    if observed is None or not observed.vertices:
        if is_full:
            return Fault.FULL
        return Fault.USAGE if code == _USAGE_CODE or _USAGE.search(text) else Fault.ENGINE
    failed = [vertex for vertex in observed.vertices if vertex.outcome is Outcome.FAILED]
    pushing = [vertex for vertex in failed if overhead_kind(vertex.name) in ("export", "push", "auth")]
    why = "\n".join((text, *(vertex.error for vertex in pushing)))
    if is_full and not (pushing and "failed to push" in why):  # which stands before what a registry says
        return Fault.FULL
    if any(_of_a_base(vertex.name) and _NOT_GIVEN.search(vertex.error) for vertex in failed):
        return Fault.BASE
    if any(step_name(vertex.name) for vertex in failed):
        return Fault.BUILD
    if pushing and _PUSH.search(why):
        return Fault.DENIED if _DENIED.search(why) else Fault.PUSH
    return Fault.USAGE if _USAGE.search(text) else Fault.BUILD


def _of_a_base(name: str) -> bool:
    step = step_name(name)
    return step.instruction.startswith("FROM ") if step else "load metadata for " in name


def full_place(said: Sequence[str]) -> str | None:
    """Return what could not be written for want of room, by buildx's own words.

    Returns:
        A path of the engine or of this machine, "" where buildx names none; None where it speaks of no such thing. A
        command that finds no room says so in its output, and its step fails like any other.
    """
    errors = (line for line in said if line.startswith("ERROR: ") and "did not complete successfully" not in line)
    found = [match for line in errors for match in _FULL.finditer(line)]
    return next((match[1] for match in found if match[1]), "") if found else None
