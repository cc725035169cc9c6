"""What a bench has measured: a row for each scenario and platform."""

import statistics
from dataclasses import dataclass
from enum import Enum

from layerwise.records import Basis


class Side(Enum):
    """Which Dockerfile a build is of."""

    BEFORE = "before"
    """The Dockerfile as it stands."""
    AFTER = "after"
    """The Dockerfile as a plan rewrites it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One timed build.

    Attributes:
        scenario: Its name, as in ``model.scenarios``.
        platform: What it was built for.
        side: Which Dockerfile.
        number: Counts the rounds from 1.
        wall_s: Seconds from the start of the client to its end, export included.
        build: The id of its record in the store, "" where there is none.
        cache_bytes: What the bench's builds hold in the build cache afterwards, None where nobody can tell.
    """

    scenario: str
    platform: str
    side: Side
    number: int
    wall_s: float
    build: str = ""
    cache_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """Seconds of one scenario, platform and side, as often as they were measured.

    Attributes:
        seconds: At least one, in the order of the runs.
    """

    seconds: tuple[float, ...]

    @property
    def median_s(self) -> float:
        """The middle one, in seconds."""
        return statistics.median(self.seconds)

    @property
    def spread_s(self) -> float | None:
        """Half the distance between the least and the most, in seconds; None where there was one run."""
        return (max(self.seconds) - min(self.seconds)) / 2 if len(self.seconds) > 1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One scenario on one platform.

    Attributes:
        scenario: Its name.
        platform: What was built for.
        subject: What the scenario changes, in words.
        before: The Dockerfile as it stands; None where it was not measured.
        after: As the plan rewrites it; None where there is no plan, or it was not measured.
        predicted_before_s: What the model says of it with the profile from before the bench; None for nothing.
        predicted_after_s: The same of the rewritten file.
        predicted_basis: Of both predictions.
        cache_bytes: What the build cache holds after the last run of this scenario, before and after; None: unknown.
        unmeasured: Why nothing was measured, a sentence; "" where something was.
    """

    scenario: str
    platform: str
    subject: str
    before: Figure | None = None
    after: Figure | None = None
    predicted_before_s: float | None = None
    predicted_after_s: float | None = None
    predicted_basis: Basis = Basis.UNKNOWN
    cache_bytes: tuple[int | None, int | None] = (None, None)
    unmeasured: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A whole bench.

    Attributes:
        project: What was built, as in ``records.BuildRecord``.
        dockerfile: Its path from the project's root.
        planned: Whether a rewritten Dockerfile was measured beside it.
        isolation: How its builds are kept apart from the cache of others, a sentence.
        rows: By scenario, in the order measured, then by platform.
        spent_s: Seconds of all timed builds.
        budget_s: Seconds that the user gave, None for no limit.
        notes: What a reader must know: runs left out for the budget, an interruption; a sentence each.
    """

    project: str
    dockerfile: str
    planned: bool
    isolation: str
    rows: tuple[Row, ...]
    spent_s: float
    budget_s: float | None = None
    notes: tuple[str, ...] = ()

    def row(self, scenario: str, platform: str) -> Row | None:
        """Return the row of a scenario and platform, None where there is none."""
        wanted = (scenario, platform)
        return next((row for row in self.rows if (row.scenario, row.platform) == wanted), None)
