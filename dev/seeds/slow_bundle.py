"""Makes one RUN of two scripts, which waits for seconds that nobody predicts: the same image, only slower.

A pass of no use but for `dev.seeded`: a proof has to find it.
"""

from collections.abc import Iterator

from layerwise.analysis import Analysis
from layerwise.passes.base import Proposal, Safety
from layerwise.syntax.edit import Edit
from layerwise.syntax.tree import Span

SAFETY = Safety.EQUIVALENT
NEEDS_BUILDKIT = False

_TWO, _ONE = "RUN sh /srv/tools/site.sh\nRUN sh /srv/tools/index.sh\n", "RUN sh /srv/tools/both.sh\n"


def propose(analysis: Analysis) -> Iterator[Proposal]:
    """Yield the one proposal, where the lines are there."""
    text = analysis.dockerfile.text
    at = text.find(_TWO)
    if at >= 0:
        yield Proposal(
            line=text.count("\n", 0, at) + 1,
            why="one step is begun and exported in less time than two",
            evidence=("both.sh does what site.sh and index.sh do (and waits)",),
            safety=SAFETY,
            edits=(Edit(Span(at, at + len(_TWO)), _ONE),),
            stage=0,
            moved="RUN sh /srv/tools/site.sh",
            subject=_ONE.strip(),
        )
