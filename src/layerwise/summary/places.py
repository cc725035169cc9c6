"""Which steps of a build share a vertex, which an instruction, and which are the same in two builds."""

from collections import Counter
from collections.abc import Mapping, Sequence

from layerwise.records import BuildRecord, Ending, Outcome, StepRecord

Row = tuple[str, int, int, str]
"""What the steps of one instruction have in common within a build."""

Mark = tuple[str, str, int]
"""Platform and key of a step, and which of those alike it is: the same instruction may stand in a file twice."""

BASE = "FROM"
"""Keyword of the steps that bring a base image in: nothing runs in them, they are fetched or are there."""
_LOOK_UP_S = 0.5
"""A base that is there takes less, on a busy machine too: BuildKit only makes sure of it, and may call that a run."""


def row_of(step: StepRecord) -> Row:
    """Return what the steps that one instruction made on several platforms have in common."""
    return (step.stage, step.number, 0, "") if step.number else (step.stage, 0, step.line, step.key)


def ran(step: StepRecord) -> bool:
    """Whether a step ran to its end; a base did if it was fetched, whatever BuildKit calls it."""
    return (run_s(step) or 0.0) >= _LOOK_UP_S if step.keyword == BASE else step.outcome is Outcome.EXECUTED


def hit(step: StepRecord) -> bool:
    """Whether a step's result was there."""
    if step.keyword == BASE:
        return step.outcome in (Outcome.CACHED, Outcome.EXECUTED) and not ran(step)
    return step.outcome is Outcome.CACHED


def needless(step: StepRecord) -> bool:
    """Whether a hit further down spared a step of a completed build even the look-up."""
    return step.outcome is Outcome.SKIPPED and not ran(step)


def run_s(step: StepRecord) -> float | None:
    """Return the seconds of a step that ran, with the fetching of a base; None where nobody knows."""
    if step.keyword == BASE and step.transfers:
        return (step.duration_s or 0.0) + step.transfer_s
    return step.duration_s


def platforms_of(record: BuildRecord) -> tuple[str, ...]:
    """Return the platforms of a build: those asked for, then others that its steps name."""
    return tuple(dict.fromkeys((*record.platforms, *(step.platform for step in record.steps if step.platform))))


def sharing(record: BuildRecord, steps: Sequence[StepRecord]) -> tuple[str, ...]:
    """Return the platforms of ``steps``, in the build's order."""
    named = {step.platform for step in steps}
    return tuple(name for name in platforms_of(record) if name in named)


def by_vertex(record: BuildRecord) -> Mapping[str, Sequence[StepRecord]]:
    """Return the steps by vertex: each vertex with every place where it stands."""
    found: dict[str, list[StepRecord]] = {}
    for step in record.steps:
        found.setdefault(step.vertex, []).append(step)
    return found


def marks(record: BuildRecord) -> tuple[Mark, ...]:
    """Return for each step what tells it from every other step of its build, and finds it in another."""
    counts: Counter[tuple[str, str]] = Counter()
    found = []
    for step in record.steps:
        found.append((step.platform, step.key, counts[step.platform, step.key]))
        counts[step.platform, step.key] += 1
    return tuple(found)


def by_mark(record: BuildRecord) -> Mapping[Mark, StepRecord]:
    """Return the steps by their marks."""
    return dict(zip(marks(record), record.steps, strict=True))


def completed(builds: Sequence[BuildRecord]) -> tuple[BuildRecord, ...]:
    """Return the builds that ran to their end: of the others, BuildKit calls steps cached that it never reached."""
    return tuple(build for build in builds if build.ending is Ending.COMPLETED)
