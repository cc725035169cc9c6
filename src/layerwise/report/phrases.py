"""The words that text and Markdown share: figures as people read them, and what a plan comes to."""

import math
from datetime import UTC, datetime

from layerwise.analysis import Analysis
from layerwise.graph.vertex import Kind
from layerwise.model.change import Change
from layerwise.plan import Plan
from layerwise.records import Basis


def seconds(value: float) -> str:
    """Return seconds with three digits at the most that mean something."""
    return f"{value:.1f} s" if value < 100 else f"{value:.0f} s"  # noqa: PLR2004 - three digits are enough


def duration(value: float) -> str:
    """Return seconds, minutes or hours, each up to 120 of it."""
    if value < 120:  # noqa: PLR2004 - as documented
        return seconds(value)
    minutes = value / 60
    return f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.1f} h"  # noqa: PLR2004 - as documented


def cut(text: str, width: int) -> str:
    """Return a text in at most ``width`` characters."""
    return text if len(text) <= width else f"{text[: width - 1]}…"


def share(value: float) -> str:
    """Return a share in whole per cent, cut and not rounded: only all is ``100%``, and what is some is never 0."""
    if 0 < value < 0.01:  # noqa: PLR2004 - as documented
        return "<1%"
    return f"{math.floor(value * 100 + 1e-9)}%"


def age(value: float) -> str:
    """Return how long ago something was, in the unit that tells most."""
    days = value / 86400
    return duration(value) if days < 2 else f"{days:.0f} days"  # noqa: PLR2004 - hours tell more of two days


def size(value: int) -> str:
    """Return bytes in decimal units, as registries count them."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if value >= factor:
            return f"{value / factor:.1f} {unit}" if value < 10 * factor else f"{value / factor:.0f} {unit}"
    return f"{value} B"


def moment(value: float | None) -> str:
    """Return seconds since the epoch as a date and time of day, UTC; "?" where nobody knows."""
    return "?" if value is None else datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%d %H:%M")


def counted(analysis: Analysis) -> bool:
    """Whether the replayed commits are a project's own, so that they can be counted; a typical mix has shares."""
    return any(change.weight >= 1 for change in analysis.facts.commits)


def commit_name(analysis: Analysis, change: Change) -> str:
    """Return a replayed commit's short name; the changes of a typical mix have names of words, and shares."""
    return change.name[:10] if counted(analysis) else f"{change.name} ({change.weight:.0%})"


def reruns_header(analysis: Analysis) -> str:
    """Return the heading of the column that says how often a step ran again."""
    return f"re-ran, of {sum(c.weight for c in analysis.facts.commits):.0f}" if counted(analysis) else "re-runs"


def reruns(analysis: Analysis, value: float) -> str:
    """Return how often a step ran again: on how many commits, or on which share of them."""
    return f"{value:.0f}" if counted(analysis) else f"{value:.0%}"


def basis_label(basis: Basis, builds: int = 0) -> str:
    """Return the word for what stands behind a figure; measured ones say in how many recorded builds."""
    if basis is Basis.UNKNOWN:
        return "?"
    return f"{basis.value} ({builds})" if basis is Basis.MEASURED and builds else basis.value


def footnotes(analysis: Analysis) -> tuple[str, ...]:
    """Return what the words and signs of the table of steps mean, those that it holds."""
    bases = {analysis.cost(step).basis for graph in analysis.graphs for step in graph if step.kind is not Kind.FROM}
    recorded = analysis.facts.estimator.profile.builds
    why = "no recorded build has run the step" if recorded else "nothing was measured here"
    notes = {
        Basis.MEASURED: "measured (n): the median of the newest executions, in n recorded builds",
        Basis.PREDICTED: "predicted: measured on another platform, times how much slower or faster this one is",
        Basis.PRIOR: f"prior: typical seconds of other projects; {why}",
        Basis.UNKNOWN: "?: layerwise does not know what the command does; totals count 10 s for it",
    }
    return tuple(note for basis, note in notes.items() if basis in bases)


def _commits(analysis: Analysis) -> str:
    if not counted(analysis):
        return "a typical mix of commits"
    count = len(analysis.facts.commits)
    return "the last commit" if count == 1 else f"the last {count} commits"


def expectation(plan: Plan) -> tuple[str, str, str]:
    """Return what a build is expected to take, in three parts, the middle one being what matters most."""
    before, after = plan.before.expected_s(), plan.after.expected_s()
    over = _commits(plan.before)
    basis = plan.basis().value
    if not plan.changed:
        return f"Expected build over {over}: ", seconds(before), f" ({basis}); no rewrite to apply."
    less = f", {1 - after / before:.0%} less" if before and after < before else ""
    switch = f"The switch itself costs {seconds(plan.switch_cost_s)} once."
    return (
        f"Expected build over {over}: {seconds(before)} now, ",
        f"{seconds(after)} after{less}",
        f" ({basis}). {switch}",
    )
