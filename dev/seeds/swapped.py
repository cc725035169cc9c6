"""The one proposal of a seeded pass: some lines of a Dockerfile in the place of others."""

from collections.abc import Iterator

from layerwise.analysis import Analysis
from layerwise.passes.base import Proposal, Safety
from layerwise.syntax.edit import Edit
from layerwise.syntax.tree import Span


def swapped(analysis: Analysis, old: str, new: str, subject: str, why: str, evidence: str) -> Iterator[Proposal]:
    """Yield the proposal, which claims to be equivalent, where the old lines are there."""
    text = analysis.dockerfile.text
    at = text.find(old)
    if at >= 0:
        yield Proposal(
            line=text.count("\n", 0, at) + 1,
            why=why,
            evidence=(evidence,),
            safety=Safety.EQUIVALENT,
            edits=(Edit(Span(at, at + len(old)), new),),
            stage=0,
            moved=old.partition("\n")[0],
            subject=subject,
        )
