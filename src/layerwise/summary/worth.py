"""What the cache is worth: what its hits saved, less what bringing it in and sending it out took."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from layerwise.records import BuildRecord
from layerwise.summary.costs import Costs
from layerwise.summary.places import BASE, completed, hit, needless
from layerwise.summary.totals import Total, total


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """What the cache saved and took, in seconds of work that may have been done side by side.

    Attributes:
        builds: Over how many builds.
        saved: What the steps that were cached, or not needed because of a hit below, take when they run; each vertex
            once, bases left out. Steps never seen to run are its unknown.
        import_s: Cache imports, and the fetching of layers after a hit.
        export_s: Cache exports.
    """

    builds: int
    saved: Total
    import_s: float
    export_s: float

    @property
    def net_s(self) -> float | None:
        """Seconds saved less those taken: at least that where some of ``saved`` is unknown, None where all of it is."""
        return None if self.saved.value is None else self.saved.seconds - self.import_s - self.export_s


def worth(builds: Sequence[BuildRecord], costs: Costs) -> Worth:
    """Return what the cache was worth in the completed ones of ``builds``."""
    counted = completed(builds)
    return Worth(
        builds=len(counted),
        saved=total(_saved(counted, costs)),
        import_s=sum(_spent(build, "cache-import") + _fetched(build) for build in counted),
        export_s=sum(_spent(build, "cache-export") for build in counted),
    )


def _saved(builds: Sequence[BuildRecord], costs: Costs) -> Iterator[float | None]:
    for build in builds:
        for step in build.distinct():
            if step.keyword != BASE and (hit(step) or needless(step)):
                yield costs.median_s(step)


def _fetched(build: BuildRecord) -> float:
    return sum(step.transfer_s for step in build.distinct() if step.keyword != BASE)


def _spent(build: BuildRecord, kind: str) -> float:
    return sum(overhead.duration_s for overhead in build.overheads if overhead.kind == kind)
