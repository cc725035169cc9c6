r"""An install reads sources that a stage above has emptied.

The stage that [names-first](../passes/names-first.md) writes keeps the names of the sources and empties them, for an
editable install of a project that says all in pyproject.toml reads no more. Once the project gets a setup.py, another
build backend, or a version that is taken from a source, its install reads empty files. The build may still pass, and
the image then holds a project with the wrong version, or without its extension modules.

The way out: take the stage away, and let the COPY of the sources stand above the install again.

## Bad

```dockerfile
FROM python:3.12-slim AS names
WORKDIR /app
COPY . ./
RUN find . -type f ! -path ./pyproject.toml ! -path ./setup.py -exec truncate -s 0 {} +

FROM python:3.12-slim
WORKDIR /app
COPY --from=names /app/ .
RUN pip install --no-cache-dir -e .
COPY . .
```

## Good

```dockerfile
FROM python:3.12-slim
WORKDIR /app
COPY . .
RUN pip install --no-cache-dir -e .
```
"""

from collections.abc import Iterator

from layerwise.analysis import Analysis
from layerwise.ecosystems.effects import Path
from layerwise.ecosystems.setuptools_project import undeclared
from layerwise.graph.passage import brief
from layerwise.graph.vertex import Graph, Step
from layerwise.rules.base import Diagnosis, Severity
from layerwise.syntax.tree import Copy, Instruction, Stage

SEVERITY = Severity.WARNING
MENDED_BY = None

_BUILDS = "pip.install-project"


def check(analysis: Analysis) -> Iterator[Diagnosis]:
    """Yield each stage or RUN that empties what an install below it reads, once."""
    seen: set[int] = set()
    for graph in analysis.graphs:
        for step in graph:
            if step.instruction is None or step.line in seen or not _builds(step):
                continue
            emptying = _emptying(graph, step)
            project = _emptied(step)
            if emptying is not None and project is not None:
                seen.add(step.line)
                yield _diagnosis(analysis, step, emptying, project)


def _builds(step: Step) -> bool:
    return step.sees.is_hollow and any(work.kind == _BUILDS for work in step.effects.work)


def _emptying(graph: Graph, step: Step) -> Step | None:
    """Return the nearest RUN above an install that empties files, in whichever stage."""
    return next((other for other in reversed(graph.steps[: graph.steps.index(step)]) if other.effects.emptied), None)


def _emptied(step: Step) -> str | None:
    """Return the directory that an install reads and of which a file was emptied, None where it reads no such file."""
    places = [place for copied in step.sees.copies() for place in copied.placed.values()]
    trees = sorted(path.path for path in step.effects.reads if path.tree)
    for tree in trees:
        below = (place for place in places if Path(tree, tree=True).covers(place))
        if any(step.sees.is_empty(place) for place in below):
            return tree
    return None


def _diagnosis(analysis: Analysis, step: Step, emptying: Step, project: str) -> Diagnosis:
    assert step.instruction
    assert emptying.instruction
    stages = analysis.dockerfile.stages
    mine, other = stages[step.stage_index], stages[emptying.stage_index]
    why = undeclared(project, step.sees) or "an install that is not editable copies them"
    reads = f"{brief(step.instruction)} in line {step.line} reads the sources of {project}: {why}"
    if mine is other:
        return Diagnosis(emptying.line, f"{reads}; this line has emptied them: take it away", 0.0, spoils=True)
    lines = ", ".join(str(one.line) for one in _copies(mine, other))
    gone = f"take this stage away, and the COPY that uses it (line {lines})" if lines else "take this stage away"
    back = f"copy the sources above line {step.line}"
    return Diagnosis(other.opening.line, f"{reads}; this stage has emptied them: {gone}, and {back}", 0.0, spoils=True)


def _copies(stage: Stage, other: Stage) -> Iterator[Instruction]:
    """Yield the COPY instructions of a stage that take something of another one."""
    for instruction in stage.instructions:
        if isinstance(instruction, Copy) and (instruction.flag("from") or "").lower() in (other.name, str(other.index)):
            yield instruction
