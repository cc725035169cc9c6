"""How two builds differ: step by step, in what they were made from, and in the work around the steps."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from layerwise.records import BuildRecord, Ending, Outcome, StepRecord
from layerwise.summary.alike import alike
from layerwise.summary.places import Mark, by_mark, hit, needless, run_s

_SECRET = "hmac:"  # noqa: S105 - how a value that looks secret begins, no secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """One input that is not the same in both builds.

    Attributes:
        what: ``argument``, ``base``, ``commit``, ``dockerfile``, ``target``, ``platforms`` or ``builder``, or ``file``
            for one that differs from the commit.
        name: Of the argument, base or file; "" for the others.
        before: Its value, None where it was not there.
        after: Likewise.
        hidden: Whether the values are not shown, for they look secret.
    """

    what: str
    name: str = ""
    before: str | None = None
    after: str | None = None
    hidden: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """A step in one of the builds.

    Attributes:
        outcome: What became of it.
        seconds: What it took, a hit's fetching included; None where nobody knows.
    """

    outcome: Outcome
    seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A step in both builds, or in one of them.

    Attributes:
        platforms: Those that share it.
        stage: As in the later build that has it.
        number: Likewise.
        line: Likewise.
        instruction: Likewise.
        was: The instruction before, "" where it is the same or was not there.
        before: None where it came.
        after: None where it went.
    """

    platforms: tuple[str, ...]
    stage: str
    number: int
    line: int
    instruction: str
    was: str
    before: Side | None
    after: Side | None

    @property
    def more_s(self) -> float | None:
        """Seconds that it takes more than before, None where one of them is not known."""
        before, after = (0.0 if side is None else side.seconds for side in (self.before, self.after))
        return None if before is None or after is None else after - before


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """The overheads of one kind in both builds; None where there are none."""

    kind: str
    before_s: float | None
    after_s: float | None

    @property
    def more_s(self) -> float:
        """Seconds that they take more than before."""
        return (self.after_s or 0.0) - (self.before_s or 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two builds side by side.

    Attributes:
        before: One build.
        after: The other.
        moved: The inputs that differ.
        steps: The steps, those whose seconds differ most first.
        overheads: The overheads, likewise.
    """

    before: BuildRecord
    after: BuildRecord
    moved: tuple[Moved, ...]
    steps: tuple[Pair, ...]
    overheads: tuple[Around, ...]

    @property
    def more_s(self) -> float | None:
        """Seconds that the build takes more than before, None where one of them is not known."""
        before, after = self.before.wall_s, self.after.wall_s
        return None if before is None or after is None else after - before


def compare(before: BuildRecord, after: BuildRecord) -> Comparison:
    """Return how ``after`` differs from ``before``."""
    return Comparison(
        before=before,
        after=after,
        moved=tuple(_moved(before, after)),
        steps=tuple(sorted(_pairs(before, after), key=_difference)),
        overheads=tuple(sorted(_around(before, after), key=lambda one: -abs(one.more_s))),
    )


def _moved(before: BuildRecord, after: BuildRecord) -> Iterator[Moved]:
    old, new = before.sources, after.sources
    yield from _named("argument", dict(old.arguments), dict(new.arguments))
    yield from _named("base", dict(old.bases), dict(new.bases))
    for what, one, other in (
        ("dockerfile", old.dockerfile_digest, new.dockerfile_digest),
        ("commit", old.commit, new.commit),
        ("builder", before.builder, after.builder),
        ("platforms", ", ".join(sorted(before.platforms)), ", ".join(sorted(after.platforms))),
    ):
        if one and other and one != other:
            yield Moved(what=what, before=one, after=other)
    if old.target != new.target:
        yield Moved(what="target", before=old.target, after=new.target)
    if old.dirty is not None and new.dirty is not None and old.commit == new.commit:
        yield from _named("file", dict(old.dirty), dict(new.dirty))


def _named(what: str, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Moved]:
    for name in sorted(before.keys() | after.keys()):
        one, other = before.get(name), after.get(name)
        if one == other:
            continue
        if any(value is not None and value.startswith(_SECRET) for value in (one, other)):
            yield Moved(what=what, name=name, hidden=True)
        else:
            yield Moved(what=what, name=name, before=one, after=other)


def _pairs(before: BuildRecord, after: BuildRecord) -> Iterator[Pair]:
    """Yield the steps in pairs: by key, then by likeness, then by place; what platforms share in both builds once."""
    found: dict[tuple[str, str], list[tuple[StepRecord | None, StepRecord | None]]] = {}
    for old, new in _matched(before, after):
        found.setdefault((old.vertex if old else "", new.vertex if new else ""), []).append((old, new))
    for same in found.values():
        old, new = same[0]
        step = new or old
        assert step is not None
        yield Pair(
            platforms=tuple(dict.fromkeys(one.platform for pair in same for one in pair if one is not None)),
            stage=step.stage,
            number=step.number,
            line=step.line,
            instruction=step.instruction,
            was=old.instruction if old and old.instruction != step.instruction else "",
            before=_side(old, before),
            after=_side(new, after),
        )


def _matched(before: BuildRecord, after: BuildRecord) -> Iterator[tuple[StepRecord | None, StepRecord | None]]:
    old, new = dict(by_mark(before)), dict(by_mark(after))
    same = {mark: mark for mark in new if mark in old}
    same |= alike(_without(old, same.values()), _without(new, same))
    places = dict(_places(_without(old, same.values())))
    same |= {mark: places[place] for place, mark in _places(_without(new, same)) if place in places}
    for mark, step in new.items():
        yield (old.pop(same[mark], None) if mark in same else None), step
    for step in old.values():
        yield step, None


def _without(steps: Mapping[Mark, StepRecord], marks: Iterable[Mark]) -> dict[Mark, StepRecord]:
    known = frozenset(marks)
    return {mark: step for mark, step in steps.items() if mark not in known}


def _places(steps: Mapping[Mark, StepRecord]) -> Iterable[tuple[tuple[str, str, int, str], Mark]]:
    return [((one.platform, one.stage, one.number, one.keyword), mark) for mark, one in steps.items() if one.number]


def _side(step: StepRecord | None, build: BuildRecord) -> Side | None:
    if step is None:
        return None
    if step.outcome is Outcome.SKIPPED and build.ending is not Ending.COMPLETED:
        return Side(outcome=step.outcome, seconds=None)
    return Side(outcome=step.outcome, seconds=step.transfer_s if hit(step) or needless(step) else run_s(step))


def _difference(pair: Pair) -> tuple[float, int]:
    return (-abs(pair.more_s or 0.0), pair.line)


def _around(before: BuildRecord, after: BuildRecord) -> Iterator[Around]:
    old, new = _by_kind(before), _by_kind(after)
    for kind in sorted(old.keys() | new.keys()):
        yield Around(kind=kind, before_s=old.get(kind), after_s=new.get(kind))


def _by_kind(record: BuildRecord) -> dict[str, float]:
    found: dict[str, float] = {}
    for overhead in record.overheads:
        found[overhead.kind] = found.get(overhead.kind, 0.0) + overhead.duration_s
    return found
