r"""Downloads what pip installs in a stage beside the steps that the install waits for.

An install of requirements looks them up, downloads them, and unpacks them. Only the unpacking needs what stands above
it. In a stage of its own, from the image alone, `pip wheel` fetches everything (and builds what comes as source) while
the system packages above are still being installed; the install then finds wheels in a mount, and asks no index.

The stage sees the requirements alone, so it runs again when they change, and not when a step above the install does.
What is installed is what `pip wheel` chose for the requirements by themselves; where packages that the image or a step
above brings would make pip choose otherwise, the images differ, which only a build shows: `equivalent, after proof`.
Where the wheels don't fit, because a step above changed the Python version, the install is made as before: that stands
behind `||`.

Refused for projects that are installed with their own code, for options that choose where or how to install, for other
users than root, for images of which it is not known that they bring pip, and where the requirements come by a COPY that
brings more.

## Before

```dockerfile
FROM python:3.12-slim
RUN apt-get update && apt-get install -y --no-install-recommends ffmpeg
WORKDIR /app
COPY requirements.txt ./
RUN pip install -r requirements.txt
COPY app app
```

## After

```dockerfile
FROM python:3.12-slim AS wheels
WORKDIR /app
COPY requirements.txt ./
RUN pip wheel --wheel-dir=/wheels -r requirements.txt

FROM python:3.12-slim
RUN apt-get update && apt-get install -y --no-install-recommends ffmpeg
WORKDIR /app
COPY requirements.txt ./
RUN --mount=type=bind,from=wheels,source=/wheels,target=/wheels \
    pip install --no-index --find-links=/wheels -r requirements.txt \
    || pip install -r requirements.txt
COPY app app
```
"""

from collections.abc import Iterator, Sequence

from layerwise.analysis import Analysis
from layerwise.graph.mounted import blocked
from layerwise.graph.passage import brief, briefs
from layerwise.graph.request import repository
from layerwise.graph.state import origin
from layerwise.passes.base import Proposal, Refusal, Safety
from layerwise.passes.pip_install import HAVE_PIP, Install, install_of
from layerwise.syntax import variables
from layerwise.syntax.edit import Edit, line_end
from layerwise.syntax.new_stage import free_name, stage_above, uncut
from layerwise.syntax.tree import Copy, Pairs, Run, Span

SAFETY = Safety.AFTER_PROOF
NEEDS_BUILDKIT = True

_WHEELS = "/wheels"
_DOUBT = "what the image or a step above brings does not make pip choose another version"


def propose(analysis: Analysis) -> Iterator[Proposal | Refusal]:
    """Yield a proposal for each install of requirements that waits for steps that it need not wait for."""
    for stage in analysis.stages():
        for run in stage.instructions:
            if isinstance(run, Run) and analysis.in_image(run) and (found := install_of(analysis, stage, run)):
                beside = tuple(one for one in found.above if isinstance(one, Run))
                if not beside:
                    continue
                yield _judged(analysis, found, beside)


def _judged(analysis: Analysis, found: Install, beside: Sequence[Run]) -> Proposal | Refusal:
    sources, settings = _sources(analysis, found), _settings(analysis, found)
    why = _why_not(analysis, found)
    if why or isinstance(sources, str) or isinstance(settings, str):
        why = why or next(one for one in (sources, settings) if isinstance(one, str))
        return Refusal(found.run.line, f"{brief(found.run)} fetches what it installs itself: {why}")
    return _proposal(analysis, found, beside, sources, settings)


def _why_not(analysis: Analysis, found: Install) -> str:
    top = found.stages[0]
    if why := found.strange():
        return why
    if repository(top.opening.image) not in HAVE_PIP:
        return f"whether {top.opening.image} brings pip is not known"
    return found.unknown_above() or _mount(found) or uncut(analysis.dockerfile, top)


def _mount(found: Install) -> str:
    return found.flagged() or (blocked(found.step, [_WHEELS]) and f"a mount of its own lies at {_WHEELS}")


def _sources(analysis: Analysis, found: Install) -> tuple[Copy, ...] | str:
    """Return the COPY lines that bring the requirements and nothing else, or why they can't be said twice."""
    manifests, copies, seen = set(found.step.effects.manifests), list[Copy](), set[str]()
    for one in found.above:
        if one.keyword == "WORKDIR" and copies:
            return f"{brief(one)} stands between its files and itself"
        steps = analysis.steps_of(one) if isinstance(one, Copy) else ()
        placed = {place for step in steps for selection in step.files for place in selection.placed.values()}
        if not isinstance(one, Copy) or not placed & manifests:
            continue
        if not placed <= manifests or one.heredocs:
            return f"{brief(one)} brings more than it reads"
        copies.append(one)
        seen |= placed
    seen |= {place for selection in found.step.files for place in selection.placed.values()}  # of its own mounts
    seen |= {one.path for one in found.step.sifted}
    if missing := sorted(manifests - seen):
        return f"where {missing[0]} comes from is not known"
    return tuple(copies)


def _settings(analysis: Analysis, found: Install) -> tuple[Pairs, ...] | str:
    """Return the variables that pip reads, as they are set, or why they can't be said twice."""
    reads, kept = found.step.effects.environment.reads, list[Pairs]()
    varying = {one.name for one in analysis.facts.arguments}
    for one in found.above:
        if not isinstance(one, Pairs) or one.keyword == "LABEL" or not any(reads(pair.name) for pair in one.pairs):
            continue
        used = set().union(*(variables.references(pair.value or "", analysis.dockerfile.escape) for pair in one.pairs))
        if used or varying & {pair.name for pair in one.pairs}:
            return f"{brief(one)} takes its value from elsewhere"
        kept.append(one)
    return tuple(kept)


def _proposal(
    analysis: Analysis, found: Install, beside: Sequence[Run], sources: Sequence[Copy], settings: Sequence[Pairs]
) -> Proposal:
    dockerfile, run, script = analysis.dockerfile, found.run, found.script
    top = found.stages[0]
    name = free_name(dockerfile, "wheels", analysis.facts.request.contexts)
    broken = f" {dockerfile.escape}{line_end(dockerfile)}    "
    text, start = script.text(found.command.span), found.command.span.start
    verb = next(word.span for word in found.command.arguments if word.literal == "install")
    before, after = text[: verb.start - start], text[verb.end - start :]
    flags = [dockerfile.source(flag.span) for flag in run.flags]
    assert found.step.scope is not None
    assert found.step.scope.cwd is not None
    lines = (
        *(dockerfile.source(one.span) for one in settings),
        f"WORKDIR {found.step.scope.cwd}",
        *(dockerfile.source(one.span) for one in sources),
        f"RUN {' '.join(f'{flag}{broken}' for flag in flags)}{before}wheel --wheel-dir={_WHEELS}{after}",
    )
    end = script.span(found.command.span).end
    mount = f"--mount=type=bind,from={name},source={_WHEELS},target={_WHEELS}"
    return Proposal(
        line=run.line,
        why=f"what {brief(run)} downloads needs nothing of {briefs(beside)}, and can be fetched meanwhile",
        evidence=(f"it reads {', '.join(found.step.effects.manifests)} and the index alone", _DOUBT),
        safety=Safety.AFTER_PROOF,
        edits=(
            stage_above(dockerfile, top, name, lines),
            Edit(Span(run.text_start, run.text_start), f"{mount}{broken}"),
            Edit(script.span(verb), f"install --no-index --find-links={_WHEELS}"),
            Edit(Span(end, end), f"{broken}|| {text}"),
        ),
        stage=found.stages[-1].index,
        moved=origin(run),
        subject=origin(run),
        doubts=(_DOUBT,),
    )
