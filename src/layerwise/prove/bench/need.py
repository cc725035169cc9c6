"""How much room a bench takes, estimated as its seconds are."""

from collections.abc import Iterable, Sequence

from layerwise.analysis import Analysis
from layerwise.graph.vertex import Kind
from layerwise.model.change import COLD, Change
from layerwise.model.priors import priors
from layerwise.prove.bench.engine import Need


def need(sides: Iterable[Analysis], changes: Sequence[Change]) -> Need:
    """Return what the builds of one round add to the cache and to the disk: what is not needed goes after each.

    Args:
        sides: The files that are built.
        changes: What is built of each, besides a cold build to begin with.
    """
    stored = sum(_bytes(side, COLD) + sum(_bytes(side, change) for change in changes) for side in sides)
    plain = round(stored / priors().rates.compressed_share)
    # the cache has the files of each layer; the image store unpacks them once more, and both keep it compressed
    return Need(cache=plain + stored, disk=2 * plain + stored)


def _bytes(side: Analysis, change: Change) -> int:
    """Return the bytes of layers that a build makes, as stored."""
    running = side.facts.estimator.running(side.graphs, change)
    return sum(
        side.cost(step).size
        for graph in side.graphs
        for step in graph
        if step.kind is not Kind.FROM and step.id in running[graph.platform]
    )
