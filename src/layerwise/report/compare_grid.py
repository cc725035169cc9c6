"""The table of a comparison: what took other seconds than before."""

from layerwise.records import Outcome
from layerwise.report.build_words import Words, brief, instruction, overhead, took
from layerwise.report.compare_sentences import more
from layerwise.report.grid import Column, Grid, laid_out
from layerwise.report.units import seconds
from layerwise.summary.compare import Around, Comparison, Pair, Side

_LEAST_S = 0.05


def compare_grid(comparison: Comparison, limit: int, width: int = 80) -> Grid:
    """Return the steps and overheads that differ, the ``limit`` whose seconds differ most."""
    found: list[Pair | Around] = [one for one in comparison.steps if _differs(one)]
    found += [one for one in comparison.overheads if abs(one.more_s) >= _LEAST_S]
    found.sort(key=lambda one: -abs(one.more_s or 0.0))
    return laid_out(
        (
            Column(">line", lambda one: str(one.line or "") if isinstance(one, Pair) else ""),
            Column("step", lambda one: _label(one, width)),
            Column("platform", lambda one: ", ".join(map(brief, one.platforms)) if isinstance(one, Pair) else ""),
            Column(">before", lambda one: _side(one.before) if isinstance(one, Pair) else _known(one.before_s)),
            Column(">after", lambda one: _side(one.after) if isinstance(one, Pair) else _known(one.after_s)),
            Column(">change", lambda one: "?" if one.more_s is None else more(one.more_s)),
        ),
        found[:limit],
    )


def _differs(pair: Pair) -> bool:
    if pair.before is None or pair.after is None:
        return True
    return pair.before.outcome is not pair.after.outcome or abs(pair.more_s or 0.0) >= _LEAST_S


def _label(one: Pair | Around, width: int) -> Words:
    return (instruction(one.instruction, width),) if isinstance(one, Pair) else (overhead(one.kind),)


def _side(side: Side | None) -> str:
    if side is None:
        return "not there"
    if side.outcome is Outcome.EXECUTED:
        return took(side.seconds)
    word = "pull" if side.outcome is Outcome.CACHED and side.seconds else str(side.outcome.value)
    return f"{word} {seconds(side.seconds)}" if side.seconds is not None and side.seconds >= _LEAST_S else word


def _known(value: float | None) -> str:
    return "none" if value is None else seconds(value)
