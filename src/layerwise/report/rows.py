"""The rows of the tables that text and Markdown share."""

from collections.abc import Iterator
from dataclasses import dataclass

from layerwise.analysis import Analysis
from layerwise.graph.vertex import Graph, Kind, Step
from layerwise.model.cost import weakest
from layerwise.plan import Plan
from layerwise.records import Basis


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step on every platform that has it.

    Attributes:
        line: In the Dockerfile.
        instruction: On one line.
        seconds: Of each platform, in the graphs' order; None where nobody knows, or the platform has no such step.
        basis: What stands behind the seconds: the weakest of the platforms.
        builds: How many recorded builds stand behind them, the fewest of the platforms of that basis.
        reruns: On how many of the replayed commits it runs again, the most of any platform.
        lost_s: Seconds over those commits that changed nothing it reads, all platforms added up.
    """

    line: int
    instruction: str
    seconds: tuple[float | None, ...]
    basis: Basis
    builds: int
    reruns: float
    lost_s: float


@dataclass(frozen=True, slots=True)
class ScenarioRow:
    """A scenario with its predicted seconds before and after, by platform in the graphs' order.

    ``basis`` is what stands behind them: the weakest of the platforms.
    """

    name: str
    subject: str
    seconds: tuple[tuple[float, float], ...]
    basis: Basis


def step_rows(analysis: Analysis) -> tuple[StepRow, ...]:
    """Return the steps, the one that loses most first, then the one that costs most."""
    ids = dict.fromkeys(step.id for graph in analysis.graphs for step in graph if step.kind is not Kind.FROM)
    rows = [_step_row(analysis, step_id) for step_id in ids]
    return tuple(sorted(rows, key=lambda row: (-row.lost_s, -max(second or 0 for second in row.seconds), row.line)))


def scenario_rows(plan: Plan) -> Iterator[ScenarioRow]:
    """Yield the scenarios of a plan."""
    estimator = plan.before.facts.estimator
    for scenario in plan.before.facts.scenarios:
        pairs = zip(plan.before.graphs, plan.after.graphs, strict=True)
        seconds = tuple(
            (estimator.build((before,), scenario).seconds, estimator.build((after,), scenario).seconds)
            for before, after in pairs
        )
        basis = weakest(plan.basis(scenario, graph.platform) for graph in plan.before.graphs)
        yield ScenarioRow(scenario.name, scenario.subject, seconds, basis)


def _step_row(analysis: Analysis, step_id: str) -> StepRow:
    found: list[tuple[Graph, Step | None]] = [
        (graph, next((step for step in graph if step.id == step_id), None)) for graph in analysis.graphs
    ]
    there = [(graph, step) for graph, step in found if step is not None]
    _, first = there[0]
    costs = [analysis.cost(step) for graph, step in there]
    basis = weakest(cost.basis for cost in costs)
    return StepRow(
        line=first.line,
        instruction=first.display,
        seconds=tuple(analysis.cost(step).shown if step else None for graph, step in found),
        basis=basis,
        builds=min(cost.builds for cost in costs if cost.basis is basis),
        reruns=max(analysis.reruns(graph, step) for graph, step in there),
        lost_s=sum(analysis.lost_s(graph, step) for graph, step in there),
    )
