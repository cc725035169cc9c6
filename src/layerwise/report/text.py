"""Results as text for a terminal: one screen, the costly things first."""

import sys
from collections.abc import Iterator

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from layerwise.analysis import Analysis
from layerwise.graph.vertex import Graph, Kind, Step
from layerwise.model.cost import Basis
from layerwise.plan import Chosen, Plan
from layerwise.project import Project
from layerwise.report.document import basis_of
from layerwise.rules import diagnose

_ROWS = 10
_WIDTH = 140


def analyze_text(project: Project) -> RenderableType:
    """Return the screen of ``layerwise analyze``."""
    analysis = project.analysis
    return Group(*_head(project), "", bottlenecks(analysis), *_footnotes(analysis), "", *_diagnoses(analysis))


def optimize_text(project: Project, plan: Plan, *, verbose: bool, diff: bool) -> RenderableType:
    """Return the screen of ``layerwise optimize``."""
    parts: list[RenderableType] = [*_head(project), "", bottlenecks(plan.before), *_footnotes(plan.before), ""]
    if not plan.kept:
        parts.append(Text("Nothing to apply: no rewrite is both safe and worth it."))
    for number, chosen in enumerate(plan.kept, 1):
        parts.append(_edit(number, chosen, verbose=verbose))
    if plan.changed:
        parts += ["", scenarios(plan), "", _expectation(plan)]
    parts += _not_applied(plan, verbose=verbose)
    if diff and plan.changed:
        parts += ["", Syntax(plan.diff().rstrip("\n"), "diff", background_color="default")]
    parts += ["", Text(_next(project, plan, verbose=verbose, diff=diff))]
    return Group(*parts)


def replay_text(project: Project, plan: Plan) -> RenderableType:
    """Return the screen of ``layerwise replay``: each commit, and the total."""
    estimator = plan.before.facts.estimator
    table = _table(("commit", "left"), ("changed", "right"), ("steps", "right"), ("now", "right"), ("after", "right"), ("", "left"))
    for change in plan.before.facts.commits:
        running = sum(len(ids) for ids in estimator.running(plan.before.graphs, change).values())
        before, after = (estimator.expected(side.graphs, change) for side in (plan.before, plan.after))
        subject = change.subject if len(change.subject) <= 48 else f"{change.subject[:47]}…"  # noqa: PLR2004
        table.add_row(change.name[:10], str(len(change.files)), str(running), _s(before), _s(after), Text(subject))
    return Group(*_head(project), "", table, "", _expectation(plan))


def bottlenecks(analysis: Analysis) -> Table:
    """Return the table of the costliest steps: what each costs, how often it ran again, and what that lost."""
    commits = sum(change.weight for change in analysis.facts.commits)
    rows = [(graph, step) for graph in analysis.graphs for step in graph if step.kind is not Kind.FROM]
    rows.sort(key=lambda row: (-analysis.lost_s(*row), -analysis.cost(*row).seconds, row[1].line, row[0].platform))
    of = f" of {commits:.0f}" if commits > 1 else ""
    table = _table(
        ("line", "right"), ("step", "left"), ("platform", "left"), ("seconds", "right"), ("basis", "left"),
        (f"re-ran{of}", "right"), ("lost", "right"),
    )  # fmt: skip
    for graph, step in rows[:_ROWS]:
        table.add_row(*_cells(analysis, graph, step, commits))
    if len(rows) > _ROWS:
        rest = sum(analysis.cost(*row).seconds for row in rows[_ROWS:])
        table.add_row("", f"{len(rows) - _ROWS} more steps", "", _s(rest), "", "", "")
    return table


def _cells(analysis: Analysis, graph: Graph, step: Step, commits: float) -> tuple[str | Text, ...]:
    cost = analysis.cost(graph, step)
    reruns, lost = analysis.reruns(graph, step), analysis.lost_s(graph, step)
    known = cost.basis is not Basis.UNKNOWN
    text = step.display if len(step.display) <= 46 else f"{step.display[:45]}…"  # noqa: PLR2004
    return (
        str(step.line),
        Text(text),
        step.platform.removeprefix("linux/"),
        _s(cost.seconds) if known else "?",
        cost.basis.value,
        f"{reruns:.0f}" if commits > 1 else f"{reruns:.0%}",
        ("-" if not lost else _duration(lost)) if known else "?",
    )


def scenarios(plan: Plan) -> Table:
    """Return the table of scenarios: predicted seconds now and after, per platform."""
    table = _table(("scenario", "left"), ("platform", "left"), ("now", "right"), ("after", "right"), ("", "right"), ("", "left"))
    estimator = plan.before.facts.estimator
    for scenario in plan.before.facts.scenarios:
        for before, after in zip(plan.before.graphs, plan.after.graphs, strict=True):
            old, new = (estimator.build((graph,), scenario).seconds for graph in (before, after))
            subject = Text(scenario.subject, "dim")
            table.add_row(scenario.name, before.platform.removeprefix("linux/"), _s(old), _s(new), _change(old, new), subject)
    return table


def _change(old: float, new: float) -> str:
    """Return the change as a signed percentage, ``=`` where it is less than one in a hundred."""
    share = new / old - 1 if old else 0.0
    if abs(share) < 0.01:  # noqa: PLR2004
        return "="
    return f"{share:+.1%}" if share < -0.99 else f"{share:+.0%}"  # noqa: PLR2004


def _head(project: Project) -> Iterator[RenderableType]:
    yield Text(project.title(), "bold")
    for note in project.notes():
        yield Text(f"  {note}", "dim")


def _diagnoses(analysis: Analysis) -> Iterator[RenderableType]:
    found = diagnose(analysis)
    if not found:
        yield Text("No rule finds anything.")
    for name, rule, diagnosis in found:
        mend = f"; `layerwise optimize` mends it ({rule.MENDED_BY})" if rule.MENDED_BY else ""
        yield Text(f"line {diagnosis.line}: {name}: {diagnosis.message}. About {_s(diagnosis.lost_s)} a build{mend}.")


def _footnotes(analysis: Analysis) -> Iterator[Text]:
    bases = {analysis.cost(graph, step).basis for graph in analysis.graphs for step in graph if step.kind is not Kind.FROM}
    if Basis.PRIOR in bases:
        yield Text("prior: typical figures of other projects, nothing was measured here", "dim")
    if Basis.UNKNOWN in bases:
        yield Text("?: layerwise does not know the command; totals count 10 s for it", "dim")


def _edit(number: int, chosen: Chosen, *, verbose: bool) -> RenderableType:
    head = Text.assemble(
        (f"{number}. {chosen.pass_name}", "bold"),
        f"  line {chosen.line}, {chosen.proposal.safety.value}, saves {_s(chosen.saves_s)} a build",
    )
    parts: list[RenderableType] = [head, _indented(f"{chosen.proposal.why}.")]
    evidence = chosen.proposal.evidence if verbose else chosen.proposal.evidence[:1]
    parts += [_indented(line, "dim") for line in evidence]
    return Group(*parts)


def _indented(line: str, style: str = "") -> Padding:
    return Padding(Text(line, style), (0, 0, 0, 3), expand=False)


def _expectation(plan: Plan) -> Text:
    before, after = plan.before.expected_s(), plan.after.expected_s()
    commits = plan.before.facts.commits
    over = f"over the last {len(commits)} commits" if sum(c.weight for c in commits) > 1 else "over a typical mix of commits"
    reduction = f" ({1 - after / before:.0%} less)" if before and after < before else ""
    return Text.assemble(
        f"Expected build {over}: {_s(before)} now, ",
        (f"{_s(after)} after{reduction}", "bold"),
        f" ({basis_of(plan.before).value}).",
        f" The switch itself costs {_s(plan.switch_cost_s)} once." if plan.changed else "",
    )


def _not_applied(plan: Plan, *, verbose: bool) -> list[RenderableType]:
    parts: list[RenderableType] = []
    for chosen in plan.offered:
        parts += ["", Text(f"Not applied ({chosen.proposal.safety.value}): {chosen.pass_name}, line {chosen.line}, "
                           f"would save {_s(chosen.saves_s)} a build", "bold")]  # fmt: skip
        parts += [_indented(line) for line in (chosen.proposal.why, *chosen.proposal.evidence)]
    if plan.refused and not verbose:
        parts += ["", Text(f"{len(plan.refused)} refused; --verbose says why.", "dim")]
    elif plan.refused:
        parts += ["", Text("Refused", "bold")]
        parts += [Text(f"  line {refused.line}: {refused.pass_name}: {refused.why}") for refused in plan.refused]
    return parts


def _next(project: Project, plan: Plan, *, verbose: bool, diff: bool) -> str:
    if not plan.changed:
        return "" if verbose else "`layerwise optimize --verbose` says what was refused and why."
    look = "" if diff else "Look: layerwise optimize --diff.  "
    return f"{look}Apply: layerwise optimize --write (writes {project.dockerfile_path})."


def render(what: RenderableType) -> None:
    """Print to standard output: as wide as the terminal, or wide enough for a log."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH)
    console.print(what)


def _table(*columns: tuple[str, str]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name, justify in columns:
        flexible = name in ("step", "")
        table.add_column(name, justify="right" if justify == "right" else "left", no_wrap=not flexible, overflow="fold")
    return table


def _s(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 100 else f"{seconds:.0f} s"  # noqa: PLR2004


def _duration(seconds: float) -> str:
    if seconds < 120:  # noqa: PLR2004
        return _s(seconds)
    minutes, hours = seconds / 60, seconds / 3600
    return f"{minutes:.0f} min" if minutes < 120 else f"{hours:.1f} h"  # noqa: PLR2004


