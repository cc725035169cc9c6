r"""Gives each package manager of one RUN a layer of its own.

A RUN is made again as a whole: another version of a Python package runs `apt-get` too, where both stand in one RUN.
Parted, what stands above stays cached. Where both stand below the COPY of a manifest, it is `manifest-first` that then
moves the COPY between them.

Commands keep their order. Only plain chains of `&&` are parted, where no command leaves something behind in the
shell (`cd`, `export`, variables) and every command is known. A clean-up goes with the package manager whose caches it
removes; `apt-get update` is never parted from its install, and nothing is parted from the command that removes it
again, for the layer above would keep it.

## Before

```dockerfile
FROM python:3.12-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends libpq5 \
 && pip install gunicorn==23.0.0 \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY . .
```

## After

```dockerfile
FROM python:3.12-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends libpq5 \
 && rm -rf /var/lib/apt/lists/*
RUN pip install gunicorn==23.0.0
WORKDIR /app
COPY . .
```
"""

from collections.abc import Iterator
from itertools import pairwise

from layerwise.analysis import Analysis
from layerwise.graph.passage import brief
from layerwise.graph.run_groups import Group, groups
from layerwise.graph.run_script import RunScript
from layerwise.graph.state import origin
from layerwise.passes.base import Proposal, Refusal, Safety
from layerwise.syntax.edit import Edit, line_end
from layerwise.syntax.tree import Dockerfile, Run, Span, Stage

SAFETY = Safety.EQUIVALENT
NEEDS_BUILDKIT = False


def propose(analysis: Analysis) -> Iterator[Proposal | Refusal]:
    """Yield a proposal for each RUN in which several package managers work."""
    for stage in analysis.stages():
        for run in stage.instructions:
            script = analysis.script(run) if isinstance(run, Run) else None
            if script and len(_managers(script)) > 1:
                yield _judged(analysis, stage, script)


def _managers(script: RunScript) -> frozenset[str]:
    kinds = (work.kind.partition(".") for part in script.parts for work in part.effects.work)
    return frozenset(manager for manager, dot, verb in kinds if dot and manager not in {"files", "archive"} and verb)


def _judged(analysis: Analysis, stage: Stage, script: RunScript) -> Proposal | Refusal:
    run = script.run
    found = groups(script)
    if isinstance(found, str):
        return Refusal(run.line, f"{brief(run)} stays one layer: {found}")
    edits = _edits(analysis.dockerfile, script, found) if len(found) > 1 else "one package manager needs the other"
    if isinstance(edits, str):
        return Refusal(run.line, f"{brief(run)} stays one layer: {edits}")
    managers = " and ".join(dict.fromkeys(group.manager for group in found))
    return Proposal(
        line=run.line,
        why=f"{managers} run again together in {brief(run)}, whichever of them has something new",
        evidence=tuple(_evidence(script, group) for group in found),
        safety=Safety.EQUIVALENT,
        edits=edits,
        stage=stage.index,
        moved=origin(run),
        subject=f"{stage.label} {origin(run)}",
        helps=frozenset({"manifest-first", "late-args", "cache-mounts", "parallel-stages"}),
    )


def _evidence(script: RunScript, group: Group) -> str:
    manifests = sorted({name for index in group.parts for name in script.parts[index].effects.manifests})
    reads = f" reads {', '.join(manifests)}" if manifests else " reads no file of the project"
    return f"{group.manager}{reads}"


def _edits(dockerfile: Dockerfile, script: RunScript, found: tuple[Group, ...]) -> tuple[Edit, ...] | str:
    """Return the edits that part the groups, or why the text can't be cut there."""
    run = script.run
    spans = [script.span(part.node.span) for part in script.parts]
    head = dockerfile.source(Span(run.span.start, run.text_start))
    if script.body is not None or "\n" in head:
        return "it is not written as one plain chain"
    between = [dockerfile.source(Span(one.end, other.start)) for one, other in pairwise(spans)]
    if any("#" in text for text in between):
        return "a comment stands between its commands"
    moved = {index for group in found for index in _coming_up(group)}
    edits = list(script.without(moved)) if moved else []
    end = line_end(dockerfile)
    for group, following in pairwise(found):
        last = max(index for index in group.parts if index not in moved)
        up = "".join(
            f"{between[index - 1]}{dockerfile.source(spans[index])}" for index in group.parts if index in moved
        )
        start = min(index for index in following.parts if index not in moved)
        edits.append(Edit(Span(spans[last].end, spans[start].start), f"{up}{end}{head}"))
    return tuple(edits)


def _coming_up(group: Group) -> tuple[int, ...]:
    """Return the parts of a group that stand below another one's."""
    return tuple(index for place, index in enumerate(group.parts) if index - group.parts[0] > place)
