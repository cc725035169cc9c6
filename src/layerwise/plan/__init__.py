"""Chooses the set of rewrites that lowers what a build is expected to take.

::

    made = plan(analysis, Options(threshold_s=2))
    print(made.diff())
"""

from collections.abc import Iterator, Sequence

from layerwise import catalogue
from layerwise.analysis import Analysis
from layerwise.passes import PASSES
from layerwise.passes.base import Pass, Safety
from layerwise.plan.options import Options
from layerwise.plan.outcome import Chosen, Plan, Refused
from layerwise.plan.search import Key, Search
from layerwise.plan.settings import Setting, settings_of
from layerwise.plan.worth import switch_cost

__all__ = ["Chosen", "Options", "Plan", "Refused", "Setting", "plan", "replayed"]


def plan(analysis: Analysis, options: Options | None = None, passes: Sequence[Pass] = PASSES) -> Plan:
    """Return the best set of rewrites that the passes propose."""
    options, modules = options or Options(), catalogue.by_name(*passes)
    search = Search(analysis, options, modules)
    kept, after = search.pruned(search.greedy())
    chosen = tuple(search.priced(named, kept, after) for named in kept)
    offered = tuple(search.offered(after))
    if search.unproved:
        asked = (one for one in offered if one.proposal.safety is not Safety.AFTER_PROOF)
        offered = (*_to_prove(search.allowing(Safety.AFTER_PROOF.value)), *asked)
    return Plan(
        before=analysis,
        after=after,
        kept=chosen,
        offered=offered,
        refused=tuple(search.refused(after, chosen, offered)),
        switch_cost_s=switch_cost(analysis, after),
        settings=tuple(settings_of(after, options)),
    )


def replayed(
    analysis: Analysis, keys: Sequence[Key], options: Options | None = None, passes: Sequence[Pass] = PASSES
) -> Analysis:
    """Return a file with a few of a plan's rewrites, named by ``Chosen.key``: those of them that can be made alone."""
    return Search(analysis, options or Options(), catalogue.by_name(*passes)).replayed(keys)


def _to_prove(search: Search) -> Iterator[Chosen]:
    """Yield the rewrites that a plan would hold if they were proved: one of them may pay only with another."""
    kept, after = search.pruned(search.greedy())
    for named in kept:
        if named[1].safety is Safety.AFTER_PROOF:
            chosen = search.priced(named, kept, after)
            if chosen.proof is None:
                yield chosen
