r"""Makes a COPY independent of what stands above it with `--link`.

A linked COPY has no parent in its cache key: when the base image moves or a step above changes, its layer is used as
it is, without the layers above being pulled and unpacked for it, and platforms share one copy of the same files.

`--link` writes the directories above the destination anew: links among them are replaced, modes and owners reset. So
each of them has to be known as a real directory of root with mode 0755, or as not being there. Owners by name are
refused too: a linked COPY sees no accounts. A build has to show the rest.

## Before

```dockerfile
FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y ffmpeg
COPY app /opt/shop/app
```

## After

```dockerfile
FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y ffmpeg
COPY --link app /opt/shop/app
```
"""

import posixpath
from collections.abc import Iterator

from layerwise.analysis import Analysis
from layerwise.graph.directories import unknown_directory
from layerwise.graph.passage import brief
from layerwise.graph.state import origin
from layerwise.graph.vertex import Graph, Step
from layerwise.passes.base import Proposal, Refusal, Safety
from layerwise.syntax.edit import Edit
from layerwise.syntax.tree import Copy, Span

SAFETY = Safety.AFTER_PROOF
NEEDS_BUILDKIT = True

_DOUBT = "no file of the stage lies where a directory is copied, or the other way round"


def propose(analysis: Analysis) -> Iterator[Proposal | Refusal]:
    """Yield a proposal for each COPY that could do without what stands above it."""
    for stage in analysis.stages():
        for copy in stage.instructions:
            unlinked = isinstance(copy, Copy) and copy.keyword == "COPY" and copy.flag("link") is None
            if isinstance(copy, Copy) and unlinked and (placed := analysis.placed(copy)):
                yield _judged(analysis, copy, placed)


def _judged(analysis: Analysis, copy: Copy, placed: tuple[tuple[Graph, Step], ...]) -> Proposal | Refusal:
    if why := _refused_flag(copy) or next((why for one in placed if (why := _unknown(analysis, *one))), ""):
        return Refusal(copy.line, f"{brief(copy)} is not linked: {why}")
    above = [step for graph, step in placed for step in graph.above(step)]
    return Proposal(
        line=copy.line,
        why=f"{brief(copy)} is made again with each of the {len(above) // len(placed)} steps it stands on",
        evidence=("every directory above its destination is root's with mode 0755, or is not there", _DOUBT),
        safety=Safety.AFTER_PROOF,
        edits=(Edit(Span(copy.text_start, copy.text_start), "--link "),),
        stage=placed[0][1].stage_index,
        moved=origin(copy),
        subject=origin(copy),
        doubts=(_DOUBT,),
    )


def _refused_flag(copy: Copy) -> str:
    owner = copy.flag("chown")
    if owner is not None and owner not in ("0", "0:0"):
        return f"--chown={owner} would be the owner of the directories above it too"
    if copy.flag("chmod") is not None:
        return "with --chmod, BuildKit makes a plain copy of it"
    if copy.flag("parents") is not None:
        return "with --parents it makes directories whose modes are those of the context"
    return f"--{copy.opaque_flags[0].name} is not a flag that layerwise knows" if copy.opaque else ""


def _unknown(analysis: Analysis, graph: Graph, step: Step) -> str:
    destination = dict(step.definition)["destination"]
    directory = destination.rstrip("/") or "/"
    if directory == "/":
        return "it copies into the root directory, over whatever is there"
    if step.files and not destination.endswith("/") and directory in step.files[0].placed.values():
        directory = posixpath.dirname(directory)
    return unknown_directory(graph.above(step), analysis.facts.request, directory) if directory != "/" else ""
