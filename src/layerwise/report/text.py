"""Results as text for a terminal: one screen, the costly things first."""

import sys
from collections.abc import Iterator

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from layerwise.analysis import Analysis
from layerwise.graph.vertex import Kind
from layerwise.model.cost import Basis
from layerwise.plan import Chosen, Plan
from layerwise.project import Project
from layerwise.report.document import basis_of
from layerwise.report.rows import StepRow, scenario_rows, step_rows
from layerwise.rules import diagnose

_ROWS = 8
_WIDTH = 120
_SUBJECT = 48


def render(what: RenderableType) -> None:
    """Print to standard output: as wide as the terminal, or wide enough for a log."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH)
    with console.capture() as captured:
        console.print(what)
    lines = captured.get().splitlines()
    sys.stdout.write("".join(f"{line.rstrip()}\n" for line in lines))


def analyze_text(project: Project) -> RenderableType:
    """Return the screen of ``layerwise analyze``."""
    analysis = project.analysis
    return Group(*_head(project), "", _bottlenecks(analysis), *_footnotes(analysis), "", *_diagnoses(analysis))


def optimize_text(project: Project, plan: Plan, *, verbose: bool, diff: bool) -> RenderableType:
    """Return the screen of ``layerwise optimize``."""
    parts: list[RenderableType] = [*_head(project), "", _bottlenecks(plan.before), *_footnotes(plan.before), ""]
    if not plan.kept:
        parts.append(Text("Nothing to apply: no rewrite is both safe and worth it.", "bold"))
    for number, chosen in enumerate(plan.kept, 1):
        parts += _edit(number, chosen, verbose=verbose)
    if plan.changed:
        parts += ["", _scenarios(plan), "", _expectation(plan)]
    parts += _not_applied(plan, verbose=verbose)
    if diff and plan.changed:
        parts += ["", Syntax(plan.diff().rstrip("\n"), "diff", background_color="default")]
    parts += ["", Text(_next(project, plan, verbose=verbose, diff=diff))]
    return Group(*parts)


def replay_text(project: Project, plan: Plan) -> RenderableType:
    """Return the screen of ``layerwise replay``: each commit, and the mean."""
    estimator = plan.before.facts.estimator
    table = _table("commit", ">changed", ">steps", ">now", ">after", "")
    for change in plan.before.facts.commits:
        running = sum(len(ids) for ids in estimator.running(plan.before.graphs, change).values())
        before, after = (estimator.expected(side.graphs, change) for side in (plan.before, plan.after))
        subject = Text(_cut(change.subject, _SUBJECT), "dim")
        table.add_row(change.name[:10], str(len(change.files)), str(running), _s(before), _s(after), subject)
    return Group(*_head(project), "", table, "", _expectation(plan))


def _head(project: Project) -> Iterator[RenderableType]:
    yield Text(project.title(), "bold")
    for note in project.notes():
        yield Text(f"  {note}", "dim")


def _bottlenecks(analysis: Analysis) -> Table:
    """Return the table of the costliest steps: what each costs, how often it ran again, and what that lost."""
    commits = sum(change.weight for change in analysis.facts.commits)
    counted = commits > 1
    platforms = [graph.platform.removeprefix("linux/") for graph in analysis.graphs]
    again = f"re-ran, of {commits:.0f}" if counted else "re-runs"
    table = _table(">line", "step", *(f">{platform}" for platform in platforms), "basis", f">{again}", ">lost")
    rows = step_rows(analysis)
    for row in rows[:_ROWS]:
        lost = "?" if row.basis is Basis.UNKNOWN else (_duration(row.lost_s) if row.lost_s else "-")
        reruns = f"{row.reruns:.0f}" if counted else f"{row.reruns:.0%}"
        seconds = map(_shown, row.seconds)
        table.add_row(str(row.line), Text(_cut(row.instruction, 50)), *seconds, row.basis.value, reruns, lost)
    if rest := rows[_ROWS:]:
        table.add_row("", Text(f"{len(rest)} more steps", "dim"), *_sums(rest, len(platforms)))
    return table


def _sums(rows: tuple[StepRow, ...], platforms: int) -> list[str]:
    return [_shown(sum(row.seconds[index] or 0.0 for row in rows)) for index in range(platforms)]


def _scenarios(plan: Plan) -> Table:
    """Return the table of scenarios: predicted seconds now and after, a column a platform."""
    platforms = [graph.platform.removeprefix("linux/") for graph in plan.before.graphs]
    table = _table("scenario", *(f">{platform}, s" for platform in platforms), "")
    for row in scenario_rows(plan):
        table.add_row(row.name, *(_change(*pair) for pair in row.seconds), Text(_cut(row.subject, _SUBJECT), "dim"))
    return table


def _change(before: float, after: float) -> str:
    """Return two figures of a scenario, one where they differ by less than one in a hundred."""
    share = after / before - 1 if before else 0.0
    if abs(share) < 0.01:  # noqa: PLR2004 - as documented
        return f"{before:.1f}"
    digits = 1 if share < -0.99 else 0  # noqa: PLR2004 - "-100%" would claim too much
    return f"{before:.1f} -> {after:.1f} ({share:+.{digits}%})"


def _diagnoses(analysis: Analysis) -> Iterator[RenderableType]:
    found = diagnose(analysis)
    if not found:
        yield Text("No rule finds anything.")
    for name, rule, diagnosis in found:
        mend = f"; `layerwise optimize` looks at it with {rule.MENDED_BY}" if rule.MENDED_BY else ""
        yield Text(f"line {diagnosis.line}: {name}: {diagnosis.message}. About {_s(diagnosis.lost_s)} a build{mend}.")


def _footnotes(analysis: Analysis) -> Iterator[Text]:
    bases = {analysis.cost(step).basis for graph in analysis.graphs for step in graph if step.kind is not Kind.FROM}
    if Basis.PRIOR in bases:
        yield Text("prior: typical seconds of other projects; nothing was measured here", "dim")
    if Basis.UNKNOWN in bases:
        yield Text("?: layerwise does not know what the command does; totals count 10 s for it", "dim")


def _edit(number: int, chosen: Chosen, *, verbose: bool) -> Iterator[RenderableType]:
    yield Text.assemble(
        (f"{number}. {chosen.pass_name}", "bold"),
        f"  line {chosen.line}, {chosen.proposal.safety.value}, saves {_s(chosen.saves_s)} a build",
    )
    yield _indented(f"{chosen.proposal.why}.")
    for line in chosen.proposal.evidence if verbose else chosen.proposal.evidence[:1]:
        yield _indented(line, "dim")


def _indented(line: str, style: str = "") -> Padding:
    return Padding(Text(line, style), (0, 0, 0, 3))


def _expectation(plan: Plan) -> Text:
    before, after = plan.before.expected_s(), plan.after.expected_s()
    commits = plan.before.facts.commits
    counted = sum(change.weight for change in commits) > 1
    over = f"the last {len(commits)} commits" if counted else "a typical mix of commits"
    if not plan.changed:
        return Text(f"Expected build over {over}: {_s(before)} ({basis_of(plan.before).value}); no rewrite to apply.")
    reduction = f", {1 - after / before:.0%} less" if before and after < before else ""
    return Text.assemble(
        f"Expected build over {over}: {_s(before)} now, ",
        (f"{_s(after)} after{reduction}", "bold"),
        f" ({basis_of(plan.before).value}). The switch itself costs {_s(plan.switch_cost_s)} once.",
    )


def _not_applied(plan: Plan, *, verbose: bool) -> Iterator[RenderableType]:
    for chosen in plan.offered:
        yield Text(f"\nNot applied ({chosen.proposal.safety.value}): {chosen.pass_name}, line {chosen.line}, "
                   f"would save {_s(chosen.saves_s)} a build", "bold")  # fmt: skip
        yield from (_indented(line) for line in (f"{chosen.proposal.why}.", *chosen.proposal.evidence))
    if plan.refused and verbose:
        yield Text("\nRefused", "bold")
        yield from (_indented(f"line {refused.line}, {refused.pass_name}: {refused.why}") for refused in plan.refused)
    elif plan.refused:
        yield Text(f"\n{len(plan.refused)} refused: --verbose says what and why.", "dim")


def _next(project: Project, plan: Plan, *, verbose: bool, diff: bool) -> str:
    if plan.changed:
        look = "" if diff else "Look: layerwise optimize --diff    "
        return f"{look}Apply: layerwise optimize --write (writes {project.dockerfile_path})"
    return "" if verbose or not plan.refused else "Look: layerwise optimize --verbose"


def _table(*columns: str) -> Table:
    """Return a table without lines; ``>`` before a name aligns its column to the right."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in columns:
        table.add_column(name.removeprefix(">"), justify="right" if name.startswith(">") else "left", no_wrap=True)
    return table


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _shown(seconds: float | None) -> str:
    return "?" if seconds is None else _s(seconds)


def _s(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 100 else f"{seconds:.0f} s"  # noqa: PLR2004 - three digits are enough


def _duration(seconds: float) -> str:
    """Return seconds, minutes or hours, each up to 120 of it."""
    if seconds < 120:  # noqa: PLR2004 - as documented
        return _s(seconds)
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.1f} h"  # noqa: PLR2004 - as documented
