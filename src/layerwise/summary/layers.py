"""How each layer of a build fared over the last builds: how often it was there, hit or run, and what the hits saved."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from layerwise.records import Basis, BuildRecord, StepRecord
from layerwise.summary import places
from layerwise.summary.costs import Costs
from layerwise.summary.totals import Total, middle, total


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One vertex of a layer over the last builds.

    Attributes:
        platforms: Those that share it.
        builds: In how many of the completed builds its step was.
        cached: In how many it was a hit.
        executed: In how many it ran.
        needless: In how many a hit further down spared even the look-up.
        executed_s: Median seconds of a run, in these builds and all that the store knows; None where none is known.
        transfer_s: Median seconds of fetching it after a hit that needed it; None where none did.
        saved: Over the builds that were spared it, the median run less the fetching.
        size_bytes: Its layer as stored, in the newest build that tells; None where none does.
        ran_now: Whether it ran in the build that is looked at.
        age_s: Seconds since it is last known to have run; None where it was before the first record.
    """

    platforms: tuple[str, ...]
    builds: int
    cached: int
    executed: int
    needless: int
    executed_s: float | None
    transfer_s: float | None
    saved: Total
    size_bytes: int | None
    ran_now: bool
    age_s: float | None

    @property
    def hit_rate(self) -> float | None:
        """Share of the builds that needed it in which it was a hit, None where none needed it."""
        return _rate(self.cached, self.executed)

    @property
    def basis(self) -> Basis:
        """What stands behind ``executed_s``."""
        return Basis.UNKNOWN if self.executed_s is None else Basis.MEASURED

    @property
    def cheaper_to_run(self) -> bool:
        """Whether fetching it takes longer than running its step again."""
        return self.executed_s is not None and self.transfer_s is not None and self.transfer_s > self.executed_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One instruction's layers on every platform."""

    stage: str
    number: int
    line: int
    instruction: str
    key: str
    uses: tuple[Use, ...]

    @property
    def hit_rate(self) -> float | None:
        """The hit rate over all platforms."""
        return _rate(self.cached, self.executed)

    @property
    def builds(self) -> int:
        """In how many of the completed builds it was, on the platform that was in most."""
        return max(use.builds for use in self.uses)

    @property
    def cached(self) -> int:
        """Hits, on all platforms."""
        return sum(use.cached for use in self.uses)

    @property
    def executed(self) -> int:
        """Runs, on all platforms."""
        return sum(use.executed for use in self.uses)

    @property
    def saved(self) -> Total:
        """What its hits saved."""
        return sum((use.saved for use in self.uses), Total())

    @property
    def executed_s(self) -> float | None:
        """Median seconds of a run on the slowest platform, None where none is known."""
        return max((use.executed_s for use in self.uses if use.executed_s is not None), default=None)

    @property
    def age_s(self) -> float | None:
        """Age on the platform where it is oldest; None where one is older than the first record."""
        ages = [use.age_s for use in self.uses]
        return None if None in ages or not ages else max(age for age in ages if age is not None)


def layers(record: BuildRecord, builds: Sequence[BuildRecord], costs: Costs, now: float) -> tuple[Layer, ...]:
    """Return the layers of ``record``'s steps, those that take longest first.

    Args:
        record: The build whose steps are looked at.
        builds: Those that are counted, ``record`` among them if it is to count.
        costs: What steps take.
        now: Seconds since the epoch, which ages are counted to.
    """
    past = [places.by_mark(build) for build in places.completed(builds)]
    mine: dict[str, list[places.Mark]] = defaultdict(list)
    for mark, step in zip(places.marks(record), record.steps, strict=True):
        mine[step.vertex].append(mark)
    found: dict[places.Row, list[tuple[StepRecord, Use]]] = defaultdict(list)
    for vertex, steps in places.by_vertex(record).items():
        seen = [one for build in past if (one := _first(build, mine[vertex])) is not None]
        use = _use(steps[0], seen, costs, places.sharing(record, steps), _age(record, steps, costs, now))
        found[places.row_of(steps[0])].append((steps[0], use))
    made = [_layer(uses) for uses in found.values()]
    return tuple(sorted(made, key=lambda layer: (-(layer.executed_s or 0.0), layer.executed_s is None, layer.line)))


def _first(build: Mapping[places.Mark, StepRecord], marks: Sequence[places.Mark]) -> StepRecord | None:
    return next((build[mark] for mark in marks if mark in build), None)


def _age(record: BuildRecord, steps: Sequence[StepRecord], costs: Costs, now: float) -> float | None:
    """Return the seconds since the last known run that the build can have its layer from."""
    until = None if record.started_at is None else record.started_at + (record.wall_s or 0.0)
    starts = [start for step in steps if (start := costs.last(step, until)) is not None]
    return max(0.0, now - max(starts)) if starts else None


def _use(
    step: StepRecord, seen: Sequence[StepRecord], costs: Costs, platforms: tuple[str, ...], age_s: float | None
) -> Use:
    hits = [one for one in seen if places.hit(one)]
    return Use(
        platforms=platforms,
        builds=len(seen),
        cached=len(hits),
        executed=sum(map(places.ran, seen)),
        needless=sum(map(places.needless, seen)),
        executed_s=costs.median_s(step),
        transfer_s=middle(one.transfer_s for one in hits if one.transfers),
        saved=total(_saved(seen, costs)),
        size_bytes=next((one.size_bytes for one in (step, *seen) if one.size_bytes is not None), None),
        ran_now=places.ran(step),
        age_s=age_s,
    )


def _saved(seen: Sequence[StepRecord], costs: Costs) -> Iterator[float | None]:
    for step in seen:
        if places.hit(step) or places.needless(step):
            cost = costs.median_s(step)
            yield None if cost is None else cost - step.transfer_s


def _layer(uses: Sequence[tuple[StepRecord, Use]]) -> Layer:
    step, _ = uses[0]
    return Layer(
        stage=step.stage,
        number=step.number,
        line=step.line,
        instruction=step.instruction,
        key=step.key,
        uses=tuple(use for _, use in uses),
    )


def _rate(cached: int, executed: int) -> float | None:
    return cached / (cached + executed) if cached + executed else None
