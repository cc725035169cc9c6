"""Results as Markdown: the text's content, fit for a pull request."""

from collections.abc import Iterator

from layerwise.graph.vertex import Kind
from layerwise.model.cost import Basis
from layerwise.plan import Plan
from layerwise.project import Project
from layerwise.report.document import basis_of
from layerwise.rules import diagnose

_ROWS = 15


def analyze_markdown(project: Project) -> str:
    """Return ``layerwise analyze`` as Markdown."""
    analysis = project.analysis
    parts = [*_head(project), "", *_bottlenecks(project)]
    if found := diagnose(analysis):
        parts += ["", "| line | rule | finding | a build | mended by |", "|---:|---|---|---:|---|"]
        parts += [
            _row(str(found.line), name, found.message, f"{found.lost_s:.1f} s", rule.MENDED_BY or "")
            for name, rule, found in found
        ]
    return "\n".join(parts)


def optimize_markdown(project: Project, plan: Plan) -> str:
    """Return ``layerwise optimize`` as Markdown."""
    parts = [*_head(project), "", *_bottlenecks(project), ""]
    parts += ["## Edits", ""] if plan.kept else ["No rewrite is both safe and worth it."]
    for chosen in plan.kept:
        proposal = chosen.proposal
        parts.append(
            f"- **{chosen.pass_name}**, line {chosen.line}, {proposal.safety.value}, "
            f"saves {chosen.saves_s:.1f} s a build: {proposal.why}."
        )
        parts += [f"  - {line}" for line in proposal.evidence]
    if plan.changed:
        parts += ["", *_scenarios(plan), "", f"```diff\n{plan.diff()}```"]
    if plan.offered:
        parts += ["", "## Not applied without being asked for", ""]
        parts += [
            f"- **{chosen.pass_name}**, line {chosen.line}, {chosen.proposal.safety.value}, "
            f"would save {chosen.saves_s:.1f} s a build: {chosen.proposal.why}."
            for chosen in plan.offered
        ]
    if plan.refused:
        parts += ["", "## Refused", ""]
        parts += [f"- {refused.pass_name}, line {refused.line}: {refused.why}" for refused in plan.refused]
    return "\n".join(parts)


def replay_markdown(project: Project, plan: Plan) -> str:
    """Return ``layerwise replay`` as Markdown."""
    estimator = plan.before.facts.estimator
    parts = [*_head(project), "", "| commit | changed | now | after | subject |", "|---|---:|---:|---:|---|"]
    for change in plan.before.facts.commits:
        before, after = (estimator.expected(side.graphs, change) for side in (plan.before, plan.after))
        parts.append(_row(change.name[:10], str(len(change.files)), f"{before:.1f} s", f"{after:.1f} s", change.subject))
    parts += ["", f"Mean: {plan.before.expected_s():.1f} s now, {plan.after.expected_s():.1f} s after ({basis_of(plan.before).value})."]
    return "\n".join(parts)


def _head(project: Project) -> Iterator[str]:
    yield f"# {project.title()}"
    yield ""
    yield from (f"- {note}" for note in project.notes())


def _bottlenecks(project: Project) -> Iterator[str]:
    analysis = project.analysis
    rows = [(graph, step) for graph in analysis.graphs for step in graph if step.kind is not Kind.FROM]
    rows.sort(key=lambda row: (-analysis.lost_s(*row), -analysis.cost(*row).seconds, row[1].line, row[0].platform))
    yield "| line | step | platform | seconds | basis | re-ran | lost |"
    yield "|---:|---|---|---:|---|---:|---:|"
    for graph, step in rows[:_ROWS]:
        cost = analysis.cost(graph, step)
        known = cost.basis is not Basis.UNKNOWN
        yield _row(
            str(step.line),
            f"`{step.display[:80]}`",
            step.platform,
            f"{cost.seconds:.1f}" if known else "?",
            cost.basis.value,
            f"{analysis.reruns(graph, step):.0f}",
            f"{analysis.lost_s(graph, step):.0f} s" if known else "?",
        )


def _scenarios(plan: Plan) -> Iterator[str]:
    yield "| scenario | platform | now | after |"
    yield "|---|---|---:|---:|"
    estimator = plan.before.facts.estimator
    for scenario in plan.before.facts.scenarios:
        for before, after in zip(plan.before.graphs, plan.after.graphs, strict=True):
            seconds = [f"{estimator.build((graph,), scenario).seconds:.1f} s" for graph in (before, after)]
            yield _row(scenario.name, before.platform, *seconds)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


