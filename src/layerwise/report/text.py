"""Results as text for a terminal: one screen, the costly things first."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from layerwise.analysis import Analysis
from layerwise.passes.base import Safety
from layerwise.plan import Chosen, Plan
from layerwise.project import Project
from layerwise.records import Basis
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
from layerwise.report.rows import StepRow, scenario_rows, step_rows
from layerwise.report.units import cut, duration, seconds, size
from layerwise.rules import Finding, diagnose
from layerwise.rules.base import Diagnosis

_ROWS = 8
_SUBJECT = 48
_DIFF_STYLES = {"+": "green", "-": "red", "@": "cyan"}


@dataclass(frozen=True, slots=True)
class Shown:
    """What the screen of ``layerwise optimize`` shows besides the plan.

    Attributes:
        verbose: All evidence, and the refusals.
        diff: The diff.
        written: No word on how to apply the plan, for that is done.
    """

    verbose: bool = False
    diff: bool = False
    written: bool = False


def analyze_text(project: Project, found: Sequence[Finding] | None = None) -> RenderableType:
    """Return the screen of ``layerwise analyze``; ``found`` is what the rules found, None to run all of them."""
    analysis = project.analysis
    shown = diagnose(analysis) if found is None else found
    return Group(*_head(project), "", _bottlenecks(analysis), *_footnotes(analysis), "", *_diagnoses(shown))


def optimize_text(project: Project, plan: Plan, shown: Shown) -> RenderableType:
    """Return the screen of ``layerwise optimize``."""
    parts: list[RenderableType] = [*_head(project), "", _bottlenecks(plan.before), *_footnotes(plan.before), ""]
    if not plan.kept:
        parts.append(Text("Nothing to apply: no rewrite is both safe and worth it.", "bold"))
    for number, chosen in enumerate(plan.kept, 1):
        parts += _edit(number, chosen, verbose=shown.verbose)
    if plan.changed:
        parts += ["", _scenarios(plan), "", _expectation(plan)]
    parts += _not_applied(plan, verbose=shown.verbose)
    if shown.diff and plan.changed:
        parts += ["", *_diff(plan)]
    parts += ["", Text(_next(plan, shown))]
    return Group(*parts)


def replay_text(project: Project, plan: Plan) -> RenderableType:
    """Return the screen of ``layerwise replay``: each commit, and the mean."""
    estimator = plan.before.facts.estimator
    table = _table("commit", ">changed", ">steps", ">now", ">after", "")
    for change in plan.before.facts.commits:
        running = sum(len(ids) for ids in estimator.running(plan.before.graphs, change).values())
        before, after = (estimator.expected(side.graphs, change) for side in (plan.before, plan.after))
        subject = Text(cut(change.subject, _SUBJECT), "dim")
        name = Text(commit_name(plan.before, change))
        table.add_row(name, str(len(change.files)), str(running), seconds(before), seconds(after), subject)
    return Group(*_head(project), "", table, "", _expectation(plan))


def _head(project: Project) -> Iterator[RenderableType]:
    yield Text(project.title(), "bold")
    for note in project.notes():
        yield Padding(Text(note, "dim"), (0, 0, 0, 2))


def _bottlenecks(analysis: Analysis) -> Table:
    """Return the table of the costliest steps: what each costs, how often it ran again, and what that lost."""
    platforms = [graph.platform.removeprefix("linux/") for graph in analysis.graphs]
    again = reruns_header(analysis)
    table = _table(">line", "step", *(f">{platform}" for platform in platforms), "basis", f">{again}", ">lost")
    rows = step_rows(analysis)
    for row in rows[:_ROWS]:
        lost = "?" if row.basis is Basis.UNKNOWN else (duration(row.lost_s) if row.lost_s else "-")
        again = reruns(analysis, row.reruns)
        step = Text(cut(row.instruction, 50))
        table.add_row(str(row.line), step, *map(_shown, row.seconds), basis_label(row.basis, row.builds), again, lost)
    if rest := rows[_ROWS:]:
        table.add_row("", Text(f"{len(rest)} more steps", "dim"), *_sums(rest, len(platforms)))
    return table


def _sums(rows: tuple[StepRow, ...], platforms: int) -> list[str]:
    unknown = " + ?" if any(row.basis is Basis.UNKNOWN for row in rows) else ""
    return [f"{seconds(sum(row.seconds[index] or 0.0 for row in rows))}{unknown}" for index in range(platforms)]


def _scenarios(plan: Plan) -> Table:
    """Return the table of scenarios: predicted seconds now and after, a column a platform."""
    platforms = [graph.platform.removeprefix("linux/") for graph in plan.before.graphs]
    table = _table("scenario", *(f">{platform}, s" for platform in platforms), "basis", "")
    for row in scenario_rows(plan):
        subject = Text(cut(row.subject, _SUBJECT), "dim")
        table.add_row(row.name, *(_change(*pair) for pair in row.seconds), basis_label(row.basis), subject)
    return table


def _change(before: float, after: float) -> str:
    """Return two figures of a scenario, one where they differ by less than one in a hundred."""
    if after and not before:
        return f"0.0 -> {after:.1f}"
    share = after / before - 1 if before else 0.0
    if abs(share) < 0.01:  # noqa: PLR2004 - as documented
        return f"{before:.1f}"
    if share < -0.99:  # noqa: PLR2004 - cut, not rounded: "-100%" would claim too much
        return f"{before:.1f} -> {after:.1f} ({math.trunc(share * 1000) / 10:+.1f}%)"
    return f"{before:.1f} -> {after:.1f} ({share:+.0%})"


def _diagnoses(found: Sequence[Finding]) -> Iterator[RenderableType]:
    if not found:
        yield Text("No rule finds anything.")
    for name, rule, diagnosis in found:
        mender = diagnosis.mended_by(rule)
        mend = f"; `layerwise optimize` looks at it with {mender}" if mender else ""
        yield Text(f"line {diagnosis.line}: {name}: {diagnosis.message}. {_lost(diagnosis)}{mend}.")


def _lost(diagnosis: Diagnosis) -> str:
    """Say what a finding costs: bytes of the image where it is about those, else seconds."""
    if diagnosis.leaves:
        return "Its size is unknown" if diagnosis.lost_bytes is None else f"About {size(diagnosis.lost_bytes)}"
    return "The image may be wrong" if diagnosis.spoils else f"About {seconds(diagnosis.lost_s)} a build"


def _footnotes(analysis: Analysis) -> Iterator[Text]:
    yield from (Text(note, "dim") for note in footnotes(analysis))


def _edit(number: int, chosen: Chosen, *, verbose: bool) -> Iterator[RenderableType]:
    yield Text.assemble(
        (f"{number}. {chosen.pass_name}", "bold"),
        f"  line {chosen.line}, {promise(chosen)}, saves {saving(chosen)}",
    )
    yield _indented(f"{chosen.proposal.why}.")
    for line in chosen.proposal.evidence if verbose else chosen.proposal.evidence[:1]:
        yield _indented(line, "dim")


def _indented(line: str, style: str = "") -> Padding:
    return Padding(Text(line, style), (0, 0, 0, 3))


def _expectation(plan: Plan) -> Text:
    head, figure, tail = expectation(plan)
    return Text.assemble(head, (figure, "bold"), tail)


def _diff(plan: Plan) -> Iterator[Text]:
    """Yield the lines of the diff as they are, however long."""
    for line in plan.diff().splitlines():
        style = "bold" if line.startswith(("---", "+++")) else _DIFF_STYLES.get(line[:1], "")
        yield Text(line, style, no_wrap=True, overflow="ignore")


def _not_applied(plan: Plan, *, verbose: bool) -> Iterator[RenderableType]:
    for chosen in plan.offered:
        yield Text(f"\nNot applied ({chosen.proposal.safety.value}): {chosen.pass_name}, line {chosen.line}, "
                   f"would save {saving(chosen)}", "bold")  # fmt: skip
        waits = chosen.proposal.safety is Safety.AFTER_PROOF
        shown = chosen.proposal.evidence[:1] if waits and not verbose else chosen.proposal.evidence
        yield _indented(f"{chosen.proposal.why}.")
        yield from (_indented(line, "dim") for line in shown)
        if not waits:  # a proof is for all of them at once, and said below
            yield _indented(f"{how_to_apply(chosen)}.")
    if waiting := [one for one in plan.offered if one.proposal.safety is Safety.AFTER_PROOF]:
        more = "" if verbose else "; --verbose shows all evidence"
        yield Text(f"\nWhat waits for a proof: {how_to_apply(waiting[0])}{more}.")
    if plan.settings:
        yield Text("\nBuild settings, not applied (they go into --output type=image,push=true,…)", "bold")
        for line, evidence in setting_lines(plan):
            yield _indented(f"{line}.")
            yield _indented(evidence, "dim")
    if plan.refused and verbose:
        yield Text("\nRefused", "bold")
        yield from (_indented(f"line {refused.line}, {refused.pass_name}: {refused.why}") for refused in plan.refused)
    elif plan.refused:
        yield Text(f"\n{len(plan.refused)} refused: --verbose says what and why.", "dim")


def _next(plan: Plan, shown: Shown) -> str:
    if plan.changed and not shown.written:
        look = "" if shown.diff else "--diff shows the change. "
        return f"{look}--write applies it to {' and '.join(file.path for file in plan.files())}."
    return ""


def _table(*columns: str) -> Table:
    """Return a table without lines; ``>`` before a name aligns its column to the right."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in columns:
        table.add_column(name.removeprefix(">"), justify="right" if name.startswith(">") else "left", no_wrap=True)
    return table


def _shown(value: float | None) -> str:
    return "?" if value is None else seconds(value)
