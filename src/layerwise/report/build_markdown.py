"""One build as a comment in a pull request: a sentence and the costliest steps, the rest folded away."""

from collections.abc import Iterator

from layerwise.report.bottleneck_grid import bottleneck_grid
from layerwise.report.build_sentences import (
    explained,
    failure,
    footnotes,
    headline,
    layers_title,
    notes,
    worth_sentences,
)
from layerwise.report.compare_grid import compare_grid
from layerwise.report.compare_sentences import changed, moved
from layerwise.report.grid_markdown import table, written
from layerwise.report.layer_grid import change_grid, layer_grid
from layerwise.report.markup import fenced, folded, plain
from layerwise.summary.compare import Comparison
from layerwise.summary.overview import Report

_SHOWN = 5
_FOLDED = 40


def build_markdown(report: Report, against: Comparison | None = None) -> str:
    """Return ``layerwise report`` as Markdown."""
    return "\n".join(_parts(report, against))


def compare_markdown(comparison: Comparison) -> str:
    """Return how two builds differ as Markdown."""
    return "\n".join(_compared(comparison))


def _parts(report: Report, against: Comparison | None) -> Iterator[str]:
    yield f"**{written(headline(report))}**"
    if error := failure(report.record):
        yield from ("", fenced("", f"{error}\n"))
    yield from table(bottleneck_grid(report, _SHOWN))
    if against is not None:
        yield from ("", *_compared(against))
    whole = bottleneck_grid(report, _FOLDED)
    if len(whole.rows) > _SHOWN + 1:
        yield from folded("All steps and overheads", table(whole))
    if report.builds > 1:
        yield from folded(layers_title(report), table(layer_grid(report.layers, _FOLDED)))
        yield from folded("Builds by what changed", table(change_grid(report.changes)))
    sentences = (explained(report), *worth_sentences(report), *notes(report), *footnotes(report))
    yield from folded("Cache, wall time, notes", ("", *(f"- {plain(one)}" for one in sentences if one)))


def _compared(comparison: Comparison) -> Iterator[str]:
    yield plain(changed(comparison))
    yield from (f"- {plain(sentence)}" for sentence in moved(comparison))
    grid = compare_grid(comparison, _FOLDED)
    if len(grid.rows) > _SHOWN:
        yield from folded("Steps and overheads that differ", table(grid))
    else:
        yield from table(grid)
