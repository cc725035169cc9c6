"""Where the seconds of one build went: a row an instruction, a cell a platform, and the work around the steps.

Sizes and times of a vertex that several platforms or stages share stand in one cell and count once.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from layerwise.records import BuildRecord, Outcome, Overhead, StepRecord
from layerwise.summary import places
from layerwise.summary.totals import Total, total

STEP, BASE, PULL = "step", "base", "pull"
"""Kinds of rows that are no overheads: an instruction that ran, a base image, and a hit whose layers were fetched."""

_WORKED = frozenset({Outcome.EXECUTED, Outcome.FAILED, Outcome.CANCELLED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What one vertex of a row did.

    Attributes:
        platforms: Those that share it, in the build's order; none for an overhead.
        outcome: What became of the step, None for an overhead.
        seconds: What it took; None where it did nothing, or where nobody knows how long.
        critical_s: Seconds of the build's wall time that it accounts for.
        size_bytes: Of the layer or of what was moved, None where nobody knows.
        cpu_s: Seconds of processor time, None where nobody measured it.
        peak_memory_bytes: The most memory at once, None where nobody measured it.
        emulated: Whether it ran under emulation, None where that is not known.
        ratio: Its seconds over those of the row's first native platform, else of the fastest; None without another.
    """

    platforms: tuple[str, ...] = ()
    outcome: Outcome | None = None
    seconds: float | None = None
    critical_s: float = 0.0
    size_bytes: int | None = None
    cpu_s: float | None = None
    peak_memory_bytes: int | None = None
    emulated: bool | None = None
    ratio: float | None = None

    @property
    def worked(self) -> bool:
        """Whether time was spent on it, known or not."""
        return self.seconds is not None or self.outcome in _WORKED


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One instruction on every platform, or one kind of overhead.

    Attributes:
        kind: ``step``, ``base``, ``pull``, or an overhead's kind.
        stage: The stage's name, "" for an overhead.
        number: As in ``StepRecord``.
        line: As in ``StepRecord``.
        instruction: The instruction, for an overhead what BuildKit calls it.
        key: As in ``StepRecord``, "" for an overhead.
        cells: One a vertex.
    """

    kind: str
    stage: str = ""
    number: int = 0
    line: int = 0
    instruction: str = ""
    key: str = ""
    cells: tuple[Cell, ...]

    @property
    def seconds(self) -> Total:
        """What all platforms took together."""
        return total(cell.seconds for cell in self.cells if cell.worked)

    @property
    def critical_s(self) -> float:
        """Seconds of the build's wall time that it accounts for."""
        return sum(cell.critical_s for cell in self.cells)

    def on(self, platform: str) -> tuple[Cell, ...]:
        """Return the cells of a platform."""
        return tuple(cell for cell in self.cells if platform in cell.platforms)

    def reference(self) -> Cell | None:
        """Return the cell that the ratios are to."""
        return next((cell for cell in self.cells if cell.ratio == 1.0), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bottlenecks:
    """The table of one build.

    Attributes:
        rows: What took time, the costliest first; then what nobody knows of; then what took none.
        work: The seconds of all rows, side by side or not.
        wall_s: Seconds of the build; None where they or the critical path are not known.
    """

    rows: tuple[Row, ...]
    work: Total
    wall_s: float | None

    def wall_share(self, critical_s: float) -> float | None:
        """Return the share of the build's wall time, None where that is not known."""
        return critical_s / self.wall_s if self.wall_s else None

    def work_share(self, seconds: float | None) -> float | None:
        """Return the share of all seconds worked, None where a part of them is not known."""
        return None if seconds is None or self.work.unknown or not self.work.seconds else seconds / self.work.seconds


def bottlenecks(record: BuildRecord) -> Bottlenecks:
    """Return the table of a build, sorted by seconds."""
    rows = sorted((*_step_rows(record), *_pull_rows(record), *_overhead_rows(record.overheads)), key=_cost)
    work = sum((row.seconds for row in rows), Total())
    return Bottlenecks(rows=tuple(rows), work=work, wall_s=record.wall_s if record.explained_s else None)


def _step_rows(record: BuildRecord) -> Iterator[Row]:
    for found in _by_instruction(record):
        first, _ = found[0]
        yield _row(BASE if first.keyword == places.BASE else STEP, first, _compared([cell for _, cell in found]))


def _pull_rows(record: BuildRecord) -> Iterator[Row]:
    for found in _by_instruction(record):
        pulled = tuple(_pull(step, cell) for step, cell in found if step.transfers and step.keyword != places.BASE)
        if pulled:
            yield _row(PULL, found[0][0], pulled)


def _by_instruction(record: BuildRecord) -> Iterator[list[tuple[StepRecord, Cell]]]:
    """Yield the vertices of each instruction, each with its cell."""
    rows: dict[places.Row, list[tuple[StepRecord, Cell]]] = defaultdict(list)
    for steps in places.by_vertex(record).values():
        rows[places.row_of(steps[0])].append((steps[0], _cell(steps[0], places.sharing(record, steps))))
    yield from rows.values()


def _cell(step: StepRecord, platforms: tuple[str, ...]) -> Cell:
    used = step.resources
    return Cell(
        platforms=platforms,
        outcome=step.outcome,
        seconds=places.run_s(step) if step.outcome in _WORKED or step.keyword == places.BASE else None,
        critical_s=0.0 if _only_pulled(step) else step.critical_s,
        size_bytes=step.size_bytes,
        cpu_s=used.cpu_s if used else None,
        peak_memory_bytes=used.peak_memory_bytes if used else None,
        emulated=step.emulated,
    )


def _pull(step: StepRecord, cell: Cell) -> Cell:
    return Cell(
        platforms=cell.platforms,
        outcome=step.outcome,
        seconds=step.transfer_s,
        critical_s=step.critical_s if _only_pulled(step) else 0.0,
        size_bytes=step.size_bytes,
    )


def _only_pulled(step: StepRecord) -> bool:
    return bool(step.transfers) and step.outcome not in _WORKED and step.keyword != places.BASE


def _row(kind: str, step: StepRecord, cells: tuple[Cell, ...]) -> Row:
    return Row(
        kind=kind,
        stage=step.stage,
        number=step.number,
        line=step.line,
        instruction=step.instruction,
        key=step.key,
        cells=cells,
    )


def _compared(cells: list[Cell]) -> tuple[Cell, ...]:
    """Fill in the ratios of what ran on several platforms."""
    reference = _reference(cells)
    if reference is None or not reference.seconds:
        return tuple(cells)
    return tuple(
        replace(cell, ratio=cell.seconds / reference.seconds) if _ran(cell) and cell.seconds is not None else cell
        for cell in cells
    )


def _reference(cells: Iterable[Cell]) -> Cell | None:
    """Return the first cell that ran natively, else the fastest; None unless two platforms ran it apart."""
    ran = [cell for cell in cells if _ran(cell)]
    if len(ran) < 2 or len({cell.platforms for cell in ran}) < len(ran):  # noqa: PLR2004 - a ratio needs two
        return None
    native = [cell for cell in ran if cell.emulated is False]
    return native[0] if native else min(ran, key=lambda cell: cell.seconds or 0.0)


def _ran(cell: Cell) -> bool:
    return cell.outcome is Outcome.EXECUTED and cell.seconds is not None


def _overhead_rows(overheads: Iterable[Overhead]) -> Iterator[Row]:
    kinds: dict[str, list[Overhead]] = defaultdict(list)
    for overhead in overheads:
        kinds[overhead.kind].append(overhead)
    for kind, found in kinds.items():
        sizes = [overhead.size_bytes for overhead in found if overhead.size_bytes is not None]
        cell = Cell(
            seconds=sum(overhead.duration_s for overhead in found),
            critical_s=sum(overhead.critical_s for overhead in found),
            size_bytes=sum(sizes) if len(sizes) == len(found) else None,
        )
        yield Row(kind=kind, instruction="; ".join(dict.fromkeys(one.name for one in found)), cells=(cell,))


def _cost(row: Row) -> tuple[bool, float, int, int]:
    """Sort key: seconds, then the unknown, then what took none, by line."""
    seconds = row.seconds
    return (not (seconds.known or seconds.unknown), -seconds.seconds, -seconds.unknown, row.line)
