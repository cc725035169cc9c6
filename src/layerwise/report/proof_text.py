"""The screen of ``layerwise prove``: the verdict, what stays and what does not, and what was measured."""

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from layerwise.plan import Chosen
from layerwise.prove.bench.proved import Dropped, Proved
from layerwise.report.bench_sentences import asides, subject
from layerwise.report.bench_text import bench_parts
from layerwise.report.diff_lines import diff_lines
from layerwise.report.grid_text import Drawn
from layerwise.report.phrases import promise
from layerwise.report.proof_claims import image_lines, place, rests_on, verdict
from layerwise.report.proof_steps import Recorded, ordered, steps_grid, steps_title
from layerwise.syntax.display import one_line

_TABLES = 1
"""Without ``verbose`` the steps of this many scenarios are shown."""
_STEPS, _MOST_STEPS = 8, 40
_PLACES, _MOST_PLACES = 5, 40
_MOST_PREDICTIONS = 100
_STYLES = {"add": "green", "del": "red", "hunk": "cyan", "file": "bold"}


def proof_text(
    proved: Proved, recorded: Sequence[Recorded] = (), *, verbose: bool = False, diff: bool = False
) -> RenderableType:
    """Return the screen of ``layerwise prove``.

    Args:
        proved: What was shown.
        recorded: Builds whose steps are compared.
        verbose: All evidence and predictions, the steps of every scenario, more places where images differ.
        diff: The diff of the kept edits.
    """
    return Group(*_parts(proved, recorded, verbose=verbose, diff=diff))


def _parts(proved: Proved, recorded: Sequence[Recorded], *, verbose: bool, diff: bool) -> Iterator[RenderableType]:
    yield Text(verdict(proved), "bold")
    yield from (_indented(one, 2, "dim") for one in (subject(proved.bench), rests_on(proved), *asides(proved.bench)))
    if proved.kept:
        yield Text("\nKept", "bold")
        for kept in proved.kept:
            yield from _kept(kept, verbose=verbose)
    if proved.dropped:
        yield Text("\nDropped", "bold")
        for dropped in proved.dropped:
            yield from _dropped(dropped)
    yield from bench_parts(proved.bench, _MOST_PREDICTIONS if verbose else 0)
    for one in ordered(recorded)[: None if verbose else _TABLES]:
        grid = steps_grid(one, _MOST_STEPS if verbose else _STEPS, 48)
        if grid.rows:
            yield Text(f"\n{steps_title(one)}", "bold")
            yield Drawn(grid)
    yield from _images(proved, _MOST_PLACES if verbose else _PLACES)
    if diff and proved.diff:
        yield ""
        yield from (
            Text(line, _STYLES.get(kind, ""), no_wrap=True, overflow="ignore") for kind, line in diff_lines(proved.diff)
        )


def _kept(kept: Chosen, *, verbose: bool) -> Iterator[RenderableType]:
    yield Text.assemble("  ", (kept.pass_name, "bold"), f"  line {kept.line}, {promise(kept)}")
    yield _indented(f"{one_line(kept.proposal.why)}.", 4)
    yield from (_indented(one_line(line), 4, "dim") for line in (kept.proposal.evidence if verbose else ()))


def _dropped(dropped: Dropped) -> Iterator[RenderableType]:
    yield Text.assemble("  ", (dropped.edit.pass_name, "bold"), f"  {place(dropped)}")
    yield _indented(one_line(dropped.reason), 4)


def _images(proved: Proved, limit: int) -> Iterator[RenderableType]:
    lines = tuple(image_lines(proved, limit))
    if lines:
        yield Text("\nImages before and after", "bold")
    for summary, places in lines:
        yield _indented(summary, 2)
        yield from (_indented(line, 4) for line in places)


def _indented(line: str, columns: int, style: str = "") -> RenderableType:
    return Padding(Text(line, style), (0, 0, 0, columns))
