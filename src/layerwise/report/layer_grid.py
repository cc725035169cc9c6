"""The tables over several builds: how each layer fares, and what each kind of change costs."""

from collections.abc import Sequence

from layerwise.report.build_words import instruction, share_of, took
from layerwise.report.grid import Column, Grid, laid_out
from layerwise.report.units import age, duration, share, size
from layerwise.summary.changes import ChangeCost
from layerwise.summary.layers import Layer
from layerwise.summary.totals import Total
from layerwise.syntax.display import one_line

BEFORE_RECORDS = "before records"


def layer_grid(layers: Sequence[Layer], limit: int, width: int = 80) -> Grid:
    """Return how the layers fared over the last builds, the ``limit`` that take longest."""
    return laid_out(
        (
            Column(">line", lambda one: str(one.line or "")),
            Column("layer", lambda one: (instruction(one.instruction, width),)),
            Column(">hits", _hits),
            Column(">hit rate", lambda one: "" if one.hit_rate is None else share(one.hit_rate)),
            Column(">runs for", lambda one: took(one.executed_s)),
            Column(">saved", lambda one: _saved(one.saved)),
            Column(">size", _size),
            Column("last ran", _last_ran),
            Column("", _remark),
        ),
        layers[:limit],
    )


def change_grid(changes: Sequence[ChangeCost]) -> Grid:
    """Return what builds took by kind of change, and how much less than a cold one that is."""
    return laid_out(
        (
            Column("what changed", lambda one: one_line(one.kind)),
            Column(">builds", lambda one: str(one.builds)),
            Column(">median wall", lambda one: took(one.wall_s)),
            Column(">steps cached", lambda one: "" if one.cached_share is None else share(one.cached_share)),
            Column(">steps ran for", lambda one: took(one.executed_s)),
            Column(">than cold", _than_cold),
        ),
        changes,
    )


def _hits(layer: Layer) -> str:
    needless = sum(use.needless for use in layer.uses)
    looked = layer.cached + layer.executed
    if not looked:
        return f"not needed, {needless} times" if needless else ""
    return f"{layer.cached} of {looked}"


def _saved(saved: Total) -> str:
    if not saved.known:
        return "?" if saved.unknown else ""
    return f"{duration(saved.seconds)} + ?" if saved.unknown else duration(saved.seconds)


def _size(layer: Layer) -> str:
    known = [use.size_bytes for use in layer.uses if use.size_bytes is not None]
    return size(max(known)) if known else ""


def _last_ran(layer: Layer) -> str:
    if layer.uses and all(use.ran_now for use in layer.uses):
        return "this build"
    if layer.age_s is None:
        return BEFORE_RECORDS if layer.cached else ""
    return f"{age(layer.age_s)} ago"


def _remark(layer: Layer) -> str:
    return "cheaper to run than to pull" if any(use.cheaper_to_run for use in layer.uses) else ""


def _than_cold(change: ChangeCost) -> str:
    if change.saved_share is None:
        return ""
    if change.saved_share < 0:
        return f"{share_of(-change.saved_share)} more"
    return f"{share_of(change.saved_share) or 'nothing'} less"
