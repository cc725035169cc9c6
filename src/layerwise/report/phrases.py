"""The words that text and Markdown share for what a build would cost, and what a plan comes to."""

from layerwise.analysis import Analysis
from layerwise.graph.vertex import Kind
from layerwise.model.change import Change
from layerwise.passes.base import Safety
from layerwise.plan import Chosen, Plan
from layerwise.records import Basis
from layerwise.report.units import seconds

_LITTLE_S = 0.5


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


def saving(chosen: Chosen) -> str:
    """Return what a rewrite saves: of a build over the history, else of a cold one where that is what it is for."""
    if chosen.saves_s < _LITTLE_S < chosen.saves_cold_s:
        return f"{seconds(chosen.saves_cold_s)} a cold build"
    return f"{seconds(chosen.saves_s)} a build"


def setting_lines(plan: Plan) -> tuple[tuple[str, str], ...]:
    """Return the build settings that would save something: what to say of each, and then its evidence."""
    basis = plan.basis().value
    found = []
    for one in plan.settings:
        saved = f"{seconds(one.saves_s)} a build and {seconds(one.saves_cold_s)} a cold one ({basis})"
        found.append((f"{one.option} would save {saved}: {one.why}", "; ".join(one.evidence)))
    return tuple(found)


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


def promise(chosen: Chosen) -> str:
    """Return what a rewrite promises, and since when that is proved, where it had to be."""
    safety = chosen.proposal.safety.value
    if chosen.proof is None:
        return safety
    return f"{safety}, proved {chosen.proof.day}"


def how_to_apply(chosen: Chosen) -> str:
    """Return what a user does to have a rewrite applied that is only offered."""
    match chosen.proposal.safety:
        case Safety.AFTER_PROOF:
            return "`layerwise optimize --verify` builds it and applies it where the image stays the same"
        case Safety.FROZEN | Safety.BEHAVIOUR:
            return f"`--allow {chosen.proposal.names(chosen.pass_name)[-1]}` applies it"
    return "layerwise leaves it to you"
