r"""Copies what an install reads before it, and the rest of the source after it.

A COPY of the whole source above an install makes every commit reinstall everything, although the manifests are the
same. The files that the install reads are copied in its place, and the COPY itself moves below the install. The
files of the image stay the same: the later COPY brings every file again that it brought before.

That holds where the install reads only manifests it is shown to read, and where the COPY brings no file that the
install wrote. Local path dependencies, an install of the project itself, lifecycle scripts of the project,
workspaces and an unignored `node_modules` are refused, with the place that says so.

## Before

```dockerfile
FROM python:3.12-slim
WORKDIR /app
COPY . .
RUN pip install -r requirements.txt
CMD ["python", "-m", "app"]
```

## After

```dockerfile
FROM python:3.12-slim
WORKDIR /app
COPY requirements.txt ./
RUN pip install -r requirements.txt
COPY . .
CMD ["python", "-m", "app"]
```
"""

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, field

from layerwise.analysis import Analysis
from layerwise.graph.context import Kind, ancestors
from layerwise.graph.copy_order import past_below
from layerwise.graph.copying import Selection
from layerwise.graph.passage import Passage, brief, briefs
from layerwise.graph.sieves import sieve_in
from layerwise.graph.state import origin
from layerwise.graph.vertex import Step
from layerwise.passes.base import Proposal, Refusal, Safety, colder
from layerwise.syntax.edit import Edit, insert_after, insert_before, remove
from layerwise.syntax.tree import Copy, Instruction, Run, Stage

SAFETY = Safety.EQUIVALENT
NEEDS_BUILDKIT = False

_KEPT_FLAGS = ("chown", "chmod")
_REFUSED_FLAGS = ("parents", "exclude", "keep-git-dir", "checksum", "unpack")


@dataclass(frozen=True, slots=True)
class _Passed:
    """A RUN below which the COPY may move, and what must be copied above it."""

    run: Run
    needs: frozenset[str]


@dataclass(slots=True)
class _Walk:
    """How far down a COPY may go."""

    passed: list[_Passed] = field(default_factory=list)
    sure: int = 0
    doubts: list[str] = field(default_factory=list)
    stopped_by: str = ""
    stopped_at: Instruction | None = None


def propose(analysis: Analysis) -> Iterator[Proposal | Refusal]:
    """Yield a proposal for each COPY that can move below a RUN: as far as is sure, and as far as a proof may show."""
    for stage in analysis.stages():
        for instruction in stage.instructions:
            if isinstance(instruction, Copy) and (step := _copied(analysis, instruction)):
                yield from _moves(analysis, stage, instruction, step)


def _copied(analysis: Analysis, instruction: Copy) -> Step | None:
    """Return the step of a COPY of context files that commits change, None for any other."""
    steps = analysis.steps_of(instruction)
    if not steps or not steps[0].files or instruction.heredocs or steps[0].files[0].missing:
        return None
    changing = any(steps[0].files[0].covers(path) for change in analysis.facts.commits for path in change.files)
    return steps[0] if changing else None


def _moves(analysis: Analysis, stage: Stage, copy: Copy, step: Step) -> Iterator[Proposal | Refusal]:
    walk = _walk(analysis, stage, copy)
    stopped = isinstance(walk.stopped_at, Run) and not walk.passed
    if walk.stopped_at is not None and stopped and not _only_manifests(analysis, step, walk.stopped_at):
        yield Refusal(copy.line, f"{brief(copy)} stays above {brief(walk.stopped_at)}: {walk.stopped_by}")
    for length, safety in ((walk.sure, Safety.EQUIVALENT), (len(walk.passed), Safety.AFTER_PROOF)):
        if length == 0 or (safety is Safety.AFTER_PROOF and length == walk.sure):
            continue
        passed = walk.passed[:length]
        if not _worth_it(analysis, step, passed):
            continue
        if flag := next((name for name in _REFUSED_FLAGS if copy.flag(name) is not None), None):
            yield Refusal(copy.line, f"{brief(copy)} has --{flag}: a part of it cannot be written as a plain COPY")
            return
        if why := _unwritable(step.files[0], passed):
            yield Refusal(copy.line, why)
            return
        yield _proposal(analysis, copy, step, passed, safety, walk)


def _only_manifests(analysis: Analysis, step: Step, install: Instruction) -> bool:
    """Whether a COPY brings just what the command below it installs from: then it stands where it should.

    Lines of it may be installed from another stage.
    """
    placed = set(step.files[0].placed.values())
    return all(placed <= {*below.effects.manifests, *_sifted(below)} for below in analysis.steps_of(install))


def _sifted(step: Step) -> tuple[str, ...]:
    """Return the requirements file of which a command keeps some lines for an install."""
    sieve = sieve_in(step)
    return (sieve.source,) if sieve else ()


def _walk(analysis: Analysis, stage: Stage, copy: Copy) -> _Walk:
    walk = _Walk()
    for below, verdict in past_below(analysis.graphs, stage, copy, analysis.dockerfile.escape):
        if verdict.passage is Passage.STOP:
            walk.stopped_by, walk.stopped_at = verdict.why, below
            return walk
        if verdict.passage is Passage.DOUBTFUL:
            walk.doubts.append(verdict.why)
        if isinstance(below, Run):
            walk.passed.append(_Passed(below, verdict.needs))
            if not walk.doubts:
                walk.sure = len(walk.passed)
    return walk


def _worth_it(analysis: Analysis, step: Step, passed: list[_Passed]) -> bool:
    """Whether some commit changes what the COPY brings without changing what the passed commands need."""
    needed = frozenset().union(*(entry.needs for entry in passed))
    selection = step.files[0]
    return any(
        selection.covers(path) and path not in needed for change in analysis.facts.commits for path in change.files
    )


def _unwritable(selection: Selection, passed: list[_Passed]) -> str:
    for path in sorted(frozenset().union(*(entry.needs for entry in passed))):
        if any(character in path for character in " \t\"'\\$*?[]#,<"):
            return f"{path} has a character that a COPY would have to quote"
        if _linked(selection, path):
            return f"{path} is a symbolic link, or lies below one: copied by itself it would be a file"
    return ""


def _linked(selection: Selection, path: str) -> bool:
    kinds = (selection.context.kind(part) for part in (*ancestors(path), path))
    return any(kind is Kind.SYMLINK for kind in kinds)


def _proposal(
    analysis: Analysis, copy: Copy, step: Step, passed: list[_Passed], safety: Safety, walk: _Walk
) -> Proposal:
    last = passed[-1].run
    edits: list[Edit] = [remove(analysis.dockerfile, copy)]
    there: set[str] = set()
    for entry in passed:
        missing = [path for path in sorted(entry.needs - there) if not _lies_there(step, path)]
        there.update(entry.needs)
        if missing:
            edits.append(insert_before(analysis.dockerfile, entry.run, _manifest_copies(copy, step, missing)))
    edits.append(insert_after(analysis.dockerfile, last, analysis.dockerfile.source(copy.block)))
    runs = briefs([entry.run for entry in passed])
    return Proposal(
        line=copy.line,
        why=f"{brief(copy)} changes with the source, and {runs} below it {_needs(there, passed)}",
        evidence=(
            *_evidence(analysis, step, passed, frozenset(there)),
            *(walk.doubts if safety is Safety.AFTER_PROOF else ()),
        ),
        safety=safety,
        edits=tuple(edits),
        stage=step.stage_index,
        moved=origin(copy),
        subject=f"{analysis.dockerfile.stages[step.stage_index].label} {origin(copy)} {safety.value}",
        doubts=tuple(walk.doubts) if safety is Safety.AFTER_PROOF else (),
        helps=frozenset({"late-args"}),
    )


def _lies_there(step: Step, path: str) -> bool:
    """Whether a COPY above has brought the same file to the same place already."""
    selection = step.files[0]
    found = step.sees.origin(selection.placed[path])
    return found is not None and found[0].context is selection.context and found[1] == path


def _needs(there: set[str], passed: list[_Passed]) -> str:
    verb = "need" if len(passed) > 1 else "needs"
    return f"{verb} only {', '.join(sorted(there))}" if there else f"{verb} none of it"


def _manifest_copies(copy: Copy, step: Step, needed: list[str]) -> str:
    """Return COPY lines for ``needed``, one a directory, written below the author's own destination."""
    selection = step.files[0]
    flags = "".join(f"--{name}={value} " for name in _KEPT_FLAGS if (value := copy.flag(name)) is not None)
    by_directory: dict[str, list[str]] = {}
    for path in needed:
        by_directory.setdefault(posixpath.dirname(selection.placed[path]), []).append(path)
    lines = []
    for directory, paths in by_directory.items():
        renamed = len(paths) == 1 and posixpath.basename(paths[0]) != posixpath.basename(selection.placed[paths[0]])
        target = copy.destination.text if renamed else _directory(copy, selection, directory)
        lines.append(f"COPY {flags}{' '.join(paths)} {target}")
    return "\n".join(lines)


def _directory(copy: Copy, selection: Selection, directory: str) -> str:
    """Return how the author would write ``directory``, given how he wrote the COPY's destination."""
    root = selection.target
    written = copy.destination.text.rstrip("/") or ("/" if copy.destination.text.startswith("/") else ".")
    below = posixpath.relpath(directory, root)
    if below.startswith(".."):
        return directory.rstrip("/") + "/"
    return written.rstrip("/") + "/" if below == "." else f"{written.rstrip('/')}/{below}/"


def _evidence(analysis: Analysis, step: Step, passed: list[_Passed], needed: frozenset[str]) -> Iterator[str]:
    selection = step.files[0]
    commits = analysis.facts.commits
    total = sum(change.weight for change in commits)
    source = sum(c.weight for c in commits if any(selection.covers(path) for path in c.files))
    manifest = sum(c.weight for c in commits if c.files & needed)
    if total > 1:
        yield f"{source:.0f} of {total:.0f} commits change what the COPY brings, {manifest:.0f} change what moves above"
    for entry in passed:
        if entry.needs:
            yield f"{brief(entry.run)} reads {', '.join(sorted(entry.needs))}"
        if absent := _absent(analysis, selection, entry.run):
            yield f"where {' or '.join(absent)} is added one day, copy it there too: {brief(entry.run)} reads it"
        if len(entry.needs) > len(names := {posixpath.basename(path) for path in entry.needs}):
            yield f"where a package is added one day, copy its {_repeated(entry.needs, names)} there too"
        if note := colder(analysis, entry.run):
            yield note


def _repeated(paths: frozenset[str], names: set[str]) -> str:
    """Return the name that the most of ``paths`` have: that of a workspace's members."""
    return max(sorted(names), key=lambda name: sum(posixpath.basename(path) == name for path in paths))


def _absent(analysis: Analysis, selection: Selection, run: Run) -> list[str]:
    """Return the files that a command would read below the COPY's destination, and that the context does not have."""
    root = selection.target.rstrip("/") + "/"
    named = {read.path for step in analysis.steps_of(run) for read in step.effects.reads if not read.tree}
    return sorted(path.removeprefix(root) for path in named if path.startswith(root) and not selection.holds(path))
