r"""Copies the names of the sources before an editable install, and the sources after it.

`pip install -e .` leaves the sources where they are. Of them it reads their names alone (setuptools lists them), beside
what pyproject.toml says. A COPY of the sources above it makes every commit install the project again, with all that it
depends on. A stage of its own empties the sources and keeps their names; BuildKit knows a copy from a stage by its
content, so the install is served from the cache until a file comes, goes or is renamed, or pyproject.toml changes. The
COPY itself moves below the install and brings every file as it is.

That holds for projects that setuptools builds and that say all in pyproject.toml: no setup.py or setup.cfg, no version
that is taken from a source, no extension modules, no plugins. Only a build shows that nothing else of the environment
looks into the sources: `equivalent, after proof`. Refused for other build backends, where something between the COPY
and the install reads the sources, for COPY lines with flags, for other users than root, and where the context has the
metadata of an install of yours (`*.egg-info`) and does not ignore it.

The rewritten file holds on to that: where the project gets a setup.py, extension modules, another build backend or a
version that is taken from a source one day, its install sees empty sources, and the stage has to go:
[emptied-sources](../rules/emptied-sources.md) warns then.

## Before

```dockerfile
FROM python:3.12-slim
WORKDIR /app
COPY . .
RUN pip install --no-cache-dir -e .
CMD ["app"]
```

## After

```dockerfile
FROM python:3.12-slim AS names
WORKDIR /app
COPY . ./
RUN rm -rf .git && find . -type f \
        ! -path ./pyproject.toml ! -path ./setup.py ! -path ./setup.cfg ! -path ./MANIFEST.in \
        ! -path './LICEN[CS]E*' ! -path './COPYING*' ! -path './NOTICE*' ! -path './AUTHORS*' \
        -exec truncate -s 0 {} +

FROM python:3.12-slim
WORKDIR /app
COPY --from=names /app/ .
RUN pip install --no-cache-dir -e .
COPY . .
CMD ["app"]
```
"""

import posixpath
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from layerwise.analysis import Analysis
from layerwise.ecosystems.setuptools_project import Declared, declared
from layerwise.graph.copy_order import copy_past
from layerwise.graph.copying import Selection
from layerwise.graph.passage import Passage, brief, briefs
from layerwise.graph.state import ROOT, UNKNOWN_USER, origin
from layerwise.graph.vertex import Step
from layerwise.passes.base import Proposal, Refusal, Safety
from layerwise.syntax.edit import insert_after, insert_before, remove
from layerwise.syntax.new_stage import free_name, stage_above, uncut
from layerwise.syntax.tree import Copy, Instruction, Run, Stage

SAFETY = Safety.AFTER_PROOF
NEEDS_BUILDKIT = True

_TESTS_A_LINE = 4
_LATER = "where a setup.py or a version taken from a source comes one day, the stage has to go: it sees empty files"
_PLAIN = re.compile(r"[\w/.+@=:~-]+", re.ASCII)


@dataclass(slots=True)
class _Walk:
    """How far down a COPY may go: below every editable install of one project that it reaches."""

    installs: list[Run] = field(default_factory=list)
    stopped_by: str = ""


def propose(analysis: Analysis) -> Iterator[Proposal | Refusal]:
    """Yield a proposal for each COPY of a project's sources above its editable install."""
    for stage in analysis.stages():
        for copy in stage.instructions:
            steps = analysis.steps_of(copy) if isinstance(copy, Copy) else ()
            if isinstance(copy, Copy) and steps and steps[0].files:
                yield from _of_copy(analysis, stage, copy, steps[0].files[0])


def _of_copy(analysis: Analysis, stage: Stage, copy: Copy, selection: Selection) -> Iterator[Proposal | Refusal]:
    below = stage.instructions[stage.instructions.index(copy) + 1 :]
    install = next((one for one in below if isinstance(one, Run) and _installs(analysis, one, selection.target)), None)
    if install is None:
        return
    step = analysis.steps_of(install)[0]
    found = declared(selection.target, step.sees)
    if found is None or not _worth_it(analysis, selection, found):
        return
    walk = _walk(analysis, copy, below, selection.target)
    why = _why_not(analysis, stage, copy, selection, step, found)
    if why or not walk.installs:
        yield Refusal(copy.line, f"{brief(copy)} stays above {brief(install)}: {why or walk.stopped_by}")
    else:
        yield _proposal(analysis, stage, copy, selection, walk.installs, found)


def _installs(analysis: Analysis, run: Run, project: str) -> bool:
    steps = analysis.steps_of(run)
    return bool(steps) and all(step.effects.named == (project,) for step in steps)


def _walk(analysis: Analysis, copy: Copy, below: Sequence[Instruction], project: str) -> _Walk:
    walk = _Walk()
    for instruction in below:
        if isinstance(instruction, Run) and _installs(analysis, instruction, project):
            walk.installs.append(instruction)
            continue
        verdict = copy_past(analysis.graphs, copy, instruction, analysis.dockerfile.escape)
        if verdict.passage is not Passage.FREE or verdict.needs:
            walk.stopped_by = verdict.why or f"{brief(instruction)} reads files that it brings"
            break
    return walk


def _worth_it(analysis: Analysis, selection: Selection, found: Declared) -> bool:
    """Whether some commit changes what a source holds, and no name and nothing that the install reads."""
    read = set(found.manifests)
    placed = ({selection.takes(path) for path in one.files - one.renamed} for one in analysis.facts.commits)
    return any(paths - {None} and not paths & read for paths in placed)


def _why_not(analysis: Analysis, stage: Stage, copy: Copy, selection: Selection, step: Step, found: Declared) -> str:
    if copy.flags or copy.heredocs or not all(_PLAIN.fullmatch(word.text) for word in copy.sources):
        return "it has flags, or a source that would have to be quoted"
    if step.scope is None or step.scope.user not in (*ROOT, UNKNOWN_USER):
        return "the stage has another user than root"
    if why := uncut(analysis.dockerfile, stage):
        return why
    if selection.holds(found.metadata):
        return f"the build context has files for {found.metadata}: ignore it in .dockerignore"
    if not _PLAIN.fullmatch(selection.target):
        return f"{selection.target} has a character that a COPY would have to quote"
    return ""


def _proposal(
    analysis: Analysis, stage: Stage, copy: Copy, selection: Selection, installs: Sequence[Run], found: Declared
) -> Proposal:
    dockerfile, project = analysis.dockerfile, selection.target
    name = free_name(dockerfile, "names", analysis.facts.request.contexts)
    git = "rm -rf .git && " if selection.takes(".git/HEAD") else ""
    sources = " ".join(word.text for word in copy.sources)
    lines = (
        f"WORKDIR {project}",
        f"COPY {sources} ./",
        f" {dockerfile.escape}\n        ".join(
            (f"RUN {git}find . -type f", *_tests(found), "-exec truncate -s 0 {} +")
        ),
    )
    doubts = ["nothing that the install runs looks into the sources"]
    if selection.could_fill(found.metadata):
        kept = posixpath.basename(found.metadata)
        doubts.append(f"a {kept} in the build context would lie over what it writes: name it in .dockerignore")
    read = next(one for one in found.manifests if one.endswith("pyproject.toml"))
    verb = "read" if len(installs) > 1 else "reads"
    return Proposal(
        line=copy.line,
        why=f"{briefs(installs)} {verb} the names of the files in {project} and what {read} says, not the sources",
        evidence=(f"{read}: setuptools alone builds it, and nothing is taken from a source", *doubts, _LATER),
        safety=Safety.AFTER_PROOF,
        edits=(
            stage_above(dockerfile, stage, name, lines),
            remove(dockerfile, copy),
            insert_before(dockerfile, installs[0], f"COPY --from={name} {project}/ {copy.destination.text}"),
            insert_after(dockerfile, installs[-1], dockerfile.source(copy.block)),
        ),
        stage=stage.index,
        moved=origin(copy),
        subject=f"{stage.label} {origin(copy)}",
        doubts=tuple(doubts),
        helps=frozenset({"late-args"}),
    )


def _tests(found: Declared) -> Iterator[str]:
    """Yield the tests that spare the files that are read, a few a line."""
    tests = [f"! -path {shlex.quote(f'./{one}')}" for one in found.kept]
    for start in range(0, len(tests), _TESTS_A_LINE):
        yield " ".join(tests[start : start + _TESTS_A_LINE])
