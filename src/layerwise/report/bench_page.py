"""A bench as one page: bars and tables of seconds, then what was predicted and what was left out."""

from collections.abc import Iterator

from layerwise.prove.bench.result import Bench
from layerwise.report.bench_claims import headline
from layerwise.report.bench_grid import bench_grid, prediction_grid
from layerwise.report.bench_sentences import asides, footnotes, prediction_sentence, subject, unmeasured
from layerwise.report.bench_sums import is_measured, platforms_of
from layerwise.report.bench_svg import drawing
from layerwise.report.page import folded, listed, page, section, table
from layerwise.report.tags import Content, tag
from layerwise.syntax.display import one_line

_PREDICTIONS = 500


def bench_page(bench: Bench) -> str:
    """Return the page of a bench, an HTML file's text."""
    title = f"Bench of {one_line(bench.dockerfile)}, {one_line(bench.project)}"
    head = (tag("h1", headline(bench)), tag("p", subject(bench), class_="quiet"))
    return page(title, *head, *seconds(bench), *rest(bench))


def seconds(bench: Bench) -> Iterator[Content]:
    """Yield the part with what was measured."""
    title = "Seconds before and after" if bench.planned else "Seconds"
    yield from section(title, *_seconds(bench))


def rest(bench: Bench) -> Iterator[Content]:
    """Yield the parts with what was predicted, what was not measured, and how the rest was."""
    yield from section("Predicted before the bench", *_predicted(bench))
    yield from section("Not measured", *listed(f"{names}: {reason}." for names, reason in unmeasured(bench)))
    yield from section("How it was measured", *listed(asides(bench)))


def _seconds(bench: Bench) -> Iterator[Content]:
    if not any(map(is_measured, bench.rows)):
        return
    yield drawing(bench)
    for platform in platforms_of(bench):
        rows = [row for row in bench.rows if row.platform == platform and is_measured(row)]
        if rows:
            yield tag("h3", one_line(platform))
            yield from table(bench_grid(bench, rows))
    yield tag("div", *listed(footnotes(bench)), class_="quiet")


def _predicted(bench: Bench) -> Iterator[Content]:
    if sentence := prediction_sentence(bench):
        yield tag("p", sentence)
    yield from folded("Predicted and measured", *table(prediction_grid(bench, _PREDICTIONS)))
