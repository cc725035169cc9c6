r"""Drops a package that nothing in the image refers to.

Tools that somebody once looked around with, or that an earlier version of the build needed, are installed, exported,
pushed and pulled with every image after. Only packages on a closed list are looked at, whose programs are well known
(curl, git, vim, compilers, global tools of npm): of a library nobody can tell from outside what loads it.

It is dropped where no file of the build context names its programs, documentation aside, no other instruction does,
and no package manager in the file may run them on its own. People who log into a container may still miss it, and so
may a package that runs it: so each is offered by itself, on request only (`--allow behaviour:drop-unused:NAME`).

## Before

```dockerfile
FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ffmpeg vim \
 && rm -rf /var/lib/apt/lists/*
COPY app /srv/app
```

## After

```dockerfile
FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ffmpeg \
 && rm -rf /var/lib/apt/lists/*
COPY app /srv/app
```
"""

import re
from collections.abc import Iterator

from layerwise.analysis import Analysis
from layerwise.ecosystems import Part
from layerwise.ecosystems.package_programs import KnownPackage, known_package
from layerwise.graph.mentions import Searched, mentioned_in_dockerfile, mentioned_in_files
from layerwise.graph.passage import brief, listed
from layerwise.graph.run_script import RunScript
from layerwise.graph.state import origin
from layerwise.passes.base import Proposal, Refusal, Safety
from layerwise.syntax.edit import Edit, remove
from layerwise.syntax.shell_tree import Command, ShellWord
from layerwise.syntax.tree import Run, Stage

SAFETY = Safety.BEHAVIOUR
NEEDS_BUILDKIT = False

_VERSION = re.compile(r"(?<=.)(@|[=<>~!\[:]).*")
_MOST_SHOWN = 3


def propose(analysis: Analysis) -> Iterator[Proposal | Refusal]:
    """Yield a proposal for each package on the list that nothing refers to."""
    for stage in analysis.stages():
        for run in stage.instructions:
            script = analysis.script(run) if isinstance(run, Run) and analysis.in_image(run) else None
            for part in script.parts if script else ():
                for work in part.effects.work:
                    for name in work.names:
                        known = known_package(work.kind, name)
                        if script and known and isinstance(part.node, Command):
                            yield from _judged(analysis, stage, script, part, name, known)


def _judged(
    analysis: Analysis, stage: Stage, script: RunScript, part: Part, name: str, known: KnownPackage
) -> Iterator[Proposal | Refusal]:
    word = _word(part, name)
    if word is None:
        return
    run, dockerfile = script.run, analysis.dockerfile
    words = (*known.programs, *known.words, *known.names, name)
    named = mentioned_in_dockerfile(dockerfile, words, run, word.raw)
    if named is not None or "#" in dockerfile.source(script.span(part.node.span)):
        return
    if user := _user(analysis, known):
        yield Refusal(run.line, f"{name} stays: {user} may run it without naming it")
        return
    found = mentioned_in_files(analysis.facts.request.context, words, dockerfile.path)
    if found.found:
        yield Refusal(run.line, f"{name} stays: {found.found} names it")
        return
    yield Proposal(
        line=run.line,
        why=f"{brief(run)} installs {name}, and nothing here refers to it",
        evidence=tuple(_evidence(known, found)),
        safety=Safety.BEHAVIOUR,
        edits=_edits(analysis, script, part, word),
        stage=stage.index,
        moved=origin(run),
        subject=name,
        part=name,
    )


def _evidence(known: KnownPackage, found: Searched) -> Iterator[str]:
    programs = " or ".join(known.programs)
    yield f"none of the {found.files} text files of the build context names {programs}, documentation aside"
    yield "no other instruction of the Dockerfile names it, CMD, ENTRYPOINT and HEALTHCHECK among them"
    if found.unread:
        more = len(found.unread) - _MOST_SHOWN
        shown = listed(found.unread[:_MOST_SHOWN]) + (f" and {more} more" if more > 0 else "")
        yield f"not searched, for they are no text or too large: {shown}"


def _word(part: Part, name: str) -> ShellWord | None:
    """Return the word of a command that names a package, None where a variable or several words do."""
    assert isinstance(part.node, Command), "as propose has seen to"
    found = [word for word in part.node.arguments if _VERSION.sub("", word.literal or "") == name]
    return found[0] if len(found) == 1 else None


def _user(analysis: Analysis, known: KnownPackage) -> str:
    """Say which step may run a package's programs on its own."""
    for graph in analysis.graphs:
        for step in graph:
            managers = {work.kind.partition(".")[0] for work in step.effects.work if "." in work.kind}
            builds = known.users and step.effects.opaque
            if step.instruction and (builds or not managers.isdisjoint(known.users)):
                return brief(step.instruction)
    return ""


def _edits(analysis: Analysis, script: RunScript, part: Part, word: ShellWord) -> tuple[Edit, ...]:
    """Return the edits that take a package out, with its command where it names no other, or the whole RUN."""
    assert isinstance(part.node, Command), "as propose has seen to"
    if sum(len(work.names) for work in part.effects.work) > 1:
        words = (part.node.name, *part.node.arguments)
        before = words[words.index(word) - 1]
        assert before is not None, "an install has a name"
        return (script.without_word(before, word),)
    rest = [one for one in script.parts if one is not part]
    if all(_serves(one, part) for one in rest):
        return (remove(analysis.dockerfile, script.run),)
    return script.without([script.parts.index(part)])


def _serves(one: Part, part: Part) -> bool:
    """Whether a part has a meaning only beside an install: an update of its lists, the clean-up of its caches."""
    if any(work.kind in {"apt.update", "apk.update", "dnf.update"} for work in one.effects.work):
        return True
    return one.effects.cleans(part.effects.caches)
