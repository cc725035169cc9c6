"""Results as Markdown: the text's content, fit for a pull request."""

from collections.abc import Iterator, Sequence

from layerwise.plan import Plan
from layerwise.project import Project
from layerwise.records import Basis
from layerwise.report.markup import code, fenced, table_row
from layerwise.report.phrases import (
    basis_label,
    commit_name,
    expectation,
    footnotes,
    how_to_apply,
    promise,
    reruns,
    reruns_header,
    saving,
    setting_lines,
)
from layerwise.report.rows import scenario_rows, step_rows
from layerwise.report.units import duration, seconds
from layerwise.rules import Finding, diagnose

_ROWS = 15


def analyze_markdown(project: Project, found: Sequence[Finding] | None = None) -> str:
    """Return ``layerwise analyze`` as Markdown; ``found`` is what the rules found, None to run all of them."""
    analysis = project.analysis
    parts = [*_head(project), "", *_bottlenecks(project)]
    if shown := (diagnose(analysis) if found is None else found):
        parts += ["", "| line | rule | finding | a build | mended by |", "|---:|---|---|---:|---|"]
        parts += [
            table_row(str(diagnosis.line), name, diagnosis.message, lost, rule.MENDED_BY or "")
            for name, rule, diagnosis in shown
            for lost in ("image may be wrong" if diagnosis.spoils else seconds(diagnosis.lost_s),)
        ]
    return "\n".join(parts)


def optimize_markdown(project: Project, plan: Plan) -> str:
    """Return ``layerwise optimize`` as Markdown."""
    parts = [*_head(project), "", *_bottlenecks(project), ""]
    parts += ["## Edits", ""] if plan.kept else ["No rewrite is both safe and worth it."]
    for chosen in plan.kept:
        proposal = chosen.proposal
        parts.append(
            f"- **{chosen.pass_name}**, line {chosen.line}, {promise(chosen)}, saves {saving(chosen)}: {proposal.why}."
        )
        parts += [f"  - {line}" for line in proposal.evidence]
    if plan.changed:
        parts += ["", *_scenarios(plan), "", "".join(expectation(plan)), "", fenced("diff", plan.diff())]
    if plan.offered:
        parts += ["", "## Not applied without being asked for", ""]
        parts += [
            f"- **{chosen.pass_name}**, line {chosen.line}, {chosen.proposal.safety.value}, "
            f"would save {saving(chosen)}: {chosen.proposal.why}. {how_to_apply(chosen)}."
            for chosen in plan.offered
        ]
    if plan.settings:
        parts += ["", "## Build settings, not applied", ""]
        parts += [f"- {line}. {evidence}." for line, evidence in setting_lines(plan)]
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
        name = commit_name(plan.before, change)
        parts.append(table_row(name, str(len(change.files)), seconds(before), seconds(after), change.subject))
    return "\n".join([*parts, "", "".join(expectation(plan))])


def _head(project: Project) -> Iterator[str]:
    yield f"# {project.title()}"
    yield ""
    yield from (f"- {note}" for note in project.notes())


def _bottlenecks(project: Project) -> Iterator[str]:
    analysis = project.analysis
    platforms = " | ".join(graph.platform for graph in analysis.graphs)
    yield f"| line | step | {platforms} | basis | {reruns_header(analysis)} | lost |"
    yield f"|---:|---|{'---:|' * len(analysis.graphs)}---|---:|---:|"
    for row in step_rows(analysis)[:_ROWS]:
        costs = ("?" if second is None else seconds(second) for second in row.seconds)
        lost = "?" if row.basis is Basis.UNKNOWN else duration(row.lost_s)
        step = code(row.instruction[:80])
        basis = basis_label(row.basis, row.builds)
        yield table_row(str(row.line), step, *costs, basis, reruns(analysis, row.reruns), lost)
    for note in footnotes(analysis):
        yield ""
        yield note


def _scenarios(plan: Plan) -> Iterator[str]:
    names = " | ".join(f"{graph.platform} now | after" for graph in plan.before.graphs)
    yield f"| scenario | {names} | basis | |"
    yield f"|---|{'---:|' * 2 * len(plan.before.graphs)}---|---|"
    for row in scenario_rows(plan):
        pairs = (seconds(second) for pair in row.seconds for second in pair)
        yield table_row(row.name, *pairs, basis_label(row.basis), row.subject)
