"""How long the steps of a build that runs are expected to take, by every time that they ran before."""

from collections.abc import Callable, Mapping, Sequence
from statistics import median

from layerwise.builder.names import StepName
from layerwise.builder.placing import Layout
from layerwise.builder.step_records import emulated
from layerwise.records import Execution
from layerwise.summary.costs import Executions


def expected(
    layout: Layout, executions: Executions, native: Mapping[str, str]
) -> Callable[[str, StepName], float | None]:
    """Return what says the seconds of a step of a platform, None where it was never seen to run.

    Args:
        layout: Of the Dockerfile.
        executions: Of its instructions.
        native: The platform of the machine that builds a platform, "" where it is not known: what ran under emulation
            says nothing of a native run.
    """

    def of(platform: str, name: StepName) -> float | None:
        position = layout.numbered(name.stage, name.number, name.instruction)
        if position is None:
            return None
        known = _of(executions, platform, position.key)
        runs = position.keyword.endswith("RUN")
        foreign = emulated(name.runs_on or platform, native.get(platform, "")) if runs else False
        alike = [one.duration_s for one in known if None in (one.emulated, foreign) or one.emulated == foreign]
        return median(alike) if alike else None

    return of


def _of(executions: Executions, platform: str, key: str) -> Sequence[Execution]:
    """Return the executions of an instruction: where it is not known for which platform, those of the only one."""
    if platform:
        return executions.get((platform, key), ())
    found = [known for (_, one), known in executions.items() if one == key]
    return found[0] if len(found) == 1 else ()
