r"""Drops a RUN that says again what an equal one above it has done.

The second one costs its seconds and a layer on every rebuild. It is dropped where both run the same command with the
same variables, directory, user and shell, and nothing between them writes what the command reads or writes.

Whether the command does nothing a second time is for a build to show: the class is `equivalent, after proof`. Refused
for commands that layerwise does not know, and where what stands between is not known.

## Before

```dockerfile
FROM python:3.12-slim
WORKDIR /app
COPY . .
RUN pip install -r requirements.txt
RUN mkdir -p /data/output
RUN pip install -r requirements.txt
```

## After

```dockerfile
FROM python:3.12-slim
WORKDIR /app
COPY . .
RUN pip install -r requirements.txt
RUN mkdir -p /data/output
```
"""

from collections.abc import Iterable, Iterator

from layerwise.analysis import Analysis
from layerwise.ecosystems.effects import SYSTEM, Path
from layerwise.graph.passage import brief
from layerwise.graph.state import origin
from layerwise.graph.vertex import Graph, Step
from layerwise.passes.base import Proposal, Refusal, Safety
from layerwise.syntax.edit import remove
from layerwise.syntax.tree import Instruction, Run, Stage

SAFETY = Safety.AFTER_PROOF
NEEDS_BUILDKIT = False


def propose(analysis: Analysis) -> Iterator[Proposal | Refusal]:
    """Yield a proposal for each RUN that an equal one stands above in its stage."""
    for stage in analysis.stages():
        runs: dict[str, Run] = {}
        for instruction in stage.instructions:
            if isinstance(instruction, Run) and analysis.steps_of(instruction):
                first = runs.setdefault(origin(instruction), instruction)
                if first is not instruction:
                    yield _judged(analysis, stage, first, instruction)


def _judged(analysis: Analysis, stage: Stage, first: Run, again: Run) -> Proposal | Refusal:
    between = stage.instructions[stage.instructions.index(first) + 1 : stage.instructions.index(again)]
    for graph in analysis.graphs:
        one, other = graph.at(first), graph.at(again)
        if one is not None and other is not None and (why := _why_not(graph, one, other, between)):
            return Refusal(again.line, f"{brief(again)} stays although an equal one stands above: {why}")
    doubt = f"{brief(again)} does nothing more when it runs a second time"
    return Proposal(
        line=again.line,
        why=f"{brief(again)} does what an equal one above has done, and nothing between changes what it reads",
        evidence=("both run with the same variables, directory and user", doubt),
        safety=Safety.AFTER_PROOF,
        edits=(remove(analysis.dockerfile, again),),
        stage=stage.index,
        moved=origin(again),
        subject=f"{stage.label} {origin(again)}",
        doubts=(doubt,),
    )


def _why_not(graph: Graph, first: Step, again: Step, between: Iterable[Instruction]) -> str:
    if first.effects.opaque:
        return f"{first.effects.opaque}"
    if first.definition != again.definition:
        changed = sorted({name for name, _ in set(first.definition) ^ set(again.definition)})
        return f"{', '.join(changed)} differs by then"
    touched = (*first.effects.reads, *first.effects.writes, *again.effects.reads, *again.effects.writes)
    for instruction in between:
        step = graph.at(instruction)
        if step is not None and step.effects.opaque:
            return f"{brief(instruction)} may change anything ({step.effects.opaque})"
        if step is not None and (path := _overlap(step.effects.writes, (*touched, *SYSTEM))):
            return f"{brief(instruction)} writes {path}"
    return ""


def _overlap(written: Iterable[Path], touched: tuple[Path, ...]) -> str:
    return next((path.path for path in sorted(written) if any(path.overlaps(other) for other in touched)), "")
