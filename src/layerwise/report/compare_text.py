"""How two builds differ, on a terminal."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from layerwise.report.compare_grid import compare_grid
from layerwise.report.compare_sentences import changed, moved
from layerwise.report.grid_text import Drawn
from layerwise.summary.compare import Comparison

_ROWS = 12


def compare_text(comparison: Comparison) -> RenderableType:
    """Return the comparison of two builds: what changed, and what takes other seconds for it."""
    return Group(*_parts(comparison))


def _parts(comparison: Comparison) -> Iterator[RenderableType]:
    yield Text(changed(comparison), "bold")
    for sentence in moved(comparison):
        yield Padding(Text(sentence), (0, 0, 0, 2))
    grid = compare_grid(comparison, _ROWS, 48)
    if grid.rows:
        yield ""
        yield Drawn(grid)
