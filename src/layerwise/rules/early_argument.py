r"""A build argument that changes often stands above steps that do not read it.

The value of every ARG and ENV in force is part of a RUN's cache key, used or not. A commit id at the top of a stage
makes each RUN below it run again on every build, however little of the source changed.

## Bad

```dockerfile
FROM debian:bookworm-slim
ARG GIT_COMMIT
RUN apt-get update && apt-get install -y ffmpeg
RUN echo "$GIT_COMMIT" > /etc/revision
```

## Good

```dockerfile
FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y ffmpeg
ARG GIT_COMMIT
RUN echo "$GIT_COMMIT" > /etc/revision
```
"""

from collections.abc import Iterator

from layerwise.analysis import Analysis
from layerwise.graph.passage import Passage
from layerwise.graph.variable_order import variable_past
from layerwise.graph.vertex import Step
from layerwise.rules.base import Diagnosis, Severity
from layerwise.syntax.tree import Instruction, Pairs, Stage

SEVERITY = Severity.WARNING
MENDED_BY = "late-args"


def check(analysis: Analysis) -> Iterator[Diagnosis]:
    """Yield each changing ARG that is in the key of a RUN which has no use for it."""
    for stage in analysis.stages():
        for instruction in stage.instructions:
            if not isinstance(instruction, Pairs) or instruction.keyword != "ARG":
                continue
            for pair in instruction.pairs:
                if share := analysis.changes(pair.name):
                    yield from _found(analysis, stage, instruction, pair.name, share)


def _found(analysis: Analysis, stage: Stage, instruction: Instruction, name: str, share: float) -> Iterator[Diagnosis]:
    idle = [step for step in analysis.runs_below(stage, instruction) if _idle(analysis, step, name)]
    if not idle:
        return
    lines = sorted({step.line for step in idle})
    placed = [(graph, step) for graph in analysis.graphs for step in idle if step in graph.steps]
    seconds = sum(analysis.cost(step).seconds for graph, step in placed)
    often = "on every build" if share >= 1 else f"on {share:.0%} of builds"
    where = f"line {lines[0]}" if len(lines) == 1 else f"{len(lines)} steps from line {lines[0]}"
    yield Diagnosis(
        instruction.line,
        f"{name} changes {often} and makes {where} run again, which {_has(lines)} no use for it",
        seconds * share,
        tuple(dict.fromkeys(step.instruction for step in idle if step.instruction)),
    )


def _has(lines: list[int]) -> str:
    return "has" if len(lines) == 1 else "have"


def _idle(analysis: Analysis, step: Step, name: str) -> bool:
    """Whether a RUN has the argument in its key and is known not to read it."""
    assert step.instruction
    verdict = variable_past(analysis.graphs, step.instruction, frozenset({name}), analysis.dockerfile.escape)
    return f"arg {name}" in step.origins and verdict.passage is not Passage.STOP
