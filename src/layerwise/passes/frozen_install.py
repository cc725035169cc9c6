r"""Installs exactly what the lock file says.

`npm install` beside a lock resolves again and may write the lock anew: the same Dockerfile gives another image next
week, and what the lock was reviewed for is not what runs. The frozen form of the command installs the locked versions
or fails, and most package managers are quicker with it, for they resolve nothing.

The kind of content stays, the versions are now the lock's, and a lock that does not fit its manifest fails the build:
so it is applied on request only (`--allow frozen`). Without a lock there is nothing to freeze.

## Before

```dockerfile
FROM node:22-slim
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm install
COPY . .
```

## After

```dockerfile
FROM node:22-slim
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
COPY . .
```
"""

from collections.abc import Iterator

from layerwise.analysis import Analysis
from layerwise.ecosystems import Part
from layerwise.ecosystems.effects import Frozen
from layerwise.graph.passage import brief
from layerwise.graph.run_script import RunScript
from layerwise.graph.state import origin
from layerwise.passes.base import Proposal, Refusal, Safety
from layerwise.syntax.edit import Edit
from layerwise.syntax.shell_tree import Command
from layerwise.syntax.tree import Run, Stage

SAFETY = Safety.FROZEN
NEEDS_BUILDKIT = False


def propose(analysis: Analysis) -> Iterator[Proposal | Refusal]:
    """Yield a proposal for each install that a lock file could freeze."""
    for stage in analysis.stages():
        for run in stage.instructions:
            if not isinstance(run, Run) or not any(step.effects.frozen for step in analysis.steps_of(run)):
                continue
            script = analysis.script(run)
            found = [part for part in script.parts if part.effects.frozen] if script else []
            if script is None or not found or not all(isinstance(part.node, Command) for part in found):
                yield Refusal(run.line, f"{brief(run)} is not frozen: its install is no plain command")
            else:
                yield _proposal(stage, script, found)


def _proposal(stage: Stage, script: RunScript, found: list[Part]) -> Proposal:
    locks = sorted({part.effects.lock for part in found if part.effects.lock})
    commands = ", ".join(f"`{part.call}`" for part in found)
    return Proposal(
        line=script.run.line,
        why=f"{commands} may install other versions than {' and '.join(locks) or 'the lock'} says",
        evidence=tuple(f"{lock} is there" for lock in locks),
        safety=Safety.FROZEN,
        edits=tuple(edit for part in found for edit in _edits(script, part)),
        stage=stage.index,
        moved=origin(script.run),
        subject=f"{stage.label} {origin(script.run)}",
    )


def _edits(script: RunScript, part: Part) -> Iterator[Edit]:
    """Yield the edits that give a command its frozen form; a word that goes takes the blank before it along."""
    frozen, node = part.effects.frozen or Frozen(), part.node
    assert isinstance(node, Command), "as propose has seen to"
    assert node.name is not None, "a command with effects of an install has a name"
    words = (node.name, *node.arguments)
    changes = dict(frozen.replaced)
    last = next((word for word in reversed(words) if changes.get(word.literal or "") != ""), node.name)
    for before, word in zip((None, *words), words, strict=False):
        new = changes.get(word.literal or "")
        added = "".join(f" {option}" for option in frozen.added) if word is last else ""
        if new == "" and before is not None:
            yield script.without_word(before, word)
        elif new is not None or added:
            yield Edit(script.span(word.span), f"{word.raw if new is None else new}{added}")
