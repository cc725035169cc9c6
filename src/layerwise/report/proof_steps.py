"""The steps of a scenario's builds before and after, side by side."""

from collections.abc import Sequence
from dataclasses import dataclass

from layerwise.records import BuildRecord
from layerwise.report.bench_claims import LEAD
from layerwise.report.build_words import took
from layerwise.report.compare_grid import compare_grid
from layerwise.report.grid import Grid
from layerwise.summary.compare import compare
from layerwise.syntax.display import one_line


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What was recorded of one scenario on one platform: a build of each side.

    Attributes:
        scenario: Its name.
        platform: What was built for.
        before: A build of the file as it stands; of several runs the middle one.
        after: A build of the file with the kept edits, likewise.
    """

    scenario: str
    platform: str
    before: BuildRecord
    after: BuildRecord


def ordered(recorded: Sequence[Recorded]) -> tuple[Recorded, ...]:
    """Return what was recorded, the scenario of every day first."""
    return tuple(sorted(recorded, key=lambda one: one.scenario != LEAD))


def steps_title(recorded: Recorded) -> str:
    """Return what the table of steps is of."""
    walls = " -> ".join(map(took, (recorded.before.wall_s, recorded.after.wall_s)))
    what = f"{one_line(recorded.scenario)} on {one_line(recorded.platform)}"
    return f"Steps of {what}, one build each, by the engine: {walls}"


def steps_grid(recorded: Recorded, limit: int, width: int = 80) -> Grid:
    """Return the steps and overheads that differ, the ``limit`` whose seconds differ most."""
    return compare_grid(compare(recorded.before, recorded.after), limit, width)
