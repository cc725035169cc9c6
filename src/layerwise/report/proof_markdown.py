"""A proof as Markdown: the verdict, what stays and what does not, and what was measured; the rest folded away."""

from collections.abc import Iterator, Sequence

from layerwise.plan import Chosen
from layerwise.prove.bench.proved import Dropped, Proved
from layerwise.report.bench_markdown import bench_lines
from layerwise.report.diff_lines import diff_lines
from layerwise.report.grid_markdown import table, written
from layerwise.report.markup import fenced, folded, plain
from layerwise.report.phrases import promise
from layerwise.report.proof_claims import image_lines, place, quoting, rests_on, verdict
from layerwise.report.proof_steps import Recorded, ordered, steps_grid, steps_title

_STEPS = 40
_PLACES = 20


def proof_markdown(proved: Proved, recorded: Sequence[Recorded] = ()) -> str:
    """Return ``layerwise prove`` as Markdown; ``recorded`` are builds whose steps are compared."""
    return "\n".join(_lines(proved, recorded))


def _lines(proved: Proved, recorded: Sequence[Recorded]) -> Iterator[str]:
    yield f"**{plain(verdict(proved))}**"
    if proved.kept:
        yield from ("", "Kept:", "", *map(_kept, proved.kept))
    if proved.dropped:
        yield from ("", "Dropped:", "", *map(_dropped, proved.dropped))
    yield from bench_lines(proved.bench)
    for one in ordered(recorded):
        yield from folded(steps_title(one), table(steps_grid(one, _STEPS)))
    yield from folded(f"Images before and after, {rests_on(proved)}", _images(proved))
    if proved.diff:
        lines = "".join(f"{line}\n" for _, line in diff_lines(proved.diff))
        yield from folded("The change", ("", fenced("diff", lines)))


def _kept(kept: Chosen) -> str:
    why = written(quoting(kept.proposal.why))
    return f"- **{plain(kept.pass_name)}**, line {kept.line}, {plain(promise(kept))}: {why}."


def _dropped(dropped: Dropped) -> str:
    return f"- **{plain(dropped.edit.pass_name)}**, {plain(place(dropped))}: {written(quoting(dropped.reason))}"


def _images(proved: Proved) -> Iterator[str]:
    for number, (summary, places) in enumerate(image_lines(proved, _PLACES)):
        if not number:
            yield ""
        yield f"- {plain(summary)}"
        yield from (f"  - {plain(line)}" for line in places)
