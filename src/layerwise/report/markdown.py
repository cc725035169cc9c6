"""Results as Markdown: the text's content, fit for a pull request."""

from collections.abc import Iterator

from layerwise.model.cost import Basis
from layerwise.plan import Plan
from layerwise.project import Project
from layerwise.report.document import basis_of
from layerwise.report.rows import scenario_rows, step_rows
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
        seconds = (f"{before:.1f} s", f"{after:.1f} s")
        parts.append(_row(change.name[:10], str(len(change.files)), *seconds, change.subject))
    mean = f"{plan.before.expected_s():.1f} s now, {plan.after.expected_s():.1f} s after"
    parts += ["", f"Mean: {mean} ({basis_of(plan.before).value})."]
    return "\n".join(parts)


def _head(project: Project) -> Iterator[str]:
    yield f"# {project.title()}"
    yield ""
    yield from (f"- {note}" for note in project.notes())


def _bottlenecks(project: Project) -> Iterator[str]:
    analysis = project.analysis
    platforms = " | ".join(graph.platform for graph in analysis.graphs)
    yield f"| line | step | {platforms} | basis | re-ran | lost |"
    yield f"|---:|---|{'---:|' * len(analysis.graphs)}---|---:|---:|"
    for row in step_rows(analysis)[:_ROWS]:
        seconds = ("?" if second is None else f"{second:.1f} s" for second in row.seconds)
        lost = "?" if row.basis is Basis.UNKNOWN else f"{row.lost_s:.0f} s"
        yield _row(str(row.line), f"`{row.instruction[:80]}`", *seconds, row.basis.value, f"{row.reruns:.0f}", lost)


def _scenarios(plan: Plan) -> Iterator[str]:
    names = " | ".join(f"{graph.platform} now | after" for graph in plan.before.graphs)
    yield f"| scenario | {names} | |"
    yield f"|---|{'---:|' * 2 * len(plan.before.graphs)}---|"
    for row in scenario_rows(plan):
        seconds = (f"{second:.1f} s" for pair in row.seconds for second in pair)
        yield _row(row.name, *seconds, row.subject)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
