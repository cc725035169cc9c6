"""What a step costs when it runs."""

from dataclasses import dataclass
from enum import Enum

from layerwise.ecosystems.effects import Work
from layerwise.graph.vertex import Kind, Step
from layerwise.model.priors import Prior, Priors


class Basis(Enum):
    """What stands behind a figure."""

    MEASURED = "measured"
    PREDICTED = "predicted"
    PRIOR = "prior"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Cost:
    """What a step costs when it runs.

    Attributes:
        seconds: For totals: where the basis is ``UNKNOWN`` a stand-in that is never shown as the step's own figure.
        size: Bytes that the step adds to its layer, uncompressed.
        basis: What stands behind ``seconds``.
    """

    seconds: float
    size: int
    basis: Basis

    @property
    def shown(self) -> float | None:
        """Seconds as a report may show them: None where nobody knows."""
        return None if self.basis is Basis.UNKNOWN else self.seconds


FREE = Cost(0.0, 0, Basis.PRIOR)


def cost_of(step: Step, priors: Priors, build_platform: str) -> Cost:
    """Return the prior cost of a step on a builder of ``build_platform``."""
    if step.kind is Kind.FROM:
        return FREE
    emulated = _architecture(step.platform) != _architecture(build_platform)
    seconds, size, known = 0.0, 0, True
    for work in step.effects.work:
        prior = priors.work.get(work.kind)
        known = known and prior is not None and work.kind != "unknown"
        seconds += _seconds(work, prior or priors.work["unknown"], emulated=emulated)
        size += _size(work, prior or priors.work["unknown"])
    copied = sum(selection.size for selection in step.files) if step.kind is not Kind.RUN else 0
    overhead = priors.run_overhead_s if step.kind in (Kind.RUN, Kind.UNKNOWN) else 0.0
    return Cost(
        seconds + overhead + copied / priors.rates.copy,
        size + copied,
        Basis.PRIOR if known else Basis.UNKNOWN,
    )


def _seconds(work: Work, prior: Prior, *, emulated: bool) -> float:
    return (prior.base_s + prior.package_s * work.packages) * (prior.emulation if emulated else 1.0)


def _size(work: Work, prior: Prior) -> int:
    return prior.base_bytes + prior.package_bytes * work.packages


def _architecture(platform: str) -> str:
    return platform.split("/", 1)[-1]
