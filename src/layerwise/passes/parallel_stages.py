r"""Runs independent installs side by side, in stages of their own.

BuildKit runs the steps of one stage one after the other, and stages beside each other. An install that writes into a
directory of its own (a project's `node_modules`, a virtual environment) needs nothing of the system packages above it,
nor they of it: in a stage of its own, which starts from the same image and copies the same manifests, it runs beside
them, and a change of the one no longer runs the other.

The directory is copied to where it was made, so that the paths in it stay right. What the copy costs is in the
prediction: its seconds, and that the layer's bytes are exported once as before. Never taken apart are two installs
into one database of packages (apt, apk, dnf, conda) or one site-packages: those stay in the stage, in their order.

Only a build shows that an installer uses nothing of what it no longer stands upon: `equivalent, after proof`. Refused
where a command writes outside directories of its own, for other users than root, for scripts that need the source, and
where the build context holds files for the directory.

## Before

```dockerfile
FROM node:20-slim
RUN apt-get update && apt-get install -y --no-install-recommends ffmpeg
WORKDIR /srv
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY src src
```

## After

```dockerfile
FROM node:20-slim AS srv
WORKDIR /srv
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts

FROM node:20-slim
RUN apt-get update && apt-get install -y --no-install-recommends ffmpeg
WORKDIR /srv
COPY package.json package-lock.json ./
COPY --link --from=srv /srv/node_modules /srv/node_modules
COPY src src
```
"""

from collections.abc import Iterator, Sequence

from layerwise.analysis import Analysis
from layerwise.graph.apart import Apart, Moved, Setting, apart
from layerwise.graph.outputs import outputs_of
from layerwise.graph.passage import brief, briefs
from layerwise.graph.state import origin
from layerwise.passes.base import Proposal, Refusal, Safety
from layerwise.syntax.tree import Run, Stage

SAFETY = Safety.AFTER_PROOF
NEEDS_BUILDKIT = True

_DIFFERS = "its script can't be taken apart, or platforms differ on it"
_PROJECT = ("npm", "yarn", "pnpm", "bun", "pip", "uv", "composer", "bundler", "poetry")


def propose(analysis: Analysis) -> Iterator[Proposal | Refusal]:
    """Yield a proposal for each install into a directory of its own that can run beside the rest of its stage."""
    for stage in analysis.stages():
        groups: list[list[Moved]] = []
        for run in stage.instructions:
            if isinstance(run, Run) and analysis.in_image(run) and (why := _grouped(analysis, run, groups)):
                yield Refusal(run.line, f"{brief(run)} stays in its stage: {why}")
        setting = Setting(analysis.facts.request, [one.name for one in analysis.facts.arguments])
        for group in groups:
            if any(_installs(analysis, one.run) for one in group):
                last = group[-1].run
                for found in apart(analysis.dockerfile, analysis.graphs, stage, group, setting):
                    why = f"{brief(last)} stays in its stage: {found}"
                    yield Refusal(last.line, why) if isinstance(found, str) else _proposal(stage, group, found)


def _kinds(analysis: Analysis, run: Run) -> set[str]:
    """Return the managers at work in a RUN, those that install tools for the whole system left out."""
    kinds = {work.kind for step in analysis.steps_of(run) for work in step.effects.work}
    return {kind.partition(".")[0] for kind in kinds if not kind.endswith(".global")}


def _installs(analysis: Analysis, run: Run) -> bool:
    return not _kinds(analysis, run).isdisjoint(_PROJECT)


def _grouped(analysis: Analysis, run: Run, groups: list[list[Moved]]) -> str:
    """Add a RUN to the group whose directory it fills, or to one of its own; return why neither can be."""
    if not _kinds(analysis, run) & {"python", *_PROJECT}:
        return ""
    script = analysis.script(run)
    known = tuple(path.path for group in groups for one in group for path in one.outputs.paths if path.tree)
    left = _DIFFERS if script is None else outputs_of(analysis.graphs, script, known)
    if isinstance(left, str) or script is None:
        return str(left) if _installs(analysis, run) else ""
    paths = set(left.paths)
    group = next((group for group in groups if any(paths & set(one.outputs.paths) for one in group)), None)
    if group is None:
        group = []
        groups.append(group)
    group.append(Moved(script, left))
    return ""


def _proposal(stage: Stage, group: Sequence[Moved], found: Apart) -> Proposal:
    runs = [one.run for one in group]
    paths = sorted({path.path for one in group for path in one.outputs.paths})
    return Proposal(
        line=runs[-1].line,
        why=f"{briefs(runs)} can run beside {briefs(found.beside)}, and {', '.join(paths)} be copied",
        evidence=(f"{briefs(runs)} writes into {', '.join(paths)} alone", *found.doubts),
        safety=Safety.AFTER_PROOF,
        edits=found.edits,
        stage=stage.index,
        moved=origin(runs[-1]),
        subject=f"{origin(runs[-1])} {found.variant}",
        doubts=found.doubts,
    )
