"""What the builds of a bench are expected to take, what they took, and which of them fit into the time that is left."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from layerwise.analysis import Analysis
from layerwise.model.change import COLD
from layerwise.model.cost import weakest
from layerwise.prove.bench.result import Side
from layerwise.prove.bench.runner import Runner
from layerwise.prove.bench.schedule import Round, fitting
from layerwise.prove.bench.texts import digest_of
from layerwise.records import Basis

AROUND_S = 2.0
"""Seconds that go by around each build, in which its record is read and the cache is looked at."""
_MINUTES, _HOURS = 90.0, 5400.0  # seconds from which on they read better


@dataclass
class Budget:
    """The time of one bench.

    Attributes:
        limit_s: Seconds that it may take, None for no limit.
        platforms: What is built for.
        runner: Knows what was built.
        clock: Gives seconds that only grow.
    """

    limit_s: float | None
    platforms: tuple[str, ...]
    runner: Runner
    clock: Callable[[], float]
    _began: float = field(init=False)
    _before_s: float = field(init=False)
    _before: int = field(init=False)

    def __post_init__(self) -> None:
        self._began = self.clock()
        self._before_s, self._before = self.runner.builds.past.spent_s, self.builds

    @property
    def builds(self) -> int:
        """How many builds there were, those too that are no figure."""
        return len(tuple(self.runner.builds.past.builds()))

    def is_done(self, analysis: Analysis, each: Round) -> bool:
        """Whether a side of a round was built."""
        runs = self.runner.builds.past.runs(digest_of(analysis), each.scenario, each.platform)
        return len(runs) >= each.number

    def chosen(self, sides: Mapping[Side, Analysis], todo: Sequence[Round]) -> tuple[Round, ...]:
        """Return the rounds to make of those that are not made."""
        if self.limit_s is None:
            return tuple(todo)
        left_s = self.limit_s - self._spent_s()
        within: set[str] = set()
        for platform in dict.fromkeys(each.platform for each in todo):
            settling = self._settling_s(sides, platform)
            if settling <= left_s:
                left_s -= settling
                within.add(platform)
        return fitting(
            [each for each in todo if each.platform in within], lambda each: self._cost_s(sides, each), left_s
        )

    def announcement(self, sides: Mapping[Side, Analysis], todo: Sequence[Round]) -> str:
        """Return how many builds come, about how long they take, and what stands behind that."""
        chosen, past = self.chosen(sides, todo), self.runner.builds.past
        seconds = sum(self._cost_s(sides, each) for each in chosen)
        seconds += sum(self._settling_s(sides, platform) for platform in {each.platform for each in chosen})
        missing = [(each, side) for each in chosen for side in sides.values() if not self.is_done(side, each)]
        bases = [past.expected(digest_of(side), each.scenario, each.platform)[1] for each, side in missing]
        basis = (weakest(bases) if bases else Basis.UNKNOWN).value
        within = "" if self.limit_s is None else f", within {duration(self.limit_s)}"
        return f"{len(missing)} builds, about {duration(seconds)} ({basis}){within}"

    def _spent_s(self) -> float:
        return self._before_s + AROUND_S * self._before + self.clock() - self._began

    def _around_s(self) -> float:
        """Return the seconds that go by around a build, as they have done so far."""
        made = self.builds - self._before
        left_s = self.clock() - self._began - (self.runner.builds.past.spent_s - self._before_s)
        return max(AROUND_S, left_s / made) if made else AROUND_S

    def _settling_s(self, sides: Mapping[Side, Analysis], platform: str) -> float:
        """Return the seconds until all steps of all sides are cached."""
        waiting = [side for side in sides if not self.runner.is_settled(side, platform)]
        return sum(self._seconds(sides[side], COLD.name, platform) + self._around_s() for side in waiting)

    def _cost_s(self, sides: Mapping[Side, Analysis], each: Round) -> float:
        missing = [side for side in sides if not self.is_done(sides[side], each)]
        if each.scenario == COLD.name:  # the first cold build of a side is what has its steps cached
            missing = [side for side in missing if self.runner.is_settled(side, each.platform)]
        return sum(self._seconds(sides[side], each.scenario, each.platform) + self._around_s() for side in missing)

    def _seconds(self, analysis: Analysis, scenario: str, platform: str) -> float:
        """Return what a build is expected to take, by those measured, else by the model."""
        text, past = digest_of(analysis), self.runner.builds.past
        if found := past.runs(text, scenario, platform):
            return median(run.wall_s for run in found)
        seconds, _ = past.expected(text, scenario, platform)
        if seconds is None:
            graphs = [graph for graph in analysis.graphs if graph.platform == platform]
            seconds = analysis.facts.estimator.build(graphs, COLD).seconds
        return seconds


def duration(seconds: float) -> str:
    """Return seconds as a person says them: ``45 s``, ``12 min``, ``1.5 h``."""
    if seconds < _MINUTES:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < _HOURS else f"{seconds / 3600:.1f} h"
