r"""Moves an ARG or ENV that changes often down to the first instruction that reads it.

A build argument is part of the cache key of every RUN below its line, whether the command reads it or not. A commit
id, a date or a build number declared at the top therefore runs every RUN again on every build.

The line moves down past commands that are known not to read it: past commands with a closed list of what they read
(`identical`), and past installers of third-party packages that run before any project file is in the stage, for a
name that such code has no reason to look at (`equivalent`). It stays above everything else: project code, build
backends, commands layerwise does not know. ENV and LABEL lines that only hand the value on move with it.

## Before

```dockerfile
FROM debian:bookworm-slim
ARG GIT_COMMIT
ENV GIT_COMMIT=$GIT_COMMIT
RUN apt-get update && apt-get install -y ffmpeg
COPY app /app
RUN /app/configure
```

## After

```dockerfile
FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y ffmpeg
COPY app /app
ARG GIT_COMMIT
ENV GIT_COMMIT=$GIT_COMMIT
RUN /app/configure
```
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeGuard

from layerwise.analysis import Analysis
from layerwise.graph.passage import Passage, Verdict, brief, briefs
from layerwise.graph.state import origin, pair_origin
from layerwise.graph.variable_order import variable_past
from layerwise.passes.base import Proposal, Refusal, Safety, colder
from layerwise.syntax import variables
from layerwise.syntax.edit import Edit, insert_after, insert_before, remove_all, remove_pairs
from layerwise.syntax.tree import Copy, Instruction, Pair, Pairs, Run, Stage

SAFETY = Safety.IDENTICAL
NEEDS_BUILDKIT = False


@dataclass(slots=True)
class _Group:
    """Lines that move together: a definition, and the ENV and LABEL lines that only hand it on."""

    names: set[str]
    members: list[tuple[Pairs, tuple[Pair, ...]]]
    used: set[str]
    labels: set[str] = field(default_factory=set)
    passed: list[Run] = field(default_factory=list)
    safety: Safety = Safety.IDENTICAL
    before: Instruction | None = None
    stopped_by: str = ""


def propose(analysis: Analysis) -> Iterator[Proposal | Refusal]:
    """Yield one proposal for each definition that changes and can move below at least one RUN."""
    for stage in analysis.stages():
        moved: set[int] = set()
        for instruction in stage.instructions:
            if not _plain(instruction) or instruction.keyword == "LABEL":
                continue
            for pair in instruction.pairs:
                if id(pair) in moved or not _varies(analysis, instruction, pair):
                    continue
                group = _sink(analysis, stage, instruction, pair)
                moved.update(id(member) for _, pairs in group.members for member in pairs)
                if group.passed:
                    yield _proposal(analysis, stage, group)
                elif group.stopped_by and analysis.runs_below(stage, instruction):
                    yield Refusal(instruction.line, f"{pair.name} stays: {group.stopped_by}")


def _plain(instruction: Instruction) -> TypeGuard[Pairs]:
    """Whether an instruction sets names that can be told without a build, each once."""
    if not isinstance(instruction, Pairs):
        return False
    names = [pair.name for pair in instruction.pairs]
    return len(set(names)) == len(names) and not any("$" in name for name in names)


def _varies(analysis: Analysis, instruction: Pairs, pair: Pair) -> bool:
    """Whether a definition has another value on some replayed build."""
    if instruction.keyword == "ARG" and analysis.changes(pair.name):
        return True
    names = variables.references(pair.value or "", analysis.dockerfile.escape)
    if instruction.keyword == "ENV" and any(analysis.changes(name) for name in names):
        return True
    made_by = pair_origin(instruction, pair)
    return any(made_by in change.instructions for change in analysis.facts.commits)


def _sink(analysis: Analysis, stage: Stage, instruction: Pairs, pair: Pair) -> _Group:
    """Walk down from a definition until something reads it."""
    escape = analysis.dockerfile.escape
    group = _Group({pair.name}, [(instruction, (pair,))], set(_references(pair, escape)))
    start = stage.instructions.index(instruction)
    for below in stage.instructions[start + 1 :]:
        if _plain(below) and (followers := _followers(below, group, escape)):
            group.members.append((below, followers))
            group.used.update(*(_references(follower, escape) for follower in followers))
            handed = group.labels if below.keyword == "LABEL" else group.names
            handed.update(follower.name for follower in followers)
            continue
        verdict = _verdict(analysis, below, group)
        if verdict.passage is Passage.STOP:
            group.before, group.stopped_by = below, verdict.why
            return group
        if verdict.passage is Passage.INSTALLER:
            group.safety = Safety.EQUIVALENT
        if isinstance(below, Run):
            group.passed.append(below)
    return group


def _verdict(analysis: Analysis, below: Instruction, group: _Group) -> Verdict:
    if isinstance(below, Pairs):
        moved = group.labels if below.keyword == "LABEL" else group.used - group.names
        if changed := moved and {pair.name for pair in below.pairs if pair.name in moved or "$" in pair.name}:
            return Verdict(Passage.STOP, f"{brief(below)} gives {', '.join(sorted(changed))} another value")
    return variable_past(analysis.graphs, below, frozenset(group.names), analysis.dockerfile.escape)


def _followers(below: Pairs, group: _Group, escape: str) -> tuple[Pair, ...]:
    """Return the pairs of a line that hand the group's variables on and can move with them.

    A LABEL moves as a whole, for no instruction reads what it sets.
    """
    following = tuple(pair for pair in below.pairs if _references(pair, escape) & group.names)
    if below.keyword == "LABEL":
        return below.pairs if following else ()
    return following if below.keyword == "ENV" or len(following) == len(below.pairs) else ()


def _references(pair: Pair, escape: str) -> frozenset[str]:
    return variables.references(pair.value or "", escape)


def _proposal(analysis: Analysis, stage: Stage, group: _Group) -> Proposal:
    first, pairs = group.members[0]
    target = group.before or _bottom(stage, group)
    place = insert_before if group.before else insert_after
    edits: list[Edit] = []
    whole: list[Pairs] = []
    lines: list[str] = []
    for instruction, moved in group.members:
        if len(moved) == len(instruction.pairs):
            whole.append(instruction)
            lines.append(analysis.dockerfile.source(instruction.block).rstrip("\r\n"))
        else:
            edits += remove_pairs(analysis.dockerfile, instruction, moved)
            lines += [f"{instruction.keyword} {analysis.dockerfile.source(pair.span)}" for pair in moved]
    edits += remove_all(analysis.dockerfile, whole)
    edits.append(place(analysis.dockerfile, target, "\n".join(lines)))
    return Proposal(
        line=first.line,
        why=f"{pairs[0].name} is in the cache key of {briefs(group.passed)}, which {_does(group)} not read it",
        evidence=tuple(_evidence(analysis, group)),
        safety=group.safety,
        edits=tuple(edits),
        stage=stage.index,
        moved=origin(first),
        subject=f"{stage.label} {pairs[0].name}",
    )


def _bottom(stage: Stage, group: _Group) -> Instruction:
    """Return the instruction below which a group goes that nothing reads: the last step, above CMD and its like.

    Where a member stands below that, so do definitions it may use, and the group goes below those.
    """
    members = [instruction for instruction, _ in group.members]
    last = max(stage.instructions.index(instruction) for instruction in members)
    above = [one for one in stage.instructions[:last] if one not in members]
    below = [one for one in stage.instructions if isinstance(one, Run | Copy) or one.keyword == "WORKDIR"]
    return max((*above[-1:], below[-1]), key=stage.instructions.index)


def _does(group: _Group) -> str:
    return "do" if len(group.passed) > 1 else "does"


def _evidence(analysis: Analysis, group: _Group) -> Iterator[str]:
    for argument in analysis.facts.arguments:
        if argument.name in group.names:
            yield from argument.evidence
    for run in group.passed:
        steps = analysis.steps_of(run)
        kinds = sorted({work.kind for step in steps for work in step.effects.work})
        yield f"{brief(run)} ({', '.join(kinds)}) reads none of {', '.join(sorted(group.names))}"
        if note := colder(analysis, run):
            yield note
    if group.before is not None:
        yield f"stops above {brief(group.before)}: {group.stopped_by}"
