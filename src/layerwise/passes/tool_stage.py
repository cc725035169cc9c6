r"""Installs a tool in a stage of its own and copies it in.

A tool in the middle of a stage waits for every step above it, and every step below waits for the tool. When a system
package above it changes, the tool is installed again, although it is the same. In a stage of its own that holds just
what its installer needs it runs beside the others, and a change above costs the copy alone.

npm's global packages are installed below an empty prefix in that stage, so that exactly what npm wrote is copied to
where node looks for it; the links to the programs are relative and stay links. npm's cache and logs stay behind in the
stage. Programs that are downloaded to a named file, or unpacked into a directory of their own, are copied from there.
The copy has `--link` where the directories above it are known to be root's with mode 0755, or only package managers
write there: then no change of another step makes it anew.

Only a build shows that the tool's own install scripts don't keep the place where they ran, and that the installer uses
nothing of what it no longer stands upon: `equivalent, after proof`. Refused for commands whose files can't be named
before the build (`go install`, `cargo install`, pipes into a shell), for other users than root, and where npm's prefix
is not known.

## Before

```dockerfile
FROM node:20-slim
RUN apt-get update && apt-get install -y --no-install-recommends ffmpeg
RUN npm install -g parcel@2.12.0
COPY app /srv/app
```

## After

```dockerfile
FROM node:20-slim AS parcel
RUN npm install -g --prefix=/parcel parcel@2.12.0

FROM node:20-slim
RUN apt-get update && apt-get install -y --no-install-recommends ffmpeg
COPY --link --from=parcel /parcel/ /usr/local/
COPY app /srv/app
```
"""

from collections.abc import Iterator

from layerwise.analysis import Analysis
from layerwise.graph.apart import Apart, Moved, Setting, apart
from layerwise.graph.outputs import Outputs, outputs_of
from layerwise.graph.passage import brief, briefs
from layerwise.graph.state import origin
from layerwise.passes.base import Proposal, Refusal, Safety
from layerwise.syntax.tree import Run, Stage

SAFETY = Safety.AFTER_PROOF
NEEDS_BUILDKIT = True

_KINDS = frozenset(
    {"npm.global", "yarn.global", "pnpm.global", "bun.global", "go.install", "cargo.install", "uv.tool", "download"}
)
_SYSTEM = ("apt", "apk", "dnf")


def propose(analysis: Analysis) -> Iterator[Proposal | Refusal]:
    """Yield a proposal for each tool of the image that need not wait for what stands above it."""
    for stage in analysis.stages():
        for run in stage.instructions:
            if isinstance(run, Run) and _installs_tool(analysis, run) and analysis.in_image(run):
                for found in _judged(analysis, stage, run):
                    why = f"{brief(run)} stays in its stage: {found}"
                    yield Refusal(run.line, why) if isinstance(found, str) else found


def _installs_tool(analysis: Analysis, run: Run) -> bool:
    """Whether a RUN installs a tool by means that layerwise knows, and no packages of the system besides."""
    kinds = {work.kind for step in analysis.steps_of(run) for work in step.effects.work}
    return bool(kinds & _KINDS) and not any(kind.partition(".")[0] in _SYSTEM for kind in kinds)


def _judged(analysis: Analysis, stage: Stage, run: Run) -> Iterator[Proposal | str]:
    script = analysis.script(run)
    if script is None:
        yield "its script can't be taken apart, or platforms differ on it"
        return
    left = outputs_of(analysis.graphs, script)
    if isinstance(left, str):
        yield left
    elif left.tools:
        setting = Setting(analysis.facts.request, [one.name for one in analysis.facts.arguments])
        for found in apart(analysis.dockerfile, analysis.graphs, stage, (Moved(script, left),), setting):
            yield _proposal(stage, run, left, found) if isinstance(found, Apart) else found


def _proposal(stage: Stage, run: Run, left: Outputs, found: Apart) -> Proposal:
    where = left.prefix or ", ".join(path.path for path in left.paths)
    start = f"after {briefs(found.sibling.base)}" if found.sibling.base else "from the image"
    return Proposal(
        line=run.line,
        why=f"{brief(run)} can run beside {briefs(found.beside)}, and be copied to {where}",
        evidence=(f"its stage starts {start}", *found.doubts),
        safety=Safety.AFTER_PROOF,
        edits=found.edits,
        stage=stage.index,
        moved=origin(run),
        subject=f"{origin(run)} {found.variant}",
        doubts=found.doubts,
    )
