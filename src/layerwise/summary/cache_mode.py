"""Whether a cache that lasts pays: what it has saved a build by measurement, against what it took.

What the builder held by itself was not saved by the cache, so a hit counts only where the builder is not known to have
had that step before. A saving that is not known counts as nothing: each figure is the least that it can be.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from statistics import fmean

from layerwise.builder.cache.attributes import MAX, MIN, OFF
from layerwise.records import Basis, BuildRecord, StepRecord
from layerwise.summary.costs import Costs, place_of
from layerwise.summary.places import BASE, completed, hit, needless

_ENOUGH = 5
"""Builds with an export from which a cache is weighed: fewer say little."""
_MARGIN_S = 1.0
"""A build that is slower by less is not worth a change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheMode:
    """How a cache is sent out.

    Attributes:
        mode: ``max``, ``min`` or ``off``.
        why: The reason, with its figures.
        basis: What stands behind them.
    """

    mode: str
    why: str
    basis: Basis


@dataclass(frozen=True, slots=True, kw_only=True)
class _Weighed:
    """Mean seconds a build."""

    builds: int
    saved_s: float
    inner_s: float
    import_s: float
    export_s: float
    inner_share: float | None

    @property
    def cost_s(self) -> float:
        return self.import_s + self.export_s


def cache_mode(builds: Sequence[BuildRecord], costs: Costs, inner: Collection[str]) -> CacheMode:
    """Return the mode that pays.

    Args:
        builds: The newest ones of the project, whether they had a cache or not.
        costs: What their steps take when they run.
        inner: The stages that the target needs and the image does not hold: ``max`` alone keeps their steps.
    """
    prior = MAX if inner else MIN
    plain = "steps of other stages are kept too" if inner else "every step is in the image"
    seen = _weighed(builds, costs, inner)
    if seen is None:
        return CacheMode(mode=prior, why=f"{plain}; too few recorded builds to weigh it", basis=Basis.PRIOR)
    told = (
        f"over {seen.builds} builds it saved at least {seen.saved_s:.1f} s each, and took {seen.import_s:.1f} s to "
        f"bring in and {seen.export_s:.1f} s to send out"
    )
    if seen.saved_s + _MARGIN_S < seen.cost_s:
        return CacheMode(mode=OFF, why=f"{told}; --cache-mode {prior} keeps it", basis=Basis.MEASURED)
    if inner and seen.inner_share is not None and seen.inner_s + _MARGIN_S < seen.export_s * seen.inner_share:
        less = f"{told}, of which other stages than the image's saved {seen.inner_s:.1f} s"
        return CacheMode(mode=MIN, why=f"{less}; --cache-mode {MAX} keeps them", basis=Basis.MEASURED)
    return CacheMode(mode=prior, why=told, basis=Basis.MEASURED)


def _weighed(builds: Sequence[BuildRecord], costs: Costs, inner: Collection[str]) -> _Weighed | None:
    """Return what a cache did in the builds that exported one, None where these are too few."""
    oldest_first = sorted(completed(builds), key=lambda build: build.started_at or 0.0)
    had: set[tuple[str, str, str]] = set()
    rows = []
    for build in oldest_first:
        fresh = [step for step in build.distinct() if _mark(build, step) not in had]
        had |= {_mark(build, step) for step in build.steps}
        if _spent(build, "cache-export") is not None:
            saved = [(step, costs.median_s(step) or 0.0) for step in fresh if _served(step)]
            rows.append((build, saved))
    if len(rows) < _ENOUGH:
        return None
    return _Weighed(
        builds=len(rows),
        saved_s=fmean(sum(seconds for _, seconds in saved) for _, saved in rows),
        inner_s=fmean(sum(seconds for step, seconds in saved if step.stage in inner) for _, saved in rows),
        import_s=fmean((_spent(build, "cache-import") or 0.0) + _fetched(build) for build, _ in rows),
        export_s=fmean(_spent(build, "cache-export") or 0.0 for build, _ in rows),
        inner_share=_inner_share([build for build, _ in rows], inner),
    )


def _mark(build: BuildRecord, step: StepRecord) -> tuple[str, str, str]:
    return (build.builder, place_of(step), step.key)


def _served(step: StepRecord) -> bool:
    return step.keyword != BASE and (hit(step) or needless(step))


def _spent(build: BuildRecord, kind: str) -> float | None:
    """Return the seconds of a kind of overhead, None where there was none that succeeded."""
    found = [one.duration_s for one in build.overheads if one.kind == kind and not one.error]
    return sum(found) if found else None


def _fetched(build: BuildRecord) -> float:
    return sum(step.transfer_s for step in build.distinct() if step.keyword != BASE)


def _inner_share(builds: Sequence[BuildRecord], inner: Collection[str]) -> float | None:
    """Return which share of the bytes that a cache holds is in other stages than the image's, None if unknown."""
    for build in reversed(builds):
        steps = [step for step in build.distinct() if step.keyword != BASE and step.size_bytes is not None]
        if whole := sum(step.size_bytes or 0 for step in steps):
            return sum(step.size_bytes or 0 for step in steps if step.stage in inner) / whole
    return None
