"""The screen of ``layerwise bench``: what was measured, then what was predicted and what was left out."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from layerwise.prove.bench.result import Bench
from layerwise.report.bench_claims import headline
from layerwise.report.bench_grid import bench_grid, prediction_grid, predictions
from layerwise.report.bench_sentences import asides, footnotes, prediction_sentence, subject, unmeasured
from layerwise.report.bench_sums import is_measured, platforms_of
from layerwise.report.grid_text import Drawn
from layerwise.syntax.display import one_line

_PREDICTIONS = 24


def bench_text(bench: Bench) -> RenderableType:
    """Return the screen of ``layerwise bench``."""
    asided = (_aside(sentence) for sentence in (subject(bench), *asides(bench)))
    return Group(Text(headline(bench), "bold"), *asided, *bench_parts(bench))


def bench_parts(bench: Bench, limit: int = _PREDICTIONS) -> Iterator[RenderableType]:
    """Yield the tables of a bench, with what their signs mean, and with at most ``limit`` predictions."""
    for platform in platforms_of(bench):
        rows = [row for row in bench.rows if row.platform == platform and is_measured(row)]
        if rows:
            yield Text(f"\n{one_line(platform)}", "bold")
            yield Drawn(bench_grid(bench, rows))
    yield from (Text(note, "dim") for note in footnotes(bench))
    yield from _predictions(bench, limit)
    if left_out := tuple(unmeasured(bench)):
        yield Text("\nNot measured", "bold")
        yield from (_indented(f"{names}: {reason}.") for names, reason in left_out)


def _predictions(bench: Bench, limit: int) -> Iterator[RenderableType]:
    grid = prediction_grid(bench, limit)
    if grid.rows:
        yield Text("\nPredicted before the bench", "bold")
        yield Drawn(grid)
    if grid.rows and (more := len(predictions(bench)) - limit) > 0:
        yield Text(f"and {more:,} more, which --format json holds", "dim")
    if sentence := prediction_sentence(bench):
        yield Text(sentence)


def _aside(sentence: str) -> RenderableType:
    return Padding(Text(sentence, "dim"), (0, 0, 0, 2))


def _indented(sentence: str) -> RenderableType:
    return Padding(Text(sentence), (0, 0, 0, 2))
