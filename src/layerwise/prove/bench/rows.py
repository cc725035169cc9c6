"""What was measured and predicted, as the rows of a bench."""

from collections.abc import Iterator, Mapping, Sequence

from layerwise.analysis import Analysis
from layerwise.model.change import Change
from layerwise.model.cost import weakest
from layerwise.prove.bench.past import Past
from layerwise.prove.bench.result import Figure, Row, Run, Side
from layerwise.prove.bench.scenarios import Listed
from layerwise.prove.bench.texts import digest_of
from layerwise.records import Basis

_PREDICTED_ONLY = "only a first, a middle and a last instruction are measured"


def rows(
    past: Past, sides: Mapping[Side, Analysis], wanted: Listed, platforms: Sequence[str], reasons: Mapping[str, str]
) -> Iterator[Row]:
    """Yield a row for each scenario and platform.

    Args:
        past: What was measured, and predicted before that.
        sides: What was built.
        wanted: The scenarios.
        platforms: What was built for.
        reasons: Why scenarios, by name, were not measured.
    """
    for change in (*wanted.measured, *wanted.predicted):
        for platform in platforms:
            why = reasons.get(change.name, _PREDICTED_ONLY)
            yield _row(past, sides, change, platform, why)
    for name, why in wanted.absent:
        for platform in platforms:
            yield Row(scenario=name, platform=platform, subject="", unmeasured=why)


def _row(past: Past, sides: Mapping[Side, Analysis], change: Change, platform: str, why: str) -> Row:
    texts = {side: digest_of(analysis) for side, analysis in sides.items()}
    runs = {side: past.runs(text, change.name, platform) for side, text in texts.items()}
    figures = {side: Figure(tuple(run.wall_s for run in found)) for side, found in runs.items() if found}
    expected = {side: past.expected(text, change.name, platform) for side, text in texts.items()}
    said = [basis for seconds, basis in expected.values() if seconds is not None]
    return Row(
        scenario=change.name,
        platform=platform,
        subject=change.subject,
        before=figures.get(Side.BEFORE),
        after=figures.get(Side.AFTER),
        predicted_before_s=expected.get(Side.BEFORE, (None,))[0],
        predicted_after_s=expected.get(Side.AFTER, (None,))[0],
        predicted_basis=weakest(said) if said else Basis.UNKNOWN,
        cache_bytes=(_held(runs.get(Side.BEFORE, ())), _held(runs.get(Side.AFTER, ()))),
        unmeasured="" if figures else why,
    )


def _held(runs: Sequence[Run]) -> int | None:
    return runs[-1].cache_bytes if runs else None
