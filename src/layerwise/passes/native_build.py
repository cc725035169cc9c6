r"""Builds what is the same for each platform on the builder's own.

A stage runs once for each platform, emulated on those that are not the builder's, often ten times slower. Where it
makes the same files for all of them (a front end, jars, documentation), `--platform=$BUILDPLATFORM` makes it run once,
natively, and every platform takes its files from there. A Go program is cross-compiled: `GOOS` and `GOARCH` say what
for, where no C code is in it.

That the files are the same is for a build on every platform to show: the class is `equivalent, after proof`. Refused
where files of the platform leave the stage (`node_modules`, system directories), where it builds for its platform
already, with C code, and where a command is not known to make the same everywhere.

## Before

```dockerfile
FROM node:22-slim AS front
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci
COPY src src
RUN npm run build

FROM debian:bookworm-slim
COPY --from=front /src/dist /srv/www
```

## After

```dockerfile
FROM --platform=$BUILDPLATFORM node:22-slim AS front
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci
COPY src src
RUN npm run build

FROM debian:bookworm-slim
COPY --from=front /src/dist /srv/www
```
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from layerwise.analysis import Analysis
from layerwise.ecosystems import calls_of
from layerwise.ecosystems.effects import SYSTEM
from layerwise.ecosystems.portable import makes, same_everywhere
from layerwise.graph.cross_go import builds, cross_edits, outputs, why_native_only
from layerwise.graph.passage import brief, listed
from layerwise.graph.run_script import RunScript
from layerwise.graph.stage_group import TEXT_OF_THE_SYSTEM, closure, handed_on, stands_on, steps_in
from layerwise.graph.state import origin
from layerwise.graph.vertex import Kind
from layerwise.passes.base import Proposal, Refusal, Safety
from layerwise.syntax.edit import Edit
from layerwise.syntax.tree import Run, Span, Stage

SAFETY = Safety.AFTER_PROOF
NEEDS_BUILDKIT = True

_ASKS = re.compile(r"TARGET(ARCH|PLATFORM|OS|VARIANT)|BUILDPLATFORM|\buname\b|print-architecture|\barch\b")
_NATIVE_WORDS = ("os.detected", "os-maven-plugin", "graalvm", "javafx", "lwjgl", "bytedeco", "netty-tcnative")
_JAVA_MANIFESTS = ("pom.xml", "build.gradle", "build.gradle.kts", "libs.versions.toml")


@dataclass(frozen=True, slots=True)
class _Group:
    """A stage, the stages it builds on, what is copied out of them, and what each RUN of theirs does."""

    stage: Stage
    members: tuple[Stage, ...]
    taken: frozenset[str]
    scripts: tuple[RunScript, ...]
    made: frozenset[str]


def propose(analysis: Analysis) -> Iterator[Proposal | Refusal]:
    """Yield a proposal for each stage whose files are the same for every platform."""
    request = analysis.facts.request
    foreign = [platform for platform in request.platforms if platform != request.build_platform]
    for stage in analysis.stages() if foreign else ():
        scripts = [analysis.script(one) for one in stage.instructions if isinstance(one, Run)]
        made = {makes(call) for script in scripts if script for part in script.parts for call in calls_of(part)} - {""}
        members = closure(analysis.graphs, stage)
        taken = handed_on(analysis.graphs, members)
        stages = tuple(one for one in analysis.stages() if one.index in members)
        if not made or not taken or stands_on(analysis.dockerfile, members, {one.index for one in analysis.stages()}):
            continue
        if any(one.opening.flag("platform") is not None for one in stages):
            continue
        found = _group(analysis, stage, stages, taken, frozenset(made))
        why = found if isinstance(found, str) else _why_not(analysis, found, foreign)
        if isinstance(found, str) or why:
            yield Refusal(stage.opening.line, f"{brief(stage.opening)} is built for each platform: {why}")
        else:
            yield _proposal(analysis, found, foreign)


def _group(
    analysis: Analysis, stage: Stage, stages: tuple[Stage, ...], taken: frozenset[str], made: frozenset[str]
) -> _Group | str:
    scripts = []
    for one in (instruction for member in stages for instruction in member.instructions):
        if one.keyword in {"ONBUILD", "SHELL"} or one.opaque:
            return f"{brief(one)} may do anything"
        if isinstance(one, Run):
            script = analysis.script(one)
            if script is None:
                return f"{brief(one)} can't be taken apart, or is another on each platform"
            scripts.append(script)
    return _Group(stage, stages, taken, tuple(scripts), made)


def _why_not(analysis: Analysis, group: _Group, foreign: list[str]) -> str:
    """Say what shows, or may show, the platform in the files that leave the stage."""
    if -1 in closure(analysis.graphs, group.stage):
        return "it takes files of another image, which are for the platform asked for"
    if built := [one.name for one in group.members if one.name in analysis.facts.targets_built]:
        return f"{listed(built)} is built as a target of its own"
    for member in group.members:
        for one in (member.opening, *member.instructions):
            if _ASKS.search(one.text):
                return f"{brief(one)} asks for the platform already"
    for script in group.scripts:
        for part in script.parts:
            calls = calls_of(part)
            if not calls or not all(same_everywhere(call) for call in calls):
                return f"`{script.text(part.node.span)}` is not known to make the same on every platform"
    return _of_platform(analysis, group) or _native_java(analysis, group) or _go(group, foreign)


def _of_platform(analysis: Analysis, group: _Group) -> str:
    steps = steps_in(analysis.graphs, frozenset(stage.index for stage in group.members))
    written = [path for step in steps if not step.effects.opaque for path in step.effects.writes]
    modules = {path.path for path in written if path.path.endswith("/node_modules")}
    directories = {step.scope.cwd for step in steps if step.scope and step.kind is Kind.RUN}
    for path in sorted(group.taken):
        inside = path.rstrip("/") + "/"
        if any(one.covers(path) for one in TEXT_OF_THE_SYSTEM):
            continue
        if path == "/" or any(place.covers(path) or place.path.startswith(inside) for place in SYSTEM):
            return f"{path} is copied out of it, where programs of the platform lie"
        if re.search(r"/(node_modules|standalone|\.output|\.venv|venv)(/|$)", path):
            return f"{path} is copied out of it, which may hold native modules"
        if "a Go program" not in group.made and (any(one.startswith(inside) for one in modules) or path in directories):
            return f"{path} is copied out of it as a whole, with what was installed there"
    return ""


def _native_java(analysis: Analysis, group: _Group) -> str:
    if "jars" not in group.made:
        return ""
    context = analysis.facts.request.context
    for path in context.files():
        if path.rpartition("/")[2] in _JAVA_MANIFESTS:
            text = context.text(path) or ""
            if word := next((word for word in _NATIVE_WORDS if word in text), ""):
                return f"{path} names {word}, which brings native parts"
    return ""


def _go(group: _Group, foreign: list[str]) -> str:
    parts = [part for script in group.scripts for part in builds(script)]
    if not parts:
        return "its `go build` can't be followed" if "a Go program" in group.made else ""
    compiled = outputs(parts)
    for path in sorted(group.taken):
        if not any(one.covers(path) for one in (*compiled, *TEXT_OF_THE_SYSTEM)):
            return f"{path} is copied out of it, which `go build` does not write"
    return next((why for part in parts if (why := why_native_only(part, foreign))), "")


def _edits(analysis: Analysis, group: _Group) -> tuple[Edit, ...]:
    names = {stage.opening.name for stage in group.members}
    starts = (stage.opening.text_start for stage in group.members if stage.opening.image.lower() not in names)
    flags = (Edit(Span(start, start), "--platform=$BUILDPLATFORM ") for start in starts)
    compiling = (script for script in group.scripts if builds(script))
    return (*flags, *(edit for script in compiling for edit in cross_edits(analysis.dockerfile, script)))


def _proposal(analysis: Analysis, group: _Group, foreign: list[str]) -> Proposal:
    request, opening = analysis.facts.request, group.stage.opening
    doubt = f"{listed(group.taken)} is the same for {listed(foreign)} where {request.build_platform} builds it"
    return Proposal(
        line=opening.line,
        why=f"{group.stage.name} makes {listed(group.made)} once for each of {listed(request.platforms)}",
        evidence=(f"other stages take {listed(group.taken)} from it and nothing else", doubt),
        safety=Safety.AFTER_PROOF,
        edits=_edits(analysis, group),
        stage=group.stage.index,
        moved=origin(opening),
        subject=group.stage.label,
        doubts=(doubt,),
    )
