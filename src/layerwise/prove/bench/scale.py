"""What a file with some edits of a plan takes in a scenario: measured, predicted, and what it is worth."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from layerwise.analysis import Analysis
from layerwise.model.change import Change
from layerwise.prove.bench.result import Bench, Figure, Side
from layerwise.prove.bench.session import Session
from layerwise.prove.bench.slower import Place, Slower
from layerwise.prove.bench.variants import Key, Variants
from layerwise.records import Basis


@dataclass
class Scale:
    """Measures with a session, and predicts by what was measured.

    Attributes:
        variants: The plans.
        session: Measures.
        scenarios: By name.
        calibrate: Gives the file as it stands with the figures of all builds so far.
        bench: Of the file as it stands, and with a whole plan.
        strict: Whether nothing pays that makes a scenario slower.
    """

    variants: Variants
    session: Session
    scenarios: Mapping[str, Change]
    calibrate: Callable[[], Analysis]
    bench: Bench
    strict: bool
    _calibrated: Variants = field(init=False)

    def __post_init__(self) -> None:
        self._calibrated = replace(self.variants, analysis=self.calibrate())

    @property
    def places(self) -> tuple[Place, ...]:
        """What was measured, before and after."""
        rows = self.bench.rows
        return tuple(Place(row.scenario, row.platform) for row in rows if row.before and row.after)

    def measured(self, edits: tuple[Key, ...], place: Place, runs: int = 0) -> Figure | None:
        """Return what was measured, ``runs`` times at least where there is time; None where nothing can be."""
        if not edits and runs == 0:
            row = self.bench.row(*place)
            return row.before if row else None
        side, file = (Side.AFTER, self.variants.file(edits)) if edits else (Side.BEFORE, self.variants.analysis)
        return self.session.figure(side, file, self.scenarios[place.scenario], place.platform, runs)

    def predicted(self, edits: tuple[Key, ...], place: Place) -> float:
        """Return what the model says, in seconds; the same for all edits where it has only priors to say it from."""
        stands, file = (self._calibrated.file(keys) for keys in ((), edits))
        scenario = self.scenarios[place.scenario]
        if any(side.basis(scenario, place.platform) is not Basis.PREDICTED for side in (stands, file)):
            file = stands
        graphs = [graph for graph in file.graphs if graph.platform == place.platform]
        return file.facts.estimator.build(graphs, scenario).seconds

    def pays(self, edits: tuple[Key, ...], edit: Key, slower: Slower) -> bool:
        """Whether an edit of a plan is worth it although it makes a scenario slower than the plan says.

        It is where what it saves over the replayed commits, less what the scenario costs more on as many of them as
        run all that it runs, is still what the plan asks of an edit. Cold builds count as they do for the plan.
        Nothing pays by priors alone.
        """
        rest = tuple(key for key in edits if key != edit)
        file, without = (self._calibrated.file(keys) for keys in (edits, rest))
        if self.strict or any(side.basis() is not Basis.PREDICTED for side in (file, without)):
            return False
        saved = without.expected_s() - file.expected_s()
        often = _share(file, self.scenarios[slower.place.scenario])
        often += self.variants.options.weight_of_cold(file.facts)
        return saved - often * slower.unsaid_s >= self.variants.options.threshold_s


def _share(file: Analysis, scenario: Change) -> float:
    """Return on which share of the replayed commits all runs that a scenario runs."""
    commits, estimator = file.facts.commits, file.facts.estimator
    needed = estimator.running(file.graphs, scenario)
    total = sum(change.weight for change in commits)
    found = (change.weight for change in commits if _covers(estimator.running(file.graphs, change), needed))
    return sum(found) / total if total else 1.0


def _covers(running: Mapping[str, frozenset[str]], needed: Mapping[str, frozenset[str]]) -> bool:
    return all(ids <= running[platform] for platform, ids in needed.items())
