"""What a builder's build cache holds, how much room each record takes, and what it would cost to make it again."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from layerwise.builder.usage import CacheItem
from layerwise.records import Basis, BuildRecord
from layerwise.summary.cache_names import Maker
from layerwise.summary.cache_steps import Steps
from layerwise.summary.totals import middle


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One record of the build cache.

    Attributes:
        item: As the builder shows it, its description redacted.
        maker: What made it.
        what: What it is, on one line: an instruction, a cache mount, the build context.
        platform: That the step ran on which made it, "" where that is not known, or no step did.
        rebuild_s: Median seconds of the step that made it, when it ran; None where no recorded step is known to be it.
        runs: How many runs are behind that.
    """

    item: CacheItem
    maker: Maker
    what: str
    platform: str
    rebuild_s: float | None
    runs: int

    @property
    def basis(self) -> Basis:
        """What stands behind ``rebuild_s``."""
        return Basis.UNKNOWN if self.rebuild_s is None else Basis.MEASURED


@dataclass(frozen=True, slots=True, kw_only=True)
class KindTotal:
    """The records of one kind.

    Attributes:
        kind: As in ``CacheItem``.
        records: How many there are.
        size_bytes: Of those whose size is known.
        reclaimable_bytes: Of those of them that can be pruned.
    """

    kind: str
    records: int
    size_bytes: int
    reclaimable_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """A builder's build cache.

    Attributes:
        rows: The largest first.
        kinds: Their totals, the largest first.
        shared_bytes: Of the records whose files an image holds as well: pruning them frees nothing while it is there.
        unsized: How many records have a size that nobody knows.
    """

    rows: tuple[Row, ...]
    kinds: tuple[KindTotal, ...]
    shared_bytes: int
    unsized: int

    @property
    def size_bytes(self) -> int:
        """Bytes of all records whose size is known."""
        return sum(kind.size_bytes for kind in self.kinds)

    @property
    def reclaimable_bytes(self) -> int:
        """Bytes of those of them that can be pruned."""
        return sum(kind.reclaimable_bytes for kind in self.kinds)


def disk(items: Iterable[CacheItem], builds: Sequence[BuildRecord], redact: Callable[[str], str]) -> Disk:
    """Return what the records of a build cache are and would cost to make again.

    Args:
        items: As ``docker buildx du`` shows them.
        builds: Recorded on this builder: they say what the steps took.
        redact: Masks secrets, as it did in the builds' instructions; descriptions have some as well.
    """
    shown = tuple(replace(item, description=redact(item.description)) for item in items)
    steps = Steps(shown, builds)
    rows = tuple(_row(item, steps) for item in shown)
    return Disk(
        rows=tuple(sorted(rows, key=lambda row: (-(row.item.size_bytes or 0), row.what, row.item.id))),
        kinds=_kinds(shown),
        shared_bytes=sum(item.size_bytes or 0 for item in shown if item.shared),
        unsized=sum(item.size_bytes is None for item in shown),
    )


def _row(item: CacheItem, steps: Steps) -> Row:
    runs = steps.runs(item)
    description = steps.description(item)
    return Row(
        item=item,
        maker=description.maker,
        what=description.what,
        platform=steps.platform(item),
        rebuild_s=middle(runs),
        runs=len(runs),
    )


def _kinds(items: Iterable[CacheItem]) -> tuple[KindTotal, ...]:
    by_kind: dict[str, list[CacheItem]] = defaultdict(list)
    for item in items:
        by_kind[item.kind].append(item)
    totals = (
        KindTotal(
            kind=kind,
            records=len(found),
            size_bytes=sum(item.size_bytes or 0 for item in found),
            reclaimable_bytes=sum(item.size_bytes or 0 for item in found if item.reclaimable),
        )
        for kind, found in by_kind.items()
    )
    return tuple(sorted(totals, key=lambda total: (-total.size_bytes, total.kind)))
