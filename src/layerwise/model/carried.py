"""What a COPY from another stage brings: the bytes of the steps that wrote there, copied and exported."""

from collections.abc import Callable
from dataclasses import replace

from layerwise.ecosystems.effects import Path
from layerwise.graph.vertex import Graph, Kind, Step
from layerwise.model.cost import Cost
from layerwise.model.priors import Rates
from layerwise.records import Basis

_KNOWN = (Basis.MEASURED, Basis.PREDICTED)


def with_carried(graph: Graph, step: Step, cost: Callable[[Step], Cost], rates: Rates) -> Cost:
    """Return the cost of a step; that of a COPY from another stage, unless measured, with the bytes it carries."""
    own = cost(step)
    if step.kind is not Kind.COPY or own.basis in _KNOWN:
        return own
    stored = sum(cost(maker).size for maker in _makers(graph, step))
    seconds = stored / rates.compressed_share / rates.copy
    return replace(own, seconds=own.seconds + seconds, size=own.size + stored) if stored else own


def _makers(graph: Graph, step: Step) -> tuple[Step, ...]:
    """Return the RUNs of the stage copied from that wrote what is copied, those it starts from left out."""
    found: list[Step] = []
    for edge in step.edges:
        if edge.paths is None:
            continue
        top = graph.step(edge.step)
        taken = [Path(path, tree=True) for path in edge.paths]
        found += [
            other
            for other in (*graph.above(top), top)
            if other.stage_index == top.stage_index and any(_overlap(other, path) for path in taken)
        ]
    return tuple(found)


def _overlap(step: Step, taken: Path) -> bool:
    return step.kind is Kind.RUN and any(path.overlaps(taken) for path in step.effects.writes)
