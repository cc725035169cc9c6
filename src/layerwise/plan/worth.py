"""What a text is worth to a plan: the seconds that it lowers, and what the switch to another text costs."""

from layerwise.analysis import Analysis
from layerwise.graph.vertex import Kind
from layerwise.model.change import COLD, Change
from layerwise.plan.options import Options

_GIGABYTE = 1e9


def worth(analysis: Analysis, options: Options) -> tuple[float, float]:
    """Return the objective, and the expected seconds by each cause apart.

    The objective is what a plan lowers: expected seconds a build, cold builds and bytes weighed in.
    """
    weight = options.gigabyte_weight_s
    exported = analysis.expected_bytes() / _GIGABYTE * weight if weight else 0.0
    whole = analysis.expected_s() + options.weight_of_cold(analysis.facts) * analysis.scenario_s(COLD) + exported
    return whole, _by_cause(analysis)


def _by_cause(analysis: Analysis) -> float:
    """Return the expected seconds if each commit changed only files, plus those if only one argument changed, for each.

    Two arguments that change on every build hide each other's saving, as files and arguments do.
    """
    estimator, commits = analysis.facts.estimator, analysis.facts.commits
    names = sorted(frozenset().union(*(change.arguments for change in commits)))
    arguments = (Change(name, arguments=frozenset({name})) for name in names)
    return estimator.mean(analysis.graphs, commits, arguments=False) + sum(
        estimator.mean(analysis.graphs, (argument,)) for argument in arguments
    )


def switch_cost(before: Analysis, after: Analysis) -> float:
    """Return the seconds of building ``after`` with a cache of ``before``, beyond those of an unchanged build."""
    held = {step.digest for graph in before.graphs for step in graph}
    running = {
        graph.platform: frozenset(step.id for step in graph if step.kind is not Kind.FROM and step.digest not in held)
        for graph in after.graphs
    }
    nothing = {graph.platform: frozenset[str]() for graph in after.graphs}
    estimator = after.facts.estimator
    first = estimator.wall_s(after.graphs, running, cold=True)  # a cache mount that nobody used yet is empty
    return first - estimator.wall_s(after.graphs, nothing)
