"""What builds take by what had changed before them: how well the cache serves each kind of change."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from layerwise.records import BuildRecord, Outcome
from layerwise.summary.places import BASE, completed
from layerwise.summary.totals import Total, middle, total

COLD = "cold"
_UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeCost:
    """The builds of one kind of change.

    Attributes:
        kind: As in ``Seen``.
        builds: How many there are.
        wall_s: Median seconds from start to end; None where no log says.
        cached_share: Median share of the steps that were hits, bases left out; None where there are none.
        executed_s: Median seconds of all steps that ran, side by side or not; None where no log says.
        saved_share: How much shorter ``wall_s`` is than that of the cold builds; None without one of them.
    """

    kind: str
    builds: int
    wall_s: float | None
    cached_share: float | None
    executed_s: float | None
    saved_share: float | None


def changes(builds: Sequence[BuildRecord]) -> tuple[ChangeCost, ...]:
    """Return the completed builds by kind of change: cold first, then from the longest to the shortest."""
    kinds: dict[str, list[BuildRecord]] = defaultdict(list)
    for build in completed(builds):
        kinds[build.change.kind].append(build)
    cold = middle(build.wall_s for build in kinds.get(COLD, ()))
    made = [_cost(kind, found, cold) for kind, found in kinds.items()]
    return tuple(sorted(made, key=lambda one: (one.kind != COLD, one.kind == _UNKNOWN, -(one.wall_s or 0), one.kind)))


def executed(build: BuildRecord) -> Total:
    """Return the seconds of the steps that ran, each vertex once."""
    return total(step.duration_s for step in build.distinct() if step.outcome is Outcome.EXECUTED)


def cached_share(build: BuildRecord) -> float | None:
    """Return which share of the steps was a hit, each vertex once; bases are left out, for they are never run."""
    outcomes = [step.outcome for step in build.distinct() if step.keyword != BASE]
    hits, runs = (outcomes.count(outcome) for outcome in (Outcome.CACHED, Outcome.EXECUTED))
    return hits / (hits + runs) if hits + runs else None


def _cost(kind: str, builds: Sequence[BuildRecord], cold_s: float | None) -> ChangeCost:
    wall_s = middle(build.wall_s for build in builds)
    comparable = kind not in (COLD, _UNKNOWN) and wall_s is not None and cold_s
    return ChangeCost(
        kind=kind,
        builds=len(builds),
        wall_s=wall_s,
        cached_share=middle(cached_share(build) for build in builds),
        executed_s=middle(_known(executed(build)) for build in builds),
        saved_share=1 - wall_s / cold_s if comparable and wall_s is not None and cold_s else None,
    )


def _known(seconds: Total) -> float | None:
    return None if seconds.unknown else seconds.seconds
