"""What recorded builds say of a project: seconds and bytes of its steps, and how fast the work around them goes.

A step that ran beside others was slowed by them, and that is in its measured seconds. The timeline lets steps that
run at once share the cores again; neither is corrected for the other.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from layerwise.graph.state import instruction_key
from layerwise.graph.vertex import Kind, Step
from layerwise.model.overheads import Overheads, overheads_of
from layerwise.records import BuildRecord, Execution

_NEWEST = 10
_RATIOS = 3  # steps that two platforms must have in common before they say how much slower one is


@dataclass(frozen=True, slots=True)
class Measured:
    """What an instruction cost on one platform.

    Attributes:
        seconds: The median of its newest executions.
        size_bytes: The median of its layer as stored, compressed; None where nobody knows.
        builds: How many builds stand behind it.
        emulated: Whether the newest ran under emulation, None where that is not known.
    """

    seconds: float
    size_bytes: int | None
    builds: int
    emulated: bool | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """The measured cost of steps and of overheads.

    An instruction that stands in a file twice has one figure, the median of both.

    Attributes:
        steps: By platform and ``graph.state.instruction_key``.
        ratios: By two platforms: how many times the seconds of the first a RUN takes on the second.
        overheads: What the records say of everything around steps.
        builds: How many recorded builds were looked at.
    """

    steps: Mapping[tuple[str, str], Measured] = field(default_factory=dict, repr=False)
    ratios: Mapping[tuple[str, str], float] = field(default_factory=dict)
    overheads: Overheads = field(default_factory=Overheads)
    builds: int = 0

    def step(self, step: Step) -> Measured | None:
        """Return what a step cost on its own platform, None where no build is known that ran it there."""
        key = _key(step)
        return self.steps.get((step.platform, key)) if key else None

    def elsewhere(self, step: Step) -> tuple[str, Measured] | None:
        """Return another platform and what the step cost there: of several the one that most builds ran it on."""
        key = _key(step)
        platforms = dict.fromkeys(platform for platform, known in self.steps if known == key)
        found = [(platform, self.steps[platform, key]) for platform in platforms if platform != step.platform]
        return min(found, key=lambda one: (-one[1].builds, one[0]), default=None)


EMPTY = Profile()
"""The profile of a project without recorded builds."""


def profile_of(records: Sequence[BuildRecord], executions: Mapping[tuple[str, str], Sequence[Execution]]) -> Profile:
    """Return the profile of a project.

    Args:
        records: Its last builds, the newest first.
        executions: By platform and key, the newest first; the ten newest of each count.
    """
    steps = {place: _measured(found[:_NEWEST]) for place, found in executions.items() if found}
    others = {step.key for record in records for step in record.steps if step.keyword != "RUN"}
    builds = {execution.build for found in executions.values() for execution in found}
    return Profile(
        steps=steps,
        ratios=_ratios({place: one for place, one in steps.items() if place[1] not in others}),
        overheads=overheads_of(records),
        builds=len(builds | {record.id for record in records}),
    )


def _key(step: Step) -> str:
    """Return what executions of a step are kept under, "" for those that no line of the file itself made."""
    if step.kind is Kind.FROM or step.instruction is None or step.display.startswith("ONBUILD "):
        return ""
    return instruction_key(step.instruction)


def _measured(executions: Sequence[Execution]) -> Measured:
    sizes = [one.size_bytes for one in executions if one.size_bytes is not None]
    return Measured(
        seconds=median(one.duration_s for one in executions),
        size_bytes=round(median(sizes)) if sizes else None,
        builds=len({one.build for one in executions}),
        emulated=next((one.emulated for one in executions if one.emulated is not None), None),
    )


def _ratios(steps: Mapping[tuple[str, str], Measured]) -> dict[tuple[str, str], float]:
    platforms = {platform for platform, _ in steps}
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    for (platform, key), here in steps.items():
        for other in platforms - {platform}:
            there = steps.get((other, key))
            # equal to the last digit means one vertex that both platforms share
            if there and here.seconds > 0 and here.seconds != there.seconds:
                found[platform, other].append(there.seconds / here.seconds)
    return {pair: median(ratios) for pair, ratios in found.items() if len(ratios) >= _RATIOS}
