"""What the steps of a plan cost: measured, by priors, or shared out among what a rewrite put in the place of others."""

from collections.abc import Sequence
from typing import TypeAlias

from layerwise.graph.state import instruction_key
from layerwise.graph.vertex import Graph, Kind, Step
from layerwise.model.cost import Cost, cost_of
from layerwise.model.priors import Priors
from layerwise.model.profile import Profile
from layerwise.records import Basis

_GUESSED = (Basis.PRIOR, Basis.UNKNOWN)
_Place: TypeAlias = tuple[str, str, frozenset[str]]
"""A platform, an instruction and the packages that it finds installed."""


class Costs:
    """The cost of each step, told once and remembered by its digest.

    Args:
        priors: Costs where nothing was measured.
        build_platform: What the builder runs natively.
        profile: What recorded builds measured.
    """

    def __init__(self, priors: Priors, build_platform: str, profile: Profile) -> None:
        self._priors = priors
        self._build_platform = build_platform
        self._profile = profile
        self._costs: dict[str, Cost] = {}
        self._inherited: dict[_Place, Cost] = {}

    def of(self, step: Step) -> Cost:
        """Return what a step costs when it runs."""
        if step.digest not in self._costs:
            cost = cost_of(step, self._priors, self._build_platform, self._profile)
            # one that finds packages installed is not the one that was measured, though it says the same
            other = cost.basis in _GUESSED or step.effects.present
            inherited = self._inherited.get(_place(step)) if other else None
            self._costs[step.digest] = inherited or cost
        return self._costs[step.digest]

    def share(self, gone: Sequence[Step], came: Sequence[Step]) -> None:
        """Share the cost of steps that a rewrite took away, if any was measured, among those that it brought."""
        known = [self.of(step) for step in gone]
        if all(cost.basis in _GUESSED for cost in known):
            return
        priors = [cost_of(step, self._priors, self._build_platform) for step in gone]
        seconds = sum(cost.cold_s for cost in known) / (sum(cost.cold_s for cost in priors) or 1.0)
        size = sum(cost.size for cost in known) / (sum(cost.size for cost in priors) or 1)
        for step in came:
            prior = cost_of(step, self._priors, self._build_platform)
            empty = None if prior.empty_s is None else prior.empty_s * seconds
            cost = Cost(prior.seconds * seconds, round(prior.size * size), Basis.PREDICTED, empty_s=empty)
            self._inherited.setdefault(_place(step), cost)


def only_in(graph: Graph, other: Graph, kind: Kind) -> tuple[Step, ...]:
    """Return the steps of a kind whose instructions the other graph does not have on their platform."""
    there = {_place(step) for step in other}
    return tuple(step for step in graph if step.kind is kind and _place(step) not in there)


def _place(step: Step) -> _Place:
    key = "" if step.instruction is None else instruction_key(step.instruction)
    return step.platform, key, step.effects.present
