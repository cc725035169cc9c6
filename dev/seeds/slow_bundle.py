"""Makes one RUN of two scripts, which waits for seconds that nobody predicts: the same image, only slower.

A pass of no use but for `dev.seeded`: a proof has to find it.
"""

from collections.abc import Iterator

from dev.seeds.swapped import swapped

from layerwise.analysis import Analysis
from layerwise.passes.base import Proposal, Safety

SAFETY = Safety.EQUIVALENT
NEEDS_BUILDKIT = False

_TWO, _ONE = "RUN sh /srv/tools/site.sh\nRUN sh /srv/tools/index.sh\n", "RUN sh /srv/tools/both.sh\n"


def propose(analysis: Analysis) -> Iterator[Proposal]:
    """Yield the one proposal, where the lines are there."""
    why = "one step is begun and exported in less time than two"
    evidence = "both.sh does what site.sh and index.sh do (and waits)"
    yield from swapped(analysis, _TWO, _ONE, _ONE.strip(), why, evidence)
