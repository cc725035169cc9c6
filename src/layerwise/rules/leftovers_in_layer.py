r"""A layer of the image holds what nothing needs any more: downloads, package lists, unpacked archives.

What a RUN leaves is in its layer for good: it is exported, pushed and pulled with it, and removing it in a later RUN
only hides it. Download caches are best kept out of the image in cache mounts, where the next build finds them again.
What else is left over has to be removed in the RUN that made it.

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
COPY . .
RUN --mount=type=cache,target=/root/.cache/pip \
    pip install -r requirements.txt
```
"""

from collections.abc import Iterator

from layerwise.analysis import Analysis
from layerwise.ecosystems.effects import Path
from layerwise.graph.leftovers import archives_left, caches_left, downloads, removed_by
from layerwise.graph.passage import brief, listed
from layerwise.graph.run_script import RunScript
from layerwise.graph.vertex import Graph, Kind, Step
from layerwise.model.priors import priors
from layerwise.rules.base import Diagnosis, Severity
from layerwise.syntax.tree import Run

SEVERITY = Severity.NOTE
MENDED_BY = "cache-mounts"

_LISTS = "/var/lib/apt/lists"
_ONLY_LISTS = frozenset({"apt.update", "apk.update", "dnf.update", "shell"})


def check(analysis: Analysis) -> Iterator[Diagnosis]:
    """Yield each RUN whose layer in the image holds leftovers, and each that removes those of another too late."""
    for graph in analysis.graphs[:1]:
        layers = graph.layers()
        for step in layers:
            script = analysis.script(step.instruction) if isinstance(step.instruction, Run) else None
            if script is not None:
                yield from _left(analysis, graph, step, script)
                yield from _too_late(analysis, layers[: layers.index(step)], step, script)


def _left(analysis: Analysis, graph: Graph, step: Step, script: RunScript) -> Iterator[Diagnosis]:
    caches = caches_left(analysis.dockerfile, graph, step, script)
    if caches:
        by_hand = any(work.kind.startswith("conda.") for work in step.effects.work)
        message = f"{brief(script.run)} leaves {' and '.join(caches)} in the image"
        yield Diagnosis(
            step.line, message, 0.0, leaves=True, lost_bytes=_bytes(analysis, step, caches), by_hand=by_hand
        )
    if archives := tuple(archives_left(script)):
        message = f"{brief(script.run)} unpacks {listed(archives)} and leaves it in the image"
        yield Diagnosis(step.line, message, 0.0, leaves=True, by_hand=True)


def _bytes(analysis: Analysis, step: Step, caches: tuple[str, ...]) -> int | None:
    """Return the bytes of the caches: of the recorded layer where it holds nothing else, else what is usual."""
    kinds = {work.kind for work in step.effects.work}
    measured = analysis.facts.estimator.profile.step(step)
    if kinds <= _ONLY_LISTS and measured is not None and measured.size_bytes is not None:
        return measured.size_bytes
    return priors().work["apt.update"].base_bytes if caches == (_LISTS,) else None


def _too_late(analysis: Analysis, above: tuple[Step, ...], step: Step, script: RunScript) -> Iterator[Diagnosis]:
    """Yield what a RUN removes that the layer of a step above goes on holding."""
    for part in script.parts:
        for path, word in removed_by(part).items():
            for other in above:
                size = _held(analysis, other, path)
                if other.instruction is not None and size is not None:
                    message = f"`rm {word}` comes too late: the layer of {brief(other.instruction)} holds it already"
                    yield Diagnosis(step.line, message, 0.0, leaves=True, lost_bytes=size or None, by_hand=True)


def _held(analysis: Analysis, step: Step, path: Path) -> int | None:
    """Return the bytes of what a layer holds of a path, 0 where it holds some of unknown size; None where nothing."""
    if step.kind in (Kind.COPY, Kind.ADD):
        sizes = [
            selection.context.entries[source].size or 0
            for selection in step.files
            for source, placed in selection.placed.items()
            if path.covers(placed)
        ]
        return sum(sizes) if sizes else None
    script = analysis.script(step.instruction) if isinstance(step.instruction, Run) else None
    graph = next(graph for graph in analysis.graphs if step in graph.steps)
    if script is None:
        return None
    left = (*caches_left(analysis.dockerfile, graph, step, script), *archives_left(script))
    inside = any(path.covers(one) or Path(one, tree=True).covers(path.path) for one in left)
    fetched = any(path.covers(one) for part in script.parts for one in downloads(part))
    return 0 if inside or fetched else None
