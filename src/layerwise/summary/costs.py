"""What a step takes when it runs, from every time that it did."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from layerwise.records import BuildRecord, Execution, StepRecord
from layerwise.summary.places import ran, run_s
from layerwise.summary.totals import middle

Executions = Mapping[tuple[str, str], Sequence[Execution]]
"""By the platform that it ran on and the key of the step, as the store gives them."""


class Costs:
    """Every known execution of the steps of some builds."""

    def __init__(self, builds: Sequence[BuildRecord], executions: Executions) -> None:
        """Take what the store knows, and from ``builds`` what they saw themselves."""
        seen = {build.id for build in builds}
        found: dict[tuple[str, str], list[Execution]] = defaultdict(list)
        for place, known in executions.items():
            found[place] += [one for one in known if one.build not in seen]
        for build in builds:
            for one in executions_of(build):
                found[one.platform, one.key].append(one)
        self._found = found

    def median_s(self, step: StepRecord) -> float | None:
        """Return the median seconds of a step's executions, None where it was never seen to run.

        What ran under emulation says nothing of a native run, nor the other way round.
        """
        return middle(one.duration_s for one in self._of(step) if _alike(one.emulated, step.emulated))

    def last(self, step: StepRecord, until: float | None) -> float | None:
        """Return when a step last began to run, no later than ``until`` (seconds since the epoch); None if unknown."""
        known = (one.started_at for one in self._of(step) if one.started_at is not None)
        return max((start for start in known if until is None or start <= until), default=None)

    def _of(self, step: StepRecord) -> Sequence[Execution]:
        return self._found.get((place_of(step), step.key), ())


def place_of(step: StepRecord) -> str:
    """Return the platform that a step runs on, which decides what it takes."""
    return step.runs_on or step.platform


def executions_of(build: BuildRecord) -> Iterable[Execution]:
    """Yield the steps of a build that ran to their end in a known time; what platforms share, once where it ran."""
    seen: set[tuple[str, str, str]] = set()
    for step in build.steps:
        mark = (step.vertex, place_of(step), step.key)
        seconds = run_s(step)
        if mark in seen or seconds is None or not ran(step):
            continue
        seen.add(mark)
        yield Execution(
            platform=place_of(step),
            key=step.key,
            build=build.id,
            started_at=_began(build, step),
            duration_s=seconds,
            size_bytes=step.size_bytes,
            emulated=step.emulated,
        )


def _began(build: BuildRecord, step: StepRecord) -> float | None:
    spans = (*step.spans, *step.transfers)
    return None if build.started_at is None or not spans else build.started_at + min(spans).start_s


def _alike(one: bool | None, other: bool | None) -> bool:
    return one is None or other is None or one == other
