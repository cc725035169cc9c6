"""A table as it is drawn on a terminal, with bars where it has them."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.measure import Measurement
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from layerwise.report.build_words import shown
from layerwise.report.grid import BAR, Content, Grid

_GAP = 2
_BAR_WIDTH, _NARROW_BAR = 10, 5
_WIDE = 110
"""Characters of a terminal that has room for long bars."""
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_GIVES = 1
"""The column that is cut on a narrow terminal: what the row is about."""
_ENOUGH = 22
"""Characters of it that tell one row from another; for less, spare columns go."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A table without lines that fits the terminal: what it is about gives way first, then the spare columns."""

    grid: Grid

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw it."""
        bar = _BAR_WIDTH if options.max_width >= _WIDE else _NARROW_BAR
        yield _table(self.grid, _dropped(self.grid, options.max_width, bar), bar)


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar as long as a share of ``width`` characters, and a lighter one on to ``reach``.

    Of ``#`` and ``.`` where the stream knows no blocks.
    """

    share: float
    width: int = _BAR_WIDTH
    reach: float = 0.0

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw it."""
        width = min(options.max_width, self.width)
        whole = math.ceil(self.share * width)
        beyond = max(0, math.ceil(self.reach * width) - whole)
        if options.ascii_only:
            yield Segment("#" * whole + "." * beyond)
            return
        eighths = math.ceil(self.share * width * 8)
        yield Segment("█" * (eighths // 8) + (_EIGHTHS[eighths % 8] if eighths % 8 else "") + "░" * beyond)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """Say how wide it may be."""
        return Measurement(1, self.width)


def _dropped(grid: Grid, room: int, bar: int) -> frozenset[str]:
    """Return the columns to leave out, so that the one that gives way keeps enough."""
    widths = dict(_widths(grid, bar))
    needed = min(widths.get(grid.columns[_GIVES], 0), _ENOUGH)
    dropped: list[str] = []
    for name in grid.spare:
        others = (width + _GAP for column, width in widths.items() if column != grid.columns[_GIVES])
        if needed + sum(others) <= room:
            break
        widths.pop(name, None)
        dropped.append(name)
    return frozenset(dropped)


def _widths(grid: Grid, bar: int) -> Iterator[tuple[str, int]]:
    for index, name in enumerate(grid.columns):
        cells = (len(_text(row[index])) for row in grid.rows)
        yield name, max(len(name.removeprefix(">")), *cells)
    if grid.bars:
        yield BAR, bar


def _table(grid: Grid, dropped: frozenset[str], bar: int) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="bold")
    kept = [index for index, name in enumerate(grid.columns) if name not in dropped]
    with_bars = bool(grid.bars) and BAR not in dropped
    for index in kept:
        name = grid.columns[index]
        table.add_column(
            name.removeprefix(">"),
            justify="right" if name.startswith(">") else "left",
            no_wrap=index != _GIVES,
            overflow="ellipsis",
        )
        if with_bars and index == _GIVES:
            table.add_column("", no_wrap=True)
    longest = max((*grid.bars, *grid.reach), default=0.0) or 1.0
    for number, row in enumerate(grid.rows):
        cells: list[RenderableType] = [Text(_text(row[index]), no_wrap=True, overflow="ellipsis") for index in kept]
        if with_bars:
            reach = grid.reach[number] if grid.reach else 0.0
            cells.insert(_GIVES + 1, Bar(grid.bars[number] / longest, bar, reach / longest))
        table.add_row(*cells)
    return table


def _text(content: Content) -> str:
    return content if isinstance(content, str) else shown(content)
