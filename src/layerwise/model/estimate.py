"""What a build is expected to take after a change, and over a replay of many."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from layerwise.graph.state import instruction_key, origin
from layerwise.graph.transfer import Transfer, transfer
from layerwise.graph.vertex import Graph, Kind, Step
from layerwise.model.carried import with_carried
from layerwise.model.change import Change
from layerwise.model.cost import Cost, cost_of
from layerwise.model.priors import Priors
from layerwise.model.profile import EMPTY, Profile
from layerwise.model.rebuild import Rebuild
from layerwise.model.timeline import Machine, Timeline, timeline
from layerwise.records import Basis


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
        self._costs: dict[str, Cost] = {}
        self._inherited: dict[tuple[str, str], Cost] = {}
        self._successors: dict[str, frozenset[str]] = {}
        self._timelines: dict[tuple[tuple[Graph, ...], tuple[frozenset[str], ...], bool], Timeline] = {}
        self._walls: dict[tuple[tuple[tuple[str, ...], ...], bool, Transfer], Timeline] = {}
        self._transfers: dict[tuple[Graph, ...], Transfer] = {}

    def measured(self, profile: Profile) -> "Estimator":
        """Return an estimator of the same builds by another profile."""
        return Estimator(self._priors, self._machine, self._build_platform, self._frequent, profile)

    def cost(self, step: Step) -> Cost:
        """Return what a step costs when it runs."""
        if step.digest not in self._costs:
            cost = cost_of(step, self._priors, self._build_platform, self.profile)
            inherited = self._inherited.get(_place(step)) if cost.basis in _GUESSED else None
            self._costs[step.digest] = inherited or cost
        return self._costs[step.digest]

    def inherit(self, before: Sequence[Graph], after: Sequence[Graph]) -> None:
        """Let instructions that a rewrite brought stand for those that it took away: RUNs for RUNs, COPYs for COPYs.

        A change of the old ones is a change of the new ones, and where the old ones were measured, their seconds are
        shared among the new ones by their priors.
        """
        for graph, other in zip(before, after, strict=True):
            for kind in (Kind.RUN, Kind.COPY):
                gone, came = _only_in(graph, other, kind), _only_in(other, graph, kind)
                names = frozenset(origin(step.instruction) for step in came if step.instruction)
                for step in gone:
                    if step.instruction:
                        name = origin(step.instruction)
                        self._successors[name] = self._successors.get(name, frozenset()) | names - {name}
                if any(self.cost(step).basis not in _GUESSED for step in gone):
                    self._share(gone, came)

    def _share(self, gone: Sequence[Step], came: Sequence[Step]) -> None:
        """Share the cost of steps that went among those that came."""
        priors = [cost_of(step, self._priors, self._build_platform) for step in gone]
        known = [self.cost(step) for step in gone]
        seconds = sum(cost.cold_s for cost in known) / (sum(cost.cold_s for cost in priors) or 1.0)
        size = sum(cost.size for cost in known) / (sum(cost.size for cost in priors) or 1)
        for step in came:
            prior = cost_of(step, self._priors, self._build_platform)
            empty = None if prior.empty_s is None else prior.empty_s * seconds
            cost = Cost(prior.seconds * seconds, round(prior.size * size), Basis.PREDICTED, empty_s=empty)
            self._inherited.setdefault(_place(step), cost)

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
        asked = (tuple(graphs), tuple(running.values()), cold)
        if asked not in self._timelines:
            self._timelines[asked] = self._timeline(graphs, running, cold=cold)
        return self._timelines[asked]

    def _timeline(self, graphs: Sequence[Graph], running: Mapping[str, frozenset[str]], *, cold: bool) -> Timeline:
        digests = tuple(
            (graph.platform, *(step.digest for step in graph if step.id in running[graph.platform])) for graph in graphs
        )
        context = self._transfer(graphs)
        key = (digests, cold, context)
        if key not in self._walls:
            rates = self._learned.rates
            costs = {step.digest: with_carried(graph, step, self.cost, rates) for graph in graphs for step in graph}
            self._walls[key] = timeline(graphs, running, costs, self._learned, cold=cold, context=context)
        return self._walls[key]

    def _transfer(self, graphs: Sequence[Graph]) -> Transfer:
        asked = tuple(graphs)
        if asked not in self._transfers:
            self._transfers[asked] = transfer(graphs)
        return self._transfers[asked]

    def build(self, graphs: Sequence[Graph], change: Change) -> Outcome:
        """Return what a build after ``change`` runs and takes."""
        running = self.running(graphs, change)
        return Outcome(change, running, self.timeline(graphs, running, cold=change.everything).wall_s)

    def expected(self, graphs: Sequence[Graph], change: Change) -> float:
        """Return the seconds of a build after ``change``, arguments that change now and then weighed in.

        Each such argument adds its own difference times its share; two of them at once are not told apart.
        """
        seconds = self.build(graphs, change).seconds
        for name, share in self._frequent.items():
            with_argument = replace(change, arguments=change.arguments | {name})
            seconds += share * max(0.0, self.build(graphs, with_argument).seconds - self.build(graphs, change).seconds)
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

    def mean(self, graphs: Sequence[Graph], changes: Sequence[Change]) -> float:
        """Return the expected seconds a build over ``changes``, weighted by how often each happens."""
        total = sum(change.weight for change in changes)
        if not total:
            return 0.0
        return sum(self.expected(graphs, change) * change.weight for change in changes) / total

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


_COSTLY = 0.95
_GUESSED = (Basis.PRIOR, Basis.UNKNOWN)


def _place(step: Step) -> tuple[str, str]:
    return step.platform, "" if step.instruction is None else instruction_key(step.instruction)


def _only_in(graph: Graph, other: Graph, kind: Kind) -> tuple[Step, ...]:
    """Return the steps of a kind whose instructions the other graph does not have on their platform."""
    there = {_place(step) for step in other}
    return tuple(step for step in graph if step.kind is kind and _place(step) not in there)


def _learned(machine: Machine, profile: Profile) -> Machine:
    """Return a machine with what was measured in the place of its rates."""
    found = profile.overheads
    return replace(
        machine,
        rates=machine.rates.learned(found.rates),
        fixed_s=machine.fixed_s if found.fixed_s is None else found.fixed_s,
        overheads=machine.overheads if found.kinds is None else found.kinds,
    )
