"""What recorded builds say of the work around steps: rates, fixed seconds, and which of it this team's builds do.

Layers are counted in bytes as stored, compressed: those of the steps that a build executed, which are the layers that
it compressed, unpacked and sent. What a build does whether or not there are new layers (manifests, names) is in the
seconds of a rate too; a small measurement says nothing else, so it is left out.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from layerwise.records import BuildRecord, Ending, Outcome, Overhead, StepRecord

AFTER_STEPS = ("export", "unpack", "push", "cache-export")
"""What happens to new layers once the steps are done, in the words of ``records.Overhead`` and in order."""

_RATES = {"compress": "export", "unpack": "unpack", "push": "push", "cache_export": "cache-export"}
_LEAST_BYTES = 1_000_000
_LEAST_S = 0.05


@dataclass(frozen=True, slots=True)
class Overheads:
    """What was measured around steps.

    Attributes:
        rates: Bytes a second by their name in ``priors.Rates``, those that were measured.
        fixed_s: Seconds of a build in which nothing runs; None where no such build is recorded.
        kinds: Which of ``AFTER_STEPS`` the builds did, None where no completed build is recorded.
    """

    rates: Mapping[str, int] = field(default_factory=dict)
    fixed_s: float | None = None
    kinds: frozenset[str] | None = None


def overheads_of(records: Sequence[BuildRecord]) -> Overheads:
    """Return what records say of everything around steps; only builds that completed count."""
    completed = [record for record in records if record.ending is Ending.COMPLETED]
    seen = {overhead.kind for record in completed for overhead in record.overheads}
    measured = {"context": list(_context(completed))}
    measured |= {name: list(_layers(completed, kind)) for name, kind in _RATES.items()}
    return Overheads(
        rates={name: _middle(found) for name, found in measured.items() if found},
        fixed_s=_fixed_s(completed),
        kinds=frozenset(seen.intersection(AFTER_STEPS)) if completed else None,
    )


def _context(records: Iterable[BuildRecord]) -> Iterator[tuple[int, float]]:
    transfers = (one for record in records for one in record.overheads if one.kind == "context")
    yield from _large((one.size_bytes or 0, one.duration_s) for one in transfers)


def _layers(records: Iterable[BuildRecord], kind: str) -> Iterator[tuple[int, float]]:
    yield from _large(
        (sum(step.size_bytes or 0 for step in _executed(record)), _seconds(record, kind)) for record in records
    )


def _large(measured: Iterable[tuple[int, float]]) -> Iterator[tuple[int, float]]:
    return ((size, seconds) for size, seconds in measured if size >= _LEAST_BYTES and seconds >= _LEAST_S)


def _middle(measured: Sequence[tuple[int, float]]) -> int:
    """Return the median of bytes a second, each weighed by its bytes."""
    left = sum(size for size, _ in measured) / 2
    for size, seconds in sorted(measured, key=lambda one: one[0] / one[1]):
        left -= size
        if left <= 0:
            return max(1, round(size / seconds))
    raise AssertionError("no measurement to take the median of")


def _fixed_s(records: Iterable[BuildRecord]) -> float | None:
    """Return the wall time of unchanged builds, else what definition and export take where no layer is new."""
    idle = [record for record in records if not any(_executed(record))]
    walls = [one.wall_s for one in idle if one.change.kind == "unchanged" and one.wall_s is not None]
    around = [seconds for one in idle if (seconds := _seconds(one, "definition", "export"))]
    found = walls or around
    return median(found) if found else None


def _executed(record: BuildRecord) -> Iterator[StepRecord]:
    """Yield the steps that ran, each once; whether a FROM did says nothing, for BuildKit resolves it in every build."""
    return (step for step in record.distinct() if step.outcome is Outcome.EXECUTED and step.keyword != "FROM")


def _seconds(record: BuildRecord, *kinds: str) -> float:
    """Return how long work of these kinds went on, in seconds: what overlapped counts once."""
    found = [overhead for overhead in record.overheads if overhead.kind in kinds]
    return _covered(found) + sum(overhead.duration_s for overhead in found if not overhead.spans)


def _covered(overheads: Iterable[Overhead]) -> float:
    covered, until = 0.0, float("-inf")
    for start, end in sorted(span for overhead in overheads for span in overhead.spans):
        covered += max(0.0, end - max(start, until))
        until = max(until, end)
    return covered
