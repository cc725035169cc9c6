"""The words that text and Markdown share: seconds as people read them, and what a plan comes to."""

from layerwise.analysis import Analysis
from layerwise.graph.vertex import Kind
from layerwise.model.change import Change
from layerwise.model.cost import Basis
from layerwise.plan import Plan
from layerwise.report.document import basis_of


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


def footnotes(analysis: Analysis) -> tuple[str, ...]:
    """Return what the words and signs of the table of steps mean, those that it holds."""
    bases = {analysis.cost(step).basis for graph in analysis.graphs for step in graph if step.kind is not Kind.FROM}
    notes = {
        Basis.PRIOR: "prior: typical seconds of other projects; nothing was measured here",
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
    basis = basis_of(plan.before).value
    if not plan.changed:
        return f"Expected build over {over}: ", seconds(before), f" ({basis}); no rewrite to apply."
    less = f", {1 - after / before:.0%} less" if before and after < before else ""
    switch = f"The switch itself costs {seconds(plan.switch_cost_s)} once."
    return (
        f"Expected build over {over}: {seconds(before)} now, ",
        f"{seconds(after)} after{less}",
        f" ({basis}). {switch}",
    )
