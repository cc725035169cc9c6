r"""Makes one RUN of two, where the second removes what the first one left.

A layer holds what its RUN left. Removing it in the next RUN hides it, and the bytes are exported, pushed and pulled
all the same; in one RUN they never come into a layer. That is all this pass merges RUNs for: more layers are not
slower, and two RUNs that change at different times are better apart, which the plan weighs.

Both keep their commands and their order: the second is joined by `&&`, and one that leaves a directory or a variable
in its shell runs in a subshell. Refused where flags differ, for here-documents, `exec`, jobs in the background, and
commands that layerwise does not know, which may leave something running.

## Before

```dockerfile
FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y ffmpeg
RUN rm -rf /var/lib/apt/lists/*
COPY app /srv/app
```

## After

```dockerfile
FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y ffmpeg \
 && rm -rf /var/lib/apt/lists/*
COPY app /srv/app
```
"""

from collections.abc import Iterator
from itertools import pairwise

from layerwise.analysis import Analysis
from layerwise.graph.passage import brief, listed
from layerwise.graph.run_script import RunScript
from layerwise.graph.squashing import keeps_nothing, removed_of, why_apart
from layerwise.graph.state import origin
from layerwise.passes.base import Proposal, Refusal, Safety
from layerwise.syntax.edit import Edit, line_end
from layerwise.syntax.tree import Dockerfile, Run, Span, Stage

SAFETY = Safety.IDENTICAL
NEEDS_BUILDKIT = False


def propose(analysis: Analysis) -> Iterator[Proposal | Refusal]:
    """Yield a proposal for each RUN that removes what the RUN directly above it left."""
    for stage in analysis.stages():
        for first, second in pairwise(stage.instructions):
            if isinstance(first, Run) and isinstance(second, Run) and analysis.in_image(second):
                steps = zip(analysis.steps_of(first), analysis.steps_of(second), strict=False)
                gone = sorted({name for upper, lower in steps for name in removed_of(upper, lower)})
                if gone:
                    yield _judged(analysis, stage, first, second, gone)


def _judged(analysis: Analysis, stage: Stage, first: Run, second: Run, gone: list[str]) -> Proposal | Refusal:
    upper, lower = analysis.script(first), analysis.script(second)
    why = why_apart(upper, lower) if upper and lower else "one of them can't be taken apart"
    edits = _edits(analysis.dockerfile, upper, lower) if upper and lower and not why else ()
    if not edits:
        said = why or "its text goes on below its last command"
        return Refusal(second.line, f"{brief(second)} stays a layer of its own: {said}")
    return Proposal(
        line=second.line,
        why=f"{brief(second)} removes {listed(gone)}, which the layer of {brief(first)} holds all the same",
        evidence=("nothing stands between the two, and their flags are the same",),
        safety=Safety.IDENTICAL,
        edits=edits,
        stage=stage.index,
        moved=origin(second),
        subject=origin(second),
    )


def _edits(dockerfile: Dockerfile, upper: RunScript, lower: RunScript) -> tuple[Edit, ...]:
    """Return the edits that join two RUNs; none where the upper one's text does not end with its last command."""
    end = upper.run.source_span(0, len(upper.run.text)).end
    start = lower.run.text_start
    if dockerfile.source(Span(end, upper.run.span.end)).strip():
        return ()
    line = line_end(dockerfile)
    between = dockerfile.source(Span(upper.run.span.end, lower.run.span.start))
    comments = "".join(f"{one.rstrip()}{line}" for one in between.split("\n") if one.strip().startswith("#"))
    opening, closing = ("", "") if keeps_nothing(upper) else ("(", ")")
    before, after = ("", "") if keeps_nothing(lower) else ("(", ")")
    edits = [Edit(Span(end, start), f"{closing} {dockerfile.escape}{line}{comments} && {before}")]
    if opening:
        edits.insert(0, Edit(Span(upper.run.text_start, upper.run.text_start), opening))
    if after:
        last = lower.run.source_span(0, len(lower.run.text)).end
        edits.append(Edit(Span(last, last), after))
    return tuple(edits)
