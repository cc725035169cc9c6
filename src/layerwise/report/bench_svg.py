"""A bench as a picture: bars of what each scenario takes before and after, with nothing but text and shapes in it."""

import textwrap
from collections.abc import Iterator, Sequence
from importlib.resources import files

from layerwise.prove.bench.result import Bench, Figure, Row
from layerwise.report.bars import LINE, WIDTH, Bar, Group, Section, sections, text
from layerwise.report.bench_claims import headline
from layerwise.report.bench_sentences import figure_notes, subject
from layerwise.report.bench_sums import Trend, is_measured, platforms_of, trend
from layerwise.report.bench_words import change, with_spread
from layerwise.report.tags import Tag, tag, write
from layerwise.syntax.display import one_line

_PAD = 16
_CHARACTERS = 104
_KEYS = (("before", "before"), ("after", "after"), ("slower", "after, slower"))


def bench_svg(bench: Bench) -> str:
    """Return the picture of ``layerwise bench``, an SVG file's text."""
    lines = textwrap.wrap(headline(bench), _CHARACTERS)
    return write(drawing(bench, lines, (subject(bench), *figure_notes(bench)))) + "\n"


def drawing(bench: Bench, above: Sequence[str] = (), below: Sequence[str] = ()) -> Tag:
    """Return the bars as an element, with lines of text above and below them."""
    drawn = tuple(_sections(bench))
    top = _PAD + LINE * len(above)
    end = top + LINE + sum(section.height for section in drawn)
    height = end + LINE * len(below) + _PAD
    return tag(
        "svg",
        tag("title", f"{one_line(bench.project)}, {one_line(bench.dockerfile)}: {headline(bench)}"),
        tag("style", files("layerwise.report").joinpath("bars.css").read_text("utf-8")),
        tag("rect", width=WIDTH, height=height, class_="lw-paper"),
        *(text(line, _PAD, _PAD + LINE * number + 12, "title") for number, line in enumerate(above)),
        *_keys(bench, top),
        *sections(drawn, top + LINE),
        *(text(line, _PAD, end + LINE * number + 16, "note") for number, line in enumerate(below)),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {WIDTH} {height:g}",
        width=WIDTH,
        height=height,
        role="img",
    )


def _keys(bench: Bench, top: float) -> Iterator[Tag]:
    """Yield what the colours mean, where there is more than one."""
    if not bench.planned:
        return
    slower = any(trend(row) is Trend.SLOWER for row in bench.rows)
    x = 210.0
    for style, word in _KEYS[: 2 + slower]:
        yield tag("rect", x=x, y=top + 2, width=12, height=12, class_=f"lw-{style}")
        yield text(word, x + 18, top + 12, "note")
        x += 80


def _sections(bench: Bench) -> Iterator[Section]:
    for platform in platforms_of(bench):
        rows = [row for row in bench.rows if row.platform == platform and is_measured(row)]
        if rows:
            yield Section(one_line(platform), tuple(map(_group, rows)))


def _group(row: Row) -> Group:
    style = "slower" if trend(row) is Trend.SLOWER else "after"
    said = ", ".join(filter(None, (with_spread(row.after), change(row))))
    pairs = (("before", row.before, with_spread(row.before)), (style, row.after, said))
    bars = tuple(_bar(style, figure, said) for style, figure, said in pairs if figure is not None)
    return Group(one_line(row.scenario), one_line(row.subject), bars)


def _bar(style: str, figure: Figure, said: str) -> Bar:
    ends = (min(figure.seconds), max(figure.seconds)) if len(figure.seconds) > 1 else None
    return Bar(style, figure.median_s, said, ends)
