"""What a build is expected to take after a change, and over a replay of many."""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from layerwise.graph.state import origin
from layerwise.graph.transfer import Transfer, transfer
from layerwise.graph.vertex import Graph, Kind, Step
from layerwise.model.carried import with_carried
from layerwise.model.change import Change
from layerwise.model.cost import Cost
from layerwise.model.costs import Costs, only_in
from layerwise.model.priors import Priors
from layerwise.model.profile import EMPTY, Profile
from layerwise.model.rebuild import GraphRebuild, Rebuild, Seen
from layerwise.model.timeline import Machine, Timeline, timeline, wall_s
from layerwise.records import Basis

_Alike: TypeAlias = tuple[tuple[Seen, ...], frozenset[str], frozenset[str], bool, bool]
"""What of a change tells what it costs: what is seen of its files, arguments, instructions, bases or all new."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One build of a replay.

    Attributes:
        change: What differed.
        running: Ids of the steps that run, by platform.
        seconds: How long it takes with the platforms side by side.
    """

    change: Change
    running: Mapping[str, frozenset[str]] = field(repr=False)
    seconds: float


class Estimator:
    """Prices builds; what it has priced once it remembers, for the same steps run after most commits.

    Args:
        priors: Costs where nothing was measured.
        machine: The builder without any records; what ``profile`` measured takes the place of its rates.
        build_platform: What the builder runs natively.
        frequent: Arguments that change on some builds only: name to the share of builds, between 0 and 1. Those that
            change on every build stand in each ``Change`` itself.
        profile: What recorded builds measured.
    """

    def __init__(
        self,
        priors: Priors,
        machine: Machine,
        build_platform: str,
        frequent: Mapping[str, float] | None = None,
        profile: Profile = EMPTY,
    ) -> None:
        self.profile = profile
        self._priors = priors
        self._machine = machine
        self._learned = _learned(machine, profile)
        self._build_platform = build_platform
        self._frequent = dict(frequent or {})
        self._rebuild = Rebuild()
        self._costs = Costs(priors, build_platform, profile)
        self._successors: dict[str, frozenset[str]] = {}
        self._walls: dict[tuple[tuple[tuple[str, ...], ...], bool, Transfer], float] = {}
        self._transfers: dict[tuple[Graph, ...], Transfer] = {}
        self._carried_costs: dict[tuple[Graph, ...], dict[str, Cost]] = {}
        self._expectations: dict[tuple[Graph, ...], _Expectation] = {}

    def measured(self, profile: Profile) -> "Estimator":
        """Return an estimator of the same builds by another profile."""
        return Estimator(self._priors, self._machine, self._build_platform, self._frequent, profile)

    def exporting(self, *, faster: float = 1.0, without: str = "") -> "Estimator":
        """Return an estimator of builds that compress so many times as fast, or leave one of ``AFTER_STEPS`` out."""
        rates = replace(self._learned.rates, compress=round(self._learned.rates.compress * faster))
        machine = replace(self._learned, rates=rates, overheads=self._learned.overheads - {without})
        other = copy(self)
        other._learned, other._walls = machine, {}  # noqa: SLF001 - of this class itself
        other._expectations, other._carried_costs = {}, {}  # noqa: SLF001 - as above
        return other

    @property
    def after_steps(self) -> frozenset[str]:
        """Which of ``overheads.AFTER_STEPS`` a build does."""
        return self._learned.overheads

    def cost(self, step: Step) -> Cost:
        """Return what a step costs when it runs."""
        return self._costs.of(step)

    def inherit(self, before: Sequence[Graph], after: Sequence[Graph]) -> None:
        """Let instructions that a rewrite brought stand for those that it took away: RUNs for RUNs, COPYs for COPYs.

        A change of the old ones is a change of the new ones, and where the old ones were measured, their seconds are
        shared among the new ones by their priors.
        """
        for graph, other in zip(before, after, strict=True):
            for kind in (Kind.RUN, Kind.COPY):
                gone, came = only_in(graph, other, kind), only_in(other, graph, kind)
                names = frozenset(origin(step.instruction) for step in came if step.instruction)
                for step in gone:
                    if step.instruction:
                        name = origin(step.instruction)
                        self._successors[name] = self._successors.get(name, frozenset()) | names - {name}
                self._costs.share(gone, came)

    def running(self, graphs: Sequence[Graph], change: Change) -> dict[str, frozenset[str]]:
        """Return the ids of the steps that a change makes run, by platform."""
        followed = self._followed(change)
        return {graph.platform: self._rebuild.steps(graph, followed) for graph in graphs}

    def _followed(self, change: Change) -> Change:
        """Return a change that names what rewrites have put in the place of the instructions it names, too."""
        names, new = change.instructions, change.instructions
        while new:
            found = frozenset().union(*(self._successors.get(name, frozenset()) for name in new))
            names, new = names | found, found - names
        return change if names == change.instructions else replace(change, instructions=names)

    def timeline(
        self, graphs: Sequence[Graph], running: Mapping[str, frozenset[str]], *, cold: bool = False
    ) -> Timeline:
        """Return the timeline of a build in which these steps run, with empty cache mounts where it is ``cold``."""
        costs, context = self._carried(graphs), self._transfer(graphs)
        return timeline(graphs, running, costs, self._learned, cold=cold, context=context)

    def wall_s(self, graphs: Sequence[Graph], running: Mapping[str, frozenset[str]], *, cold: bool = False) -> float:
        """Return how long such a build takes; one of the same steps is priced once."""
        digests = tuple(
            (graph.platform, *(step.digest for step in graph if step.id in running[graph.platform])) for graph in graphs
        )
        context = self._transfer(graphs)
        key = (digests, cold, context)
        if key not in self._walls:
            costs = self._carried(graphs)
            self._walls[key] = wall_s(graphs, running, costs, self._learned, cold=cold, context=context)
        return self._walls[key]

    def _carried(self, graphs: Sequence[Graph]) -> dict[str, Cost]:
        asked, rates = tuple(graphs), self._learned.rates
        if asked not in self._carried_costs:
            self._carried_costs[asked] = {
                step.digest: with_carried(graph, step, self.cost, rates) for graph in graphs for step in graph
            }
        return self._carried_costs[asked]

    def _transfer(self, graphs: Sequence[Graph]) -> Transfer:
        asked = tuple(graphs)
        if asked not in self._transfers:
            self._transfers[asked] = transfer(graphs)
        return self._transfers[asked]

    def build(self, graphs: Sequence[Graph], change: Change) -> Outcome:
        """Return what a build after ``change`` runs and takes."""
        running = self.running(graphs, change)
        return Outcome(change, running, self.wall_s(graphs, running, cold=change.everything))

    def expected(self, graphs: Sequence[Graph], change: Change) -> float:
        """Return the seconds of a build after ``change``, arguments that change now and then weighed in.

        Each such argument adds its own difference times its share; two of them at once are not told apart.
        """
        return self._expected(self._expectation(graphs), change, change.arguments)

    def _expectation(self, graphs: Sequence[Graph]) -> "_Expectation":
        asked = tuple(graphs)
        if asked not in self._expectations:
            self._expectations[asked] = _Expectation(asked, tuple(map(self._rebuild.of, asked)))
        return self._expectations[asked]

    def _expected(self, known: "_Expectation", change: Change, arguments: frozenset[str]) -> float:
        """Return the expected seconds after a change with these arguments; those that are alike are priced once."""
        seen = tuple(rebuild.seen(change) for rebuild in known.rebuilds)
        names = self._followed(change).instructions if change.instructions else change.instructions
        key = (seen, arguments, names, change.bases, change.everything)
        if key not in known.seconds:
            same = change if arguments == change.arguments else replace(change, arguments=arguments)
            known.seconds[key] = self._weighed(known.graphs, same)
        return known.seconds[key]

    def _weighed(self, graphs: Sequence[Graph], change: Change) -> float:
        plain = seconds = self.build(graphs, change).seconds
        for name, share in self._frequent.items():
            with_argument = replace(change, arguments=change.arguments | {name})
            seconds += share * max(0.0, self.build(graphs, with_argument).seconds - plain)
        return seconds

    def basis(self, graphs: Sequence[Graph], change: Change) -> Basis:
        """Return what stands behind the seconds of a build after ``change``: predicted, or prior.

        Predicted where steps that were measured, or predicted from such, make 95 % of the seconds of those that run;
        where none runs, if such builds were recorded.
        """
        running = self.running(graphs, change)
        steps = (step for graph in graphs for step in graph if step.id in running[graph.platform])
        costs = {step.digest: self.cost(step) for step in steps}
        total = sum(cost.seconds for cost in costs.values())
        if not total:
            return Basis.PRIOR if self.profile.overheads.fixed_s is None else Basis.PREDICTED
        known = sum(cost.seconds for cost in costs.values() if cost.basis in (Basis.MEASURED, Basis.PREDICTED))
        return Basis.PREDICTED if known >= _COSTLY * total else Basis.PRIOR

    def mean(self, graphs: Sequence[Graph], changes: Sequence[Change], *, arguments: bool = True) -> float:
        """Return the expected seconds a build over ``changes``, weighted by how often each happens.

        Without ``arguments`` as if no change were one of build arguments.
        """
        total = sum(change.weight for change in changes)
        if not total:
            return 0.0
        known = self._expectation(graphs)
        priced = (
            self._expected(known, change, change.arguments if arguments else _NO_ARGUMENTS) * change.weight
            for change in changes
        )
        return sum(priced) / total

    def mean_bytes(self, graphs: Sequence[Graph], changes: Sequence[Change]) -> float:
        """Return the expected bytes of new layers a build over ``changes``, as stored, all platforms added up."""
        total = sum(change.weight for change in changes)
        return sum(self._new_bytes(graphs, change) * change.weight for change in changes) / total if total else 0.0

    def _new_bytes(self, graphs: Sequence[Graph], change: Change) -> int:
        running, rates = self.running(graphs, change), self._learned.rates
        return sum(
            with_carried(graph, step, self.cost, rates).size
            for graph in graphs
            for step in graph.layers()
            if step.id in running[graph.platform]
        )


@dataclass(frozen=True, slots=True)
class _Expectation:
    """Builds of some graphs, and the expected seconds of those that were priced, by all that tells them apart."""

    graphs: tuple[Graph, ...]
    rebuilds: tuple[GraphRebuild, ...]
    seconds: dict[_Alike, float] = field(default_factory=dict)


_NO_ARGUMENTS: frozenset[str] = frozenset()
_COSTLY = 0.95


def _learned(machine: Machine, profile: Profile) -> Machine:
    """Return a machine with what was measured in the place of its rates."""
    found = profile.overheads
    return replace(
        machine,
        rates=machine.rates.learned(found.rates),
        fixed_s=machine.fixed_s if found.fixed_s is None else found.fixed_s,
        overheads=machine.overheads if found.kinds is None else found.kinds,
    )
