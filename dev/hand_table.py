"""The table of dev.hand: three Dockerfiles of one application, and by step what a row is made of that falls short."""

import re
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

SHARE = 0.10
SECONDS = 0.2
ORIGINAL, HAND, OURS = "original", "hand-tuned", "ours"
VARIANTS = (ORIGINAL, HAND, OURS)

_HEADER = re.compile(r"#(\d+) (\S.*)")
_DONE = re.compile(r"#(\d+) DONE (\d+(?:\.\d+)?)s")
_SHOWN_S = 0.05


@dataclass(frozen=True, slots=True)
class Built:
    """One timed build: its wall seconds and what it printed with ``--progress=plain``."""

    seconds: float
    log: str


Row = Mapping[str, Sequence[Built]]
"""The builds of one scenario by variant, in the order of the runs."""


def median_s(builds: Sequence[Built]) -> float:
    """The median of their wall seconds."""
    return statistics.median(build.seconds for build in builds)


def is_within(ours_s: float, hand_s: float) -> bool:
    """Whether ours takes at most a tenth longer than the hand-tuned one, or at most 0.2 s."""
    return ours_s - hand_s <= max(SHARE * hand_s, SECONDS)


def table(rows: Mapping[str, Row]) -> Iterator[str]:
    """Yield the lines of the table."""
    heads = (*VARIANTS, "ours / hand")
    yield f"{'scenario':12}" + "".join(f"{head:>12}" for head in heads) + "  within"
    for scenario, row in rows.items():
        taken = {name: median_s(row[name]) for name in VARIANTS}
        figures = "".join(f"{taken[name]:12.2f}" for name in VARIANTS)
        ratio = taken[OURS] / taken[HAND]
        yield f"{scenario:12}{figures}{ratio:12.2f}  {'yes' if is_within(taken[OURS], taken[HAND]) else 'no'}"


def accounts(rows: Mapping[str, Row]) -> Iterator[str]:
    """Yield, for each row that is not within, the steps of the hand-tuned build and of ours by their seconds."""
    for scenario, row in rows.items():
        if is_within(median_s(row[OURS]), median_s(row[HAND])):
            continue
        for name in (HAND, OURS):
            build = sorted(row[name], key=lambda one: one.seconds)[(len(row[name]) - 1) // 2]
            yield f"\n{scenario}, {name}: {build.seconds:.2f} s"
            yield from (f"{seconds:8.1f}  {step}" for step, seconds in step_seconds(build.log))


def step_seconds(log: str) -> list[tuple[str, float]]:
    """Return what a plain log names with its seconds, longest first; what took under 0.05 s is left out.

    Steps run side by side: the sum may be more than the build took.
    """
    names: dict[str, str] = {}
    seconds: dict[str, float] = {}
    for line in log.splitlines():
        if done := _DONE.fullmatch(line):
            seconds[done[1]] = float(done[2])
        elif header := _HEADER.fullmatch(line):
            names.setdefault(header[1], header[2])  # a vertex' first line is its name
    listed = [(names.get(number, f"#{number}"), taken) for number, taken in seconds.items() if taken >= _SHOWN_S]
    return sorted(listed, key=lambda one: -one[1])
