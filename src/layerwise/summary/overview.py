"""Everything that is told of one build, in one value."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from layerwise.records import BuildRecord, Place
from layerwise.summary.bottlenecks import Bottlenecks, bottlenecks
from layerwise.summary.changes import ChangeCost, changes
from layerwise.summary.costs import Costs, Executions
from layerwise.summary.layers import Layer, layers
from layerwise.summary.places import completed
from layerwise.summary.worth import Worth, worth


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One build, and the builds before it that are of the same Dockerfile and target.

    Attributes:
        record: The build.
        builds: How many completed builds hit rates, changes and worth are counted over, the build itself included.
        bottlenecks: Where its seconds went.
        layers: How the layers of its steps fared over those builds.
        changes: What builds took by kind of change, those for the same platforms.
        worth: What the cache was worth in this build; None where it did not complete.
        worth_of_all: The same over those builds.
        mended: What mends a step, by its key.
        disk_bytes: What the builder's cache holds on disk, None where nobody looked.
        now: Seconds since the epoch.
    """

    record: BuildRecord
    builds: int
    bottlenecks: Bottlenecks
    layers: tuple[Layer, ...]
    changes: tuple[ChangeCost, ...]
    worth: Worth | None
    worth_of_all: Worth
    mended: Mapping[str, str]
    disk_bytes: int | None
    now: float

    @property
    def explained(self) -> float | None:
        """Share of the wall time that steps and overheads on the critical path account for; None if not known."""
        return self.bottlenecks.wall_share(self.record.explained_s)

    @property
    def unexplained_s(self) -> float | None:
        """Seconds of the wall time between vertices, where BuildKit reports nothing; None if not known."""
        return None if self.bottlenecks.wall_s is None else max(0.0, self.bottlenecks.wall_s - self.record.explained_s)

    @property
    def placed_by_name(self) -> bool:
        """Whether the stage and platform of some step were read from its name, which proves neither."""
        return any(step.place is Place.NAME for step in self.record.steps)


def report_of(
    record: BuildRecord,
    earlier: Sequence[BuildRecord],
    executions: Executions,
    mended: Mapping[str, str],
    now: float,
    disk_bytes: int | None = None,
) -> Report:
    """Return what is told of ``record``.

    Args:
        record: The build.
        earlier: Builds before it, in any order; those of another Dockerfile or target are left out.
        executions: Every known run of its steps, by platform and key.
        mended: What mends a step, by ``StepRecord.key``: ``late-args``.
        now: Seconds since the epoch.
        disk_bytes: What the builder's cache holds on disk, None where nobody looked.
    """
    builds = (record, *(build for build in earlier if build.id != record.id and _same_work(record, build)))
    costs = Costs(builds, executions)
    return Report(
        record=record,
        builds=len(completed(builds)),
        bottlenecks=bottlenecks(record),
        layers=layers(record, builds, costs, now),
        changes=changes([build for build in builds if _agree(set(record.platforms), set(build.platforms))]),
        worth=worth((record,), costs) if completed((record,)) else None,
        worth_of_all=worth(builds, costs),
        mended=mended,
        disk_bytes=disk_bytes,
        now=now,
    )


def _same_work(record: BuildRecord, other: BuildRecord) -> bool:
    """Whether two builds are of the same Dockerfile and target, as far as the records say."""
    mine, theirs = record.sources, other.sources
    return (
        record.project == other.project
        and _agree(mine.dockerfile, theirs.dockerfile)
        and (mine.target == theirs.target or not (mine.dockerfile and theirs.dockerfile))
    )


def _agree(mine: object, other: object) -> bool:
    """Whether two values are equal, or one of them is not known."""
    return not mine or not other or mine == other
