r"""Gives files their owner in the COPY that brings them, in place of a `chown -R` below it.

A `chown -R` copies every file it touches into a layer of its own: the files are in the image twice, both layers are
exported and pushed, and both are made again with each change of the source. `COPY --chown` writes them once.

The image is the same where all that lies in the directory came from such COPYs, the owner exists when they run, and
the group is the one that chown would have left: `chown -R app` leaves the group alone, so that files of the build
context keep group 0. A directory that a WORKDIR made keeps a `chown` of itself alone, above the COPY. Refused where
anything else writes into the directory, where accounts are made below the COPY, for files with set-user-id bits
(chown takes those away) and for forms of `chown` that name a login group.

## Before

```dockerfile
FROM node:22-slim
WORKDIR /app
COPY . .
RUN chown -R node:node /app
USER node
CMD ["node", "src/index.js"]
```

## After

```dockerfile
FROM node:22-slim
WORKDIR /app
RUN chown node:node /app
COPY --chown=node:node . .
USER node
CMD ["node", "src/index.js"]
```
"""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from layerwise.analysis import Analysis
from layerwise.ecosystems import Part
from layerwise.ecosystems.options import parse
from layerwise.graph.ownership import Contents, contents
from layerwise.graph.passage import brief, briefs
from layerwise.graph.run_script import RunScript
from layerwise.graph.state import ROOT, origin
from layerwise.passes.base import Proposal, Refusal, Safety
from layerwise.syntax.edit import Edit, insert_before, remove
from layerwise.syntax.tree import Copy, Run, Span

SAFETY = Safety.IDENTICAL
NEEDS_BUILDKIT = False

_OWNER = re.compile(r"(?P<user>[a-z_0-9][\w.-]*\$?)(?P<colon>:)?(?P<group>[a-z_0-9][\w.-]*\$?)?")
_HARMLESS = frozenset({"-R", "--recursive", "-v", "--verbose", "-c", "--changes", "-f", "--silent", "--quiet"})


@dataclass(frozen=True, slots=True)
class _Chown:
    """A recursive chown: which part of which RUN, of what, to whom.

    Attributes:
        script: The RUN's.
        index: Of the part.
        directory: Absolute and clean.
        owner: As ``--chown`` takes it.
        written: As chown takes it.
    """

    script: RunScript
    index: int
    directory: str
    owner: str
    written: str


def propose(analysis: Analysis) -> Iterator[Proposal | Refusal]:
    """Yield a proposal for each recursive chown of a directory that COPYs alone filled."""
    for stage in analysis.stages():
        for run in stage.instructions:
            script = analysis.script(run) if isinstance(run, Run) else None
            for index, part in enumerate(script.parts if script else ()):
                if script and part.call and part.call.name == "chown" and _recursive(part):
                    found = _read(script, index, part)
                    yield Refusal(script.run.line, found) if isinstance(found, str) else _judged(analysis, found)


def _recursive(part: Part) -> bool:
    return part.call is not None and parse(part.call.arguments).has("-R", "--recursive")


def _read(script: RunScript, index: int, part: Part) -> _Chown | str:
    """Return what a chown does, or why it stays."""
    assert part.call
    options = parse(part.call.arguments, ("--from", "--reference"))
    shown = f"`{part.call}`"
    named = [argument.value for argument in options.positionals]
    if options.unknown(_HARMLESS) or len(named) != 2 or None in named or not script.chained:  # noqa: PLR2004
        return f"{shown} stays: it is no plain `chown -R OWNER DIRECTORY`"
    owner, path = (value or "" for value in named)
    match = _OWNER.fullmatch(owner)
    if match is None or (match["colon"] and not match["group"]):
        return f"{shown} stays: the group it gives can't be told"
    if part.scope.user not in ROOT:
        return f"{shown} stays: {part.scope.user} runs it, and a COPY gives files away as root does"
    if not path.startswith("/") and part.scope.cwd is None:
        return f"{shown} stays: its directory can't be told"
    directory = posixpath.normpath(posixpath.join(part.scope.cwd or "/", path))
    return _Chown(script, index, directory, owner if match["group"] else f"{owner}:0", owner)


def _judged(analysis: Analysis, chown: _Chown) -> Proposal | Refusal:
    run = chown.script.run
    if (part := _before(chown)) is not None:
        return Refusal(run.line, f"{brief(run)} stays: `{part.call or 'a part of it'}` writes there before the chown")
    by_name = any(not name.isdigit() for name in chown.owner.split(":"))
    request = analysis.facts.request
    sides = [
        contents(analysis.dockerfile, graph, request, step, chown.directory, by_name=by_name)
        for graph, step in analysis.placed(run)
    ]
    why = next((side.why_not for side in sides if side.why_not), "")
    if not why and not all(side.copies for side in sides):
        why = f"no COPY brings what lies in {chown.directory}"
    if why or any((side.copies, side.made) != (sides[0].copies, sides[0].made) for side in sides):
        return Refusal(run.line, f"{brief(run)} stays: {why or 'platforms differ in what lies there'}")
    if chown.written == chown.owner.removesuffix(":0") != chown.owner and _from_stages(sides[0]):
        return Refusal(run.line, f"{brief(run)} stays: it leaves groups alone, and those of another stage's files vary")
    return _proposal(analysis, chown, sides[0])


def _before(chown: _Chown) -> Part | None:
    """Return a part above the chown in its own RUN that makes the accounts, or writes into the directory."""
    for part in chown.script.parts[: chown.index]:
        tree = (chown.directory, "/etc/passwd", "/etc/group")
        if part.effects.opaque or any(path.covers(place) for path in part.effects.writes for place in tree):
            return part
        if any(path.path.startswith(chown.directory.rstrip("/") + "/") for path in part.effects.writes):
            return part
    return None


def _from_stages(side: Contents) -> bool:
    return any(copy.flag("from") is not None for copy in side.copies)


def _proposal(analysis: Analysis, chown: _Chown, found: Contents) -> Proposal:
    script, run, first = chown.script, chown.script.run, found.copies[0]
    edits: list[Edit] = [_owned(copy, chown.owner) for copy in found.copies]
    if len(script.parts) == 1:
        edits.append(remove(analysis.dockerfile, run))
    else:
        edits += script.without([chown.index])
    if found.made:
        line = f"RUN chown {chown.written} {chown.directory}"
        edits.append(insert_before(analysis.dockerfile, first, line))
    doubts = tuple(dict.fromkeys(found.doubts))
    alone = f"; {chown.directory} itself is there before and keeps a chown of its own" if found.made else ""
    return Proposal(
        line=run.line,
        why=f"`{script.parts[chown.index].call}` copies every file of {briefs(found.copies)} into a second layer",
        evidence=(f"all that lies in {chown.directory} comes from {briefs(found.copies)}{alone}", *doubts),
        safety=Safety.AFTER_PROOF if doubts else Safety.IDENTICAL,
        edits=tuple(edits),
        stage=next(step.stage_index for step in analysis.steps_of(run)),
        moved=origin(run),
        subject=f"{origin(run)} {chown.index}",
        doubts=doubts,
    )


def _owned(copy: Copy, owner: str) -> Edit:
    return Edit(Span(copy.text_start, copy.text_start), f"--chown={owner} ")
