"""What a step costs when it runs: what recorded builds measured, else what other projects paid."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from layerwise.ecosystems.effects import Work
from layerwise.graph.vertex import Kind, Step
from layerwise.model.priors import Prior, Priors
from layerwise.model.profile import EMPTY, Measured, Profile
from layerwise.records import Basis


@dataclass(frozen=True, slots=True)
class Cost:
    """What a step costs when it runs.

    Attributes:
        seconds: For totals: where the basis is ``UNKNOWN`` a stand-in that is never shown as the step's own figure.
        size: Bytes of its layer as stored, compressed: what a build exports, pushes and unpacks of it.
        basis: What stands behind ``seconds``; ``size`` may be a prior beside measured seconds.
        builds: How many recorded builds stand behind ``seconds``.
        empty_s: Seconds with empty cache mounts; None where that makes no difference, or none is known.
    """

    seconds: float
    size: int
    basis: Basis
    builds: int = 0
    empty_s: float | None = None

    @property
    def cold_s(self) -> float:
        """Seconds of a build that finds nothing cached."""
        return self.seconds if self.empty_s is None else self.empty_s

    @property
    def shown(self) -> float | None:
        """Seconds as a report may show them: None where nobody knows."""
        return None if self.basis is Basis.UNKNOWN else self.seconds


FREE = Cost(0.0, 0, Basis.PRIOR)


def weakest(bases: Iterable[Basis]) -> Basis:
    """Return the basis of figures that belong together: that of the least certain of them."""
    return max(bases, key=list(Basis).index)


def cost_of(step: Step, priors: Priors, build_platform: str, profile: Profile = EMPTY) -> Cost:
    """Return the cost of a step on a builder of ``build_platform``.

    Measured where a recorded build ran the same instruction on the same platform. Predicted where one ran it on
    another platform only: its seconds times what the platforms' other steps say, else the prior factor of emulation.
    """
    if step.kind is Kind.FROM:
        return FREE
    prior = _prior(step, priors, build_platform)
    if measured := profile.step(step):
        return _of(measured, prior, Basis.MEASURED)
    if found := profile.elsewhere(step):
        platform, there = found
        factor = _factor(step, platform, there, priors, build_platform, profile)
        return _of(replace(there, seconds=there.seconds * factor), prior, Basis.PREDICTED)
    return prior


def _of(measured: Measured, prior: Cost, basis: Basis) -> Cost:
    size = prior.size if measured.size_bytes is None else measured.size_bytes
    return Cost(measured.seconds, size, basis, measured.builds)


def _prior(step: Step, priors: Priors, build_platform: str) -> Cost:
    emulated = _emulated(step.platform, build_platform)
    warm = served_by_mounts(step)
    seconds, empty, size, known = 0.0, 0.0, 0, True
    for work in step.effects.work:
        prior = priors.work.get(work.kind)
        known = known and prior is not None and work.kind != "unknown"
        prior = prior or priors.work["unknown"]
        full = _seconds(work, prior) * (prior.emulation if emulated else 1.0)
        empty += full
        seconds += full * (prior.warm if warm else 1.0)
        size += _size(work, prior, step)
    copied = _changed(step) if step.kind is Kind.RUN else sum(selection.size for selection in step.files)
    overhead = priors.run_overhead_s if step.kind in _RUNS else 0.0
    return Cost(
        seconds + overhead + copied / priors.rates.copy,
        round((size + copied) * priors.rates.compressed_share),
        Basis.PRIOR if known else Basis.UNKNOWN,
        empty_s=empty + overhead + copied / priors.rates.copy if warm else None,
    )


def _changed(step: Step) -> int:
    """Return the bytes of the context's files that a recursive change of owner or mode copies into its own layer."""
    if not any(work.kind == "files.change" for work in step.effects.work):
        return 0
    trees = [path for path in step.effects.writes if path.tree]
    return sum(
        selection.context.entries[source].size or 0
        for selection in step.sees.copies()
        for source, place in selection.placed.items()
        if any(tree.covers(place) for tree in trees)
    )


def served_by_mounts(step: Step) -> bool:
    """Whether cache mounts of a step keep all that its commands would else download again."""
    caches = step.effects.caches
    return bool(caches) and all(step.mounts(cache.path) for cache in caches) and not step.effects.uncached


_RUNS = (Kind.RUN, Kind.UNKNOWN)


def _factor(step: Step, platform: str, there: Measured, priors: Priors, build_platform: str, profile: Profile) -> float:
    """Return what the seconds measured on ``platform`` are multiplied by; only a RUN runs the platform's programs."""
    if step.kind not in _RUNS:
        return 1.0
    if ratio := profile.ratios.get((platform, step.platform)):
        return ratio
    was = _emulated(platform, build_platform) if there.emulated is None else there.emulated
    emulation = _emulation(step, priors)
    return (emulation if _emulated(step.platform, build_platform) else 1.0) / (emulation if was else 1.0)


def _emulation(step: Step, priors: Priors) -> float:
    """Return the prior factor of emulation of all of a step's work, each kind weighed by its prior seconds."""
    unknown = priors.work["unknown"]
    work = [(priors.work.get(one.kind, unknown), one) for one in step.effects.work]
    native = sum(_seconds(one, prior) for prior, one in work)
    if not native:
        return max((prior.emulation for prior, _ in work), default=1.0)
    return sum(_seconds(one, prior) * prior.emulation for prior, one in work) / native


def _seconds(work: Work, prior: Prior) -> float:
    return prior.base_s + prior.package_s * work.packages


def _size(work: Work, prior: Prior, step: Step) -> int:
    """Return the bytes that work leaves in the layer: not those of what the same step removes again."""
    if (lists := _LISTS.get(work.kind)) and any(path.covers(lists) for path in step.effects.removes):
        return 0
    gone = {name for other in step.effects.work if other.kind.endswith(".remove") for name in other.names}
    return prior.base_bytes + prior.package_bytes * (work.packages - len(gone.intersection(work.names)))


_LISTS = {"apt.update": "/var/lib/apt/lists", "apk.update": "/var/cache/apk"}
"""Where what kinds of work fetch lies, and nothing else of theirs does."""


def _emulated(platform: str, build_platform: str) -> bool:
    """Whether a platform is not the builder's own; one that nobody knows is taken for the builder's."""
    return bool(platform) and _architecture(platform) != _architecture(build_platform)


def _architecture(platform: str) -> str:
    return platform.split("/", 1)[-1]
