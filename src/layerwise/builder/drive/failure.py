"""Why a call of buildx failed: the build itself, its push, the engine, or how it was called."""

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
    r"|unknown cache exporter|not supported for the docker driver|no valid drivers found"
    r"|Usage:  docker \[OPTIONS\] COMMAND"  # what docker says to words that it takes for its own: it has no buildx
)
_PUSH = re.compile(
    r"failed to push|failed to do request|unexpected status from \w+ request|push access denied|failed to copy"
    r"|failed to fetch (?:oauth|anonymous) token|server message: |denied: |authorization failed"
)


_DENIED = re.compile(r"denied|insufficient_scope|40[13] (?:Unauthorized|Forbidden)|authorization failed|immutable")


class Fault(Enum):
    """Whose fault it is that a call failed."""

    BUILD = "build"
    PUSH = "push"
    """A push that may succeed a moment later."""
    DENIED = "denied"
    """A push that the registry does not allow."""
    ENGINE = "engine"
    USAGE = "usage"


def fault_of(code: int, observed: Observed | None, said: Sequence[str]) -> Fault:
    """Return why a call failed.

    Args:
        code: Its exit code.
        observed: What was seen of its build, None where there was no event.
        said: What buildx said besides.
    """
    text = "\n".join(said)
    if _ENGINE.search(text):
        return Fault.ENGINE
    if observed is None or not observed.vertices:
        return Fault.USAGE if code == _USAGE_CODE or _USAGE.search(text) else Fault.ENGINE
    failed = [vertex for vertex in observed.vertices if vertex.outcome is Outcome.FAILED]
    pushing = [vertex for vertex in failed if overhead_kind(vertex.name) in ("export", "push", "auth")]
    if any(step_name(vertex.name) for vertex in failed):
        return Fault.BUILD
    why = "\n".join((text, *(vertex.error for vertex in pushing)))
    if pushing and _PUSH.search(why):
        return Fault.DENIED if _DENIED.search(why) else Fault.PUSH
    return Fault.USAGE if _USAGE.search(text) else Fault.BUILD
