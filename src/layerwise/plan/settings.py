"""Build settings that make a build cheaper and leave every file of the image as it is; nothing here applies them.

``compression``: layers go to the registry as zstd instead of gzip, which BuildKit writes about twice as fast and which
is smaller. Pullers before containerd 1.5 and Docker 23 don't read it: for the team to decide.

``push-only``: on the docker driver with the containerd image store a pushed image is unpacked into the local store too.
``store=false`` leaves that out where nobody runs the image on the machine that built it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from layerwise.analysis import Analysis
from layerwise.model.change import COLD
from layerwise.model.estimate import Estimator
from layerwise.model.priors import priors
from layerwise.plan.options import Options


@dataclass(frozen=True, slots=True)
class Setting:
    """A build setting that the team may take.

    Attributes:
        name: What it is called.
        option: What to add to the image exporter's options (``--output type=image,push=true,…``).
        why: One sentence.
        evidence: Where this build does it otherwise.
        saves_s: Expected seconds a build over the replayed history, predicted for the rewritten file.
        saves_cold_s: The same of a cold build.
    """

    name: str
    option: str
    why: str
    evidence: tuple[str, ...]
    saves_s: float
    saves_cold_s: float


def settings_of(analysis: Analysis, options: Options) -> Iterator[Setting]:
    """Yield the settings that are worth it for a build that pushes; ``analysis`` is of the rewritten file."""
    if not analysis.facts.pushes:
        return
    estimator = analysis.facts.estimator
    found = [_setting(analysis, estimator.exporting(faster=priors().zstd.faster), *_COMPRESSION)]
    if "unpack" in estimator.after_steps:
        found.append(_setting(analysis, estimator.exporting(without="unpack"), *_PUSH_ONLY))
    weight = options.weight_of_cold(analysis.facts)
    for setting in found:
        if setting.saves_s + weight * setting.saves_cold_s >= options.threshold_s:
            yield setting


_COMPRESSION = (
    "compression",
    "compression=zstd,oci-mediatypes=true",
    "zstd writes the layers about twice as fast as gzip, and smaller; pullers before containerd 1.5 can't read it",
)
_PUSH_ONLY = (
    "push-only",
    "store=false",
    "the recorded builds unpack the image into the local store too, which only a run on the same machine needs",
)


def _setting(analysis: Analysis, other: Estimator, name: str, option: str, why: str) -> Setting:
    facts = analysis.facts
    expected = analysis.expected_s() - other.mean(analysis.graphs, facts.commits)
    cold = analysis.scenario_s(COLD) - other.build(analysis.graphs, COLD).seconds
    return Setting(name, option, why, facts.pushes, expected, cold)
