"""A bench as Markdown: what was measured, fit for a comment in a pull request, the rest folded away."""

from collections.abc import Iterable, Iterator

from layerwise.prove.bench.result import Bench
from layerwise.report.bench_claims import headline
from layerwise.report.bench_grid import bench_grid, prediction_grid, predictions
from layerwise.report.bench_sentences import asides, footnotes, prediction_sentence, subject, unmeasured
from layerwise.report.bench_sums import is_measured, platforms_of
from layerwise.report.grid_markdown import table
from layerwise.report.markup import folded, plain

_ROWS = 100
_PREDICTIONS = 100


def bench_markdown(bench: Bench) -> str:
    """Return ``layerwise bench`` as Markdown."""
    return "\n".join((f"**{plain(headline(bench))}**", *bench_lines(bench)))


def bench_lines(bench: Bench) -> Iterator[str]:
    """Yield the lines below the headline: the tables of seconds, and what is folded away."""
    for platform in platforms_of(bench):
        rows = [row for row in bench.rows if row.platform == platform and is_measured(row)]
        if rows:
            yield from ("", f"**{plain(platform)}**", *table(bench_grid(bench, rows[:_ROWS])))
        if len(rows) > _ROWS:
            yield from ("", f"and {len(rows) - _ROWS:,} more.")
    yield from folded("Predicted before the bench", _predicted(bench))
    yield from folded("Not measured", _listed(f"{names}: {reason}." for names, reason in unmeasured(bench)))
    yield from folded("How it was measured", _listed((subject(bench), *asides(bench), *footnotes(bench))))


def _listed(sentences: Iterable[str]) -> Iterator[str]:
    yield ""
    yield from (f"- {plain(sentence)}" for sentence in sentences)


def _predicted(bench: Bench) -> Iterator[str]:
    yield from table(prediction_grid(bench, _PREDICTIONS))
    if (more := len(predictions(bench)) - _PREDICTIONS) > 0:
        yield from ("", f"and {more:,} more.")
    if sentence := prediction_sentence(bench):
        yield from ("", plain(sentence))
