"""A proof as one page: the verdict first, then what stays and what does not, bars, tables and the diff."""

from collections.abc import Iterator, Sequence

from layerwise.plan import Chosen
from layerwise.prove.bench.proved import Dropped, Proved
from layerwise.report.bench_page import rest, seconds
from layerwise.report.bench_sentences import subject
from layerwise.report.page import diff, folded, listed, page, section, table, words
from layerwise.report.phrases import promise
from layerwise.report.proof_claims import image_lines, place, quoting, rests_on, verdict
from layerwise.report.proof_steps import Recorded, ordered, steps_grid, steps_title
from layerwise.report.tags import Content, tag
from layerwise.syntax.display import one_line

_ROWS = 500
_PLACES = 100


def proof_page(proved: Proved, recorded: Sequence[Recorded] = ()) -> str:
    """Return the page of a proof, an HTML file's text; ``recorded`` are builds whose steps are compared."""
    bench = proved.bench
    title = f"Proof of {one_line(bench.dockerfile)}, {one_line(bench.project)}"
    return page(title, *_parts(proved, recorded))


def _parts(proved: Proved, recorded: Sequence[Recorded]) -> Iterator[Content]:
    bench, builds = proved.bench, ordered(recorded)
    yield tag("h1", verdict(proved))
    yield tag("p", f"{subject(bench)}, {rests_on(proved)}", class_="quiet")
    yield from section("Kept", *_definitions([part for kept in proved.kept for part in _kept(kept)]))
    yield from section("Dropped", *_definitions([part for one in proved.dropped for part in _dropped(one)], "dropped"))
    yield from seconds(bench)
    yield from section("Steps", *(part for one in builds for part in _steps(one, shown=one is builds[0])))
    yield from section("The change", *diff(proved.diff))
    yield from section("Images before and after", *_images(proved))
    yield from rest(bench)


def _definitions(parts: Sequence[Content], style: str = "kept") -> Iterator[Content]:
    if parts:
        yield tag("dl", *parts, class_=style)


def _kept(kept: Chosen) -> Iterator[Content]:
    yield tag("dt", tag("b", kept.pass_name), f"line {kept.line}, {promise(kept)}")
    yield tag("dd", *words(quoting(kept.proposal.why)), ".", *listed(map(quoting, kept.proposal.evidence)))


def _dropped(dropped: Dropped) -> Iterator[Content]:
    yield tag("dt", tag("b", dropped.edit.pass_name), place(dropped))
    yield tag("dd", *words(quoting(dropped.reason)))


def _steps(recorded: Recorded, *, shown: bool) -> Iterator[Content]:
    yield from folded(steps_title(recorded), *table(steps_grid(recorded, _ROWS)), shown=shown)


def _images(proved: Proved) -> Iterator[Content]:
    for summary, places in image_lines(proved, _PLACES):
        yield tag("p", summary)
        yield from listed(places)
