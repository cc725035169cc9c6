"""Which recorded steps made the records of a build cache.

Descriptions alone are not enough: ``[2/4] COPY . .`` stands in many projects, and a RUN for two platforms is described
alike though one of them is emulated. What a record stands on helps: its parents are the results of steps that its step
depends on, and all records on one base are for one platform. Where steps remain that may cost differently, it is none.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from layerwise.builder.usage import CacheItem
from layerwise.records import BuildRecord, Outcome, StepRecord
from layerwise.summary.cache_names import Description, Maker, Match, read_description
from layerwise.summary.places import BASE


@dataclass(frozen=True, slots=True)
class _Step:
    """A step as it is in any number of builds.

    ``inputs`` are the instructions of the steps that it depends on, none where a log does not tell.
    """

    stage: str
    number: int
    instruction: str
    platform: str
    runs_on: str
    emulated: bool | None
    key: str
    inputs: frozenset[str]


class Steps:
    """The steps of some builds, held against the records of a build cache."""

    def __init__(self, items: Sequence[CacheItem], builds: Iterable[BuildRecord]) -> None:
        """Find for each record the steps that it may be of."""
        self._items = {item.id: item for item in items}
        self._read = {item.id: read_description(item.description) for item in items}
        self._runs: dict[_Step, dict[tuple[str, str], float]] = defaultdict(dict)
        for build in builds:
            for step, record in _steps(build):
                runs = self._runs[step]
                if record.outcome is Outcome.EXECUTED and record.duration_s is not None:
                    runs[build.id, record.vertex] = record.duration_s
        self._named = {item.id: self._matching(self._read[item.id]) for item in items}
        self._platforms = self._by_ground()

    def description(self, item: CacheItem) -> Description:
        """Return what a record's description says."""
        return self._read[item.id]

    def platform(self, item: CacheItem) -> str:
        """Return the platform that the step ran on which made a record; "" where it is not known, or no step did."""
        made = self._read[item.id].maker in (Maker.RUN, Maker.FILES)
        platforms = self._platforms.get(self._ground(item), frozenset()) if made else frozenset()
        return next(iter(platforms)) if len(platforms) == 1 else ""

    def runs(self, item: CacheItem) -> tuple[float, ...]:
        """Return the seconds of each run of the step that made a record; none where it is not known which that is."""
        platform = self.platform(item)
        fitting = (step for step in self._named[item.id] if self._stands(item, step))
        steps = [step for step in fitting if platform in ("", step.runs_on)]
        if not _cost_alike(steps) or len({self._told(item, step) for step in steps}) > 1:
            return ()
        return tuple({run: seconds for step in steps for run, seconds in self._runs[step].items()}.values())

    def _matching(self, description: Description) -> Mapping[_Step, Match]:
        wanted = description.step.platform if description.step else ""
        candidates = (step for step in self._runs if wanted in ("", step.platform))
        found = {step: description.names(step.stage, step.number, step.instruction) for step in candidates}
        return {step: match for step, match in found.items() if match is not Match.NONE}

    def _stands(self, item: CacheItem, step: _Step) -> bool:
        """Whether what lies below a record is what the step depends on, as far as both are known."""
        if not item.parents:
            return True
        if not step.inputs:
            return self._named[item.id][step] is Match.SURE
        below = [self._read[parent] for parent in item.parents if parent in self._items]
        return any(instruction.startswith(f"{BASE} ") or _any_is(below, instruction) for instruction in step.inputs)

    def _told(self, item: CacheItem, step: _Step) -> str:
        """Return what tells a step from others that the description fits: RUNs with variables may be shown alike."""
        unsure = self._named[item.id][step] is Match.LIKELY and self._read[item.id].maker is Maker.RUN
        return step.key if unsure else step.instruction

    def _by_ground(self) -> Mapping[str, frozenset[str]]:
        """Return the platforms that all records on one base may have run on, none where they contradict each other.

        Names that tell a platform come first: the steps that records fit may be another project's.
        """
        named, fitting = defaultdict(list), defaultdict(list)
        for item in self._items.values():
            ground, step = self._ground(item), self._read[item.id].step
            if step and step.platform:
                named[ground].append(frozenset([step.runs_on or step.platform]))
            elif found := frozenset(step.runs_on for step in self._named[item.id] if step.runs_on):
                fitting[ground].append(found)
        return {ground: frozenset.intersection(*sets) for ground, sets in {**fitting, **named}.items()}

    def _ground(self, item: CacheItem) -> str:
        """Return the id of what lies at the bottom below a record: as a rule its base image, which is not listed."""
        below = item.id
        for _ in range(len(self._items)):
            if below not in self._items or not self._items[below].parents:
                break
            below = self._items[below].parents[0]
        return below


def _steps(build: BuildRecord) -> Iterator[tuple[_Step, StepRecord]]:
    by_vertex = {step.vertex: step.instruction for step in build.steps}
    for step in build.steps:
        found = _Step(
            stage=step.stage,
            number=step.number,
            instruction=step.instruction,
            platform=step.platform,
            runs_on=step.runs_on or step.platform,
            emulated=step.emulated,
            key=step.key,
            inputs=frozenset(by_vertex[vertex] for vertex in step.inputs if vertex in by_vertex),
        )
        yield found, step


def _any_is(descriptions: Iterable[Description], instruction: str) -> bool:
    return any(one.shows(instruction) is not Match.NONE for one in descriptions)


def _cost_alike(steps: Sequence[_Step]) -> bool:
    """Whether steps run on one platform, or all without emulation."""
    return len({step.runs_on for step in steps}) <= 1 or all(step.emulated is False for step in steps)
