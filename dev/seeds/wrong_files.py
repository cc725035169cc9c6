"""Copies the guide alone where the Dockerfile copies all of the documentation: other files, so another image.

A pass of no use but for `dev.seeded`: a proof has to find it.
"""

from collections.abc import Iterator

from dev.seeds.swapped import swapped

from layerwise.analysis import Analysis
from layerwise.passes.base import Proposal, Safety

SAFETY = Safety.EQUIVALENT
NEEDS_BUILDKIT = False

_WHOLE, _GUIDE = "COPY docs /srv/docs\n", "COPY docs/guide.md /srv/docs/\n"


def propose(analysis: Analysis) -> Iterator[Proposal]:
    """Yield the one proposal, where the line is there."""
    why = "what stands below is built again with each change of docs"
    evidence = "nothing reads the rest of docs (which is wrong)"
    yield from swapped(analysis, _WHOLE, _GUIDE, _WHOLE.strip(), why, evidence)
