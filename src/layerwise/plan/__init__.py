"""Chooses the set of rewrites that lowers what a build is expected to take.

::

    made = plan(analysis, Options(threshold_s=2))
    print(made.diff())
"""

from collections.abc import Iterator, Sequence

from layerwise import catalogue
from layerwise.analysis import Analysis
from layerwise.passes import PASSES
from layerwise.passes.base import Pass, Proposal, Safety
from layerwise.plan.options import Options
from layerwise.plan.outcome import Chosen, Plan, Refused
from layerwise.plan.search import Key, Named, Search
from layerwise.plan.settings import Setting, settings_of
from layerwise.plan.worth import switch_cost

__all__ = ["Chosen", "Options", "Plan", "Refused", "Setting", "plan", "replayed"]


def plan(analysis: Analysis, options: Options | None = None, passes: Sequence[Pass] = PASSES) -> Plan:
    """Return the best set of rewrites that the passes propose."""
    search = Search(analysis, options or Options(), catalogue.by_name(*passes))
    kept, after = search.pruned(search.greedy())
    waiting: tuple[Chosen, ...] = ()
    if unproved := search.unproved:
        proving = search.allowing(Safety.AFTER_PROOF.value)
        together, all_after = proving.pruned(proving.greedy())
        waiting = tuple(_waiting(proving, together, all_after))
        if not waiting and proving.is_better(all_after, after):
            # all of it was proved; a search that meets the rewrites in another order may not know them again
            search, kept, after = proving, together, all_after
    chosen = tuple(search.priced(named, kept, after) for named in kept)
    offered = (*waiting, *(one for one in search.offered(after) if not (unproved and _needs_proof(one.proposal))))
    return Plan(
        before=analysis,
        after=after,
        kept=chosen,
        offered=offered,
        refused=tuple(search.refused(after, chosen, offered)),
        switch_cost_s=switch_cost(analysis, after),
        settings=tuple(settings_of(after, search.options)),
    )


def replayed(
    analysis: Analysis, keys: Sequence[Key], options: Options | None = None, passes: Sequence[Pass] = PASSES
) -> Analysis:
    """Return a file with a few of a plan's rewrites, named by ``Chosen.key``: those of them that can be made alone."""
    return Search(analysis, options or Options(), catalogue.by_name(*passes)).replayed(keys)


def _waiting(search: Search, kept: Sequence[Named], after: Analysis) -> Iterator[Chosen]:
    """Yield the rewrites of a plan that wait for a proof: one of them may pay only with another."""
    for named in kept:
        if _needs_proof(named[1]):
            chosen = search.priced(named, kept, after)
            if chosen.proof is None:
                yield chosen


def _needs_proof(proposal: Proposal) -> bool:
    return proposal.safety is Safety.AFTER_PROOF
