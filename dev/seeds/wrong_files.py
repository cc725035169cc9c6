"""Copies the guide alone where the Dockerfile copies all of the documentation: other files, so another image.

A pass of no use but for `dev.seeded`: a proof has to find it.
"""

from collections.abc import Iterator

from layerwise.analysis import Analysis
from layerwise.passes.base import Proposal, Safety
from layerwise.syntax.edit import Edit
from layerwise.syntax.tree import Span

SAFETY = Safety.EQUIVALENT
NEEDS_BUILDKIT = False

_WHOLE, _GUIDE = "COPY docs /srv/docs\n", "COPY docs/guide.md /srv/docs/\n"


def propose(analysis: Analysis) -> Iterator[Proposal]:
    """Yield the one proposal, where the line is there."""
    text = analysis.dockerfile.text
    at = text.find(_WHOLE)
    if at >= 0:
        yield Proposal(
            line=text.count("\n", 0, at) + 1,
            why="what stands below is built again with each change of docs",
            evidence=("nothing reads the rest of docs (which is wrong)",),
            safety=SAFETY,
            edits=(Edit(Span(at, at + len(_WHOLE)), _GUIDE),),
            stage=0,
            moved=_WHOLE.strip(),
            subject=_WHOLE.strip(),
        )
