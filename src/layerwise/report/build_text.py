"""The screen of ``layerwise report``: one build, the costly things first."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from layerwise.records import BuildRecord
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
from layerwise.report.build_words import spoken
from layerwise.report.compare_text import compare_text
from layerwise.report.grid import Grid
from layerwise.report.grid_text import Drawn
from layerwise.report.layer_grid import change_grid, layer_grid
from layerwise.report.units import cut, moment
from layerwise.summary.compare import Comparison
from layerwise.summary.overview import Report
from layerwise.syntax.display import one_line

_ROWS = 9
_LAYERS = 8
_STEP = 40
_ERROR = 400


def build_text(report: Report, against: Comparison | None = None) -> RenderableType:
    """Return the screen of ``layerwise report``, with a comparison where there is one."""
    return Group(*_parts(report, against))


def _parts(report: Report, against: Comparison | None) -> Iterator[RenderableType]:
    yield Text(spoken(headline(report)), "bold")
    yield _aside(_identity(report.record))
    if error := failure(report.record):
        yield Padding(Text(cut(error, _ERROR), "red"), (0, 0, 0, 2))
    yield from map(_aside, notes(report))
    yield from _table("", bottleneck_grid(report, _ROWS, _STEP))
    yield from (Text(note, "dim") for note in footnotes(report))
    yield ""
    if sentence := explained(report):
        yield Text(sentence)
    yield from map(Text, worth_sentences(report))
    if against is not None:
        yield from ("", compare_text(against))
    if report.builds > 1:
        yield from _table(layers_title(report), layer_grid(report.layers, _LAYERS, _STEP))
        yield from _table("Builds by what changed", change_grid(report.changes))


def _identity(record: BuildRecord) -> str:
    made = record.sources
    began = "" if record.started_at is None else f"{moment(record.started_at)} UTC"
    target = f"target {made.target}" if made.target else ""
    commit = f"commit {made.commit[:10]}" if made.commit else ""
    builder = f"builder {record.builder}" if record.builder else ""
    parts = (record.project, made.dockerfile, target, commit, began, builder, f"build {record.id[:12]}")
    return ", ".join(map(one_line, filter(None, parts)))


def _aside(sentence: str) -> RenderableType:
    return Padding(Text(sentence, "dim"), (0, 0, 0, 2))


def _table(title: str, grid: Grid) -> Iterator[RenderableType]:
    if grid.rows:
        yield Text(f"\n{title}" if title else "", "bold")
        yield Drawn(grid)
