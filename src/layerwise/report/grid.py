"""A table as cells, before it is drawn as text or Markdown."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from layerwise.report.build_words import Words

Item = TypeVar("Item")
Content: TypeAlias = "str | Words"

_STAY = 2
BAR = "bar"
"""What the column of bars is called, for ``Grid.spare``."""


@dataclass(frozen=True, slots=True)
class Column(Generic[Item]):
    """A column: its heading (``>`` before it aligns to the right), and what it says of an item."""

    name: str
    cell: Callable[[Item], Content]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table.

    Attributes:
        columns: Headings, as in ``Column``.
        rows: Their cells.
        bars: Seconds of each row, for a bar behind the second column; none for a table without bars.
        reach: Seconds to which each bar goes on, lighter; none for plain bars.
        spare: Headings of the columns that go where there is no room, the first to go first.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Content, ...], ...]
    bars: tuple[float, ...] = ()
    reach: tuple[float, ...] = ()
    spare: tuple[str, ...] = ()


def laid_out(columns: Iterable[Column[Item]], items: Sequence[Item], spare: tuple[str, ...] = ()) -> Grid:
    """Return the table of ``items``; of the columns past the second, those that say nothing of any are left out."""
    made = [(column.name, tuple(column.cell(item) for item in items)) for column in columns]
    kept = [(name, cells) for index, (name, cells) in enumerate(made) if index < _STAY or any(cells)]
    rows = tuple(zip(*(cells for _, cells in kept), strict=True))
    return Grid(tuple(name for name, _ in kept), rows, spare=spare)
