r"""Limits a download to the architecture that its binary is for.

A URL that names one architecture gives the same binary on every platform. On the others the step costs its seconds,
emulated where the builder has no such machine, for a program that can't run there.

The whole script stands in an `if` that asks `uname -m`, so no argument is declared and no other step's key changes.
What is skipped is missing on the other platforms, which is why it is done on request only (`--allow behaviour`); on the
platform that the binary is for, nothing changes.

Refused where a later step, a `COPY --from` or the command of the image needs what it brings, where the RUN does more
than fetch and place it, and for platforms on which `uname -m` depends on the kernel (386, arm/v7).

## Before

```dockerfile
FROM debian:bookworm
RUN curl -fsSL https://example.org/upscale-linux-x86_64 -o /usr/local/bin/upscale \
 && chmod +x /usr/local/bin/upscale
WORKDIR /app
COPY app app
```

## After

```dockerfile
FROM debian:bookworm
RUN if [ "$(uname -m)" = x86_64 ]; then curl -fsSL https://example.org/upscale-linux-x86_64 -o /usr/local/bin/upscale \
 && chmod +x /usr/local/bin/upscale; fi
WORKDIR /app
COPY app app
```
"""

import posixpath
import re
from collections.abc import Iterator

from layerwise.analysis import Analysis
from layerwise.ecosystems import Part, calls_of
from layerwise.ecosystems.call import Argument
from layerwise.ecosystems.effects import Path
from layerwise.graph.needs import needed_below, started_with
from layerwise.graph.passage import brief, listed
from layerwise.graph.platforms import machine
from layerwise.graph.run_script import RunScript
from layerwise.graph.state import origin
from layerwise.graph.vertex import Step
from layerwise.passes.base import Proposal, Refusal, Safety
from layerwise.syntax.edit import Edit
from layerwise.syntax.tree import Run, Span, Stage

SAFETY = Safety.BEHAVIOUR
NEEDS_BUILDKIT = False

_MACHINES = {
    "x86_64": "x86_64",
    "x86-64": "x86_64",
    "amd64": "x86_64",
    "x64": "x86_64",
    "aarch64": "aarch64",
    "arm64": "aarch64",
    **dict.fromkeys(("i386", "i686", "x86", "armv6", "armv7", "armv7l", "armhf", "arm", "armv8"), ""),
    **dict.fromkeys(("ppc64le", "s390x", "riscv64", "universal", "noarch"), ""),
}
_EITHER = "|".join(sorted(_MACHINES, key=len, reverse=True))
_NAMED = re.compile(rf"(?<![A-Za-z0-9])({_EITHER})(?![A-Za-z0-9])", re.IGNORECASE)

_LOG = "/.wget-hsts"
_FETCHES = frozenset({"curl", "wget"})
_PLACES = frozenset({"mkdir", "tar", "unzip", "gunzip", "bunzip2", "xz", "unxz", "zstd", "unzstd", "install", "ln"})
_OF_ITS_OWN = frozenset({"chmod", "chown", "mv", "cp", "rm"})
_HARMLESS = frozenset({"set", "cd", "echo", "printf", "sha256sum", "sha512sum", "sha1sum", "md5sum", "umask", "true"})


def propose(analysis: Analysis) -> Iterator[Proposal | Refusal]:
    """Yield a proposal for each RUN that fetches a binary of one architecture on several platforms."""
    for stage in analysis.stages():
        for run in stage.instructions:
            steps = analysis.steps_of(run) if isinstance(run, Run) else ()
            script = analysis.script(run) if isinstance(run, Run) and len(steps) > 1 else None
            if script is None:
                continue
            urls = [url for part in script.parts for url in _urls(part)]
            machines = {_MACHINES[name.lower()] for url in urls for name in _NAMED.findall(url.text)}
            named = next(iter(machines)) if len(machines) == 1 else ""
            platforms = {step.platform: machine(step.platform) for step in steps}
            if named in platforms.values() and len(platforms) > 1:
                yield _judged(analysis, stage, script, named)


def _urls(part: Part) -> Iterator[Argument]:
    for call in calls_of(part):
        if call.name in _FETCHES:
            yield from (argument for argument in call.arguments if "://" in argument.text)


def _judged(analysis: Analysis, stage: Stage, script: RunScript, named: str) -> Proposal | Refusal:
    run = script.run
    steps = analysis.steps_of(run)
    brought = frozenset(path for step in steps for path in step.effects.writes if not path.path.endswith(_LOG))
    if why := _more(script) or _unsure(steps) or _needed(analysis, steps, named, brought):
        return Refusal(run.line, f"{brief(run)} runs on every platform: {why}")
    others = listed({step.platform for step in steps if machine(step.platform) != named})
    places = listed({path.path for path in brought})
    urls = [url.text for part in script.parts for url in _urls(part)]
    return Proposal(
        line=run.line,
        why=f"{brief(run)} fetches on {others} what is for {named} alone",
        evidence=(
            *(f"the URL {url} names {named}" for url in urls),
            f"no step, and no command of the image, needs what lies in {places} on {others}",
            f"it will be missing on {others}",
        ),
        safety=Safety.BEHAVIOUR,
        edits=_edits(script, named),
        stage=stage.index,
        moved=origin(run),
        subject=origin(run),
    )


def _edits(script: RunScript, named: str) -> tuple[Edit, ...]:
    start = script.span(script.parts[0].node.span).start
    end = script.span(script.parts[-1].node.span).end
    return (Edit(Span(start, start), f'if [ "$(uname -m)" = {named} ]; then '), Edit(Span(end, end), "; fi"))


def _more(script: RunScript) -> str:
    """Say what a script does besides fetching and placing files of one architecture."""
    made: frozenset[Path] = frozenset()
    for part in script.parts:
        shown = f"`{script.text(part.node.span)}`"
        calls = calls_of(part)
        if part.joiner == "&" or not calls or part.effects.opaque:
            return f"{shown} is no plain command"
        urls = list(_urls(part))
        if not all(url.known and _NAMED.search(url.text) for url in urls):
            return f"{shown} fetches something that is for no architecture"
        for call in calls:
            if call.name in _OF_ITS_OWN and not _own(part, made):
                return f"{shown} touches more than what was fetched"
            if call.name not in _FETCHES | _PLACES | _OF_ITS_OWN | _HARMLESS:
                return f"{shown} does more than fetch and place a file"
        made |= part.effects.writes
    return ""


def _own(part: Part, made: frozenset[Path]) -> bool:
    """Whether a part touches what the script has made, and besides at the most the place where it puts that."""
    touched = part.effects.reads | part.effects.writes
    places = {path.path for path in touched if not any(one.covers(path.path) for one in made)}
    if part.call and part.call.name in {"cp", "mv"} and part.scope.cwd is not None:
        places -= {posixpath.normpath(posixpath.join(part.scope.cwd, part.call.arguments[-1].text))}
    return not places


def _unsure(steps: tuple[Step, ...]) -> str:
    unsure = {step.platform for step in steps if machine(step.platform) is None}
    return f"what `uname -m` says on {listed(unsure)} depends on the kernel" if unsure else ""


def _needed(analysis: Analysis, steps: tuple[Step, ...], named: str, brought: frozenset[Path]) -> str:
    for graph in analysis.graphs:
        for step in steps:
            if step in graph.steps and machine(step.platform) != named and (why := needed_below(graph, step, brought)):
                return why
    return started_with(analysis.dockerfile, brought)
