r"""Source is copied above a step that installs dependencies.

Every commit changes the content that the COPY takes, so it changes the cache key of the COPY and of each step below
it: the install runs again although its manifest is the same.

## Bad

```dockerfile
FROM python:3.12-slim
WORKDIR /app
COPY . .
RUN pip install -r requirements.txt
```

## Good

```dockerfile
FROM python:3.12-slim
WORKDIR /app
COPY requirements.txt ./
RUN pip install -r requirements.txt
COPY . .
```
"""

from collections.abc import Iterator

from layerwise.analysis import Analysis
from layerwise.graph.copy_order import past_below
from layerwise.graph.passage import Passage, brief, briefs
from layerwise.model.change import Change
from layerwise.rules.base import Diagnosis, Severity
from layerwise.syntax.tree import Copy, Run, Stage

SEVERITY = Severity.WARNING
MENDED_BY = "manifest-first"


def check(analysis: Analysis) -> Iterator[Diagnosis]:
    """Yield each COPY of changing files above a RUN that needs few of them or none."""
    for stage in analysis.stages():
        for instruction in stage.instructions:
            if isinstance(instruction, Copy) and not instruction.heredocs:
                yield from _found(analysis, stage, instruction)


def _found(analysis: Analysis, stage: Stage, copy: Copy) -> Iterator[Diagnosis]:
    copied = analysis.steps_of(copy)
    if not copied or not copied[0].files:
        return
    victims, needed = _victims(analysis, stage, copy)
    if not victims:
        return
    selection = copied[0].files[0]

    def justified(change: Change) -> bool:
        return not any(selection.covers(path) and path not in needed for path in change.files) or bool(
            change.files & needed
        )

    steps = [step for run in victims for step in analysis.steps_of(run)]
    lost_s = analysis.wasted_s(steps, justified)
    if lost_s:
        verb = "need" if len(victims) > 1 else "needs"
        few = f"only {', '.join(sorted(needed))}" if needed else "none of it"
        message = f"{brief(copy)} makes {briefs(victims)} run again, which {verb} {few}"
        yield Diagnosis(copy.line, message, lost_s, tuple(victims))


def _victims(analysis: Analysis, stage: Stage, copy: Copy) -> tuple[list[Run], frozenset[str]]:
    """Return the RUNs right below that the COPY could follow, and the context's files that they need."""
    victims: list[Run] = []
    needed: frozenset[str] = frozenset()
    for below, verdict in past_below(analysis.graphs, stage, copy, analysis.dockerfile.escape):
        if verdict.passage is not Passage.STOP and isinstance(below, Run):
            victims.append(below)
            needed |= verdict.needs
    return victims, needed
