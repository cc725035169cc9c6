"""Chooses the set of rewrites that lowers what a build is expected to take.

Greedy by saving, to a fixed point. A proposal that saves nothing alone may save much with another one: an argument
that changes on every build hides what a better order would save, and the order hides what moving the argument would
save. So each round also looks at the causes apart, and what in the end saves nothing in the set is taken out
again. Deterministic: ties go to the smaller diff, then to the order of ``PASSES``.
"""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from layerwise import catalogue
from layerwise.analysis import Analysis
from layerwise.graph.state import origin
from layerwise.graph.vertex import Kind
from layerwise.model.change import COLD, Change
from layerwise.model.cost import weakest
from layerwise.passes import PASSES
from layerwise.passes.base import Pass, Proposal
from layerwise.records import Basis
from layerwise.syntax.edit import apply

Named: TypeAlias = tuple[str, Proposal]
"""A proposal with the name of its pass."""

Key: TypeAlias = tuple[str, str]
"""The pass and the subject of a proposal: what stays the same from one analysis to the next."""

Texts: TypeAlias = tuple[str, str | None]
"""What tells two analyses of one plan apart: ``Analysis.texts``."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a plan chooses.

    Attributes:
        threshold_s: A proposal that saves fewer expected seconds a build is left out: small diffs win.
        cold_weight: How many cold builds are counted for each replayed build.
        gigabyte_weight_s: How many seconds a gigabyte that a build exports counts, as stored; 0 leaves bytes out.
        only: Names of the passes to run; empty for all.
        off: Names of the passes not to run.
        allow: Safety classes, or ``class:pass``, applied besides those applied by default.
    """

    threshold_s: float = 0.5
    cold_weight: float = 0.02
    gigabyte_weight_s: float = 0.0
    only: frozenset[str] = frozenset()
    off: frozenset[str] = frozenset()
    allow: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Chosen:
    """A proposal with the name of its pass, its line in the original file, and what it is worth.

    Attributes:
        pass_name: The pass.
        line: In the file as it stands.
        proposal: The rewrite.
        alone_s: Expected seconds a build that it saves by itself.
        saves_s: Expected seconds a build that would be lost if it were left out of the set.
    """

    pass_name: str
    line: int
    proposal: Proposal
    alone_s: float
    saves_s: float


@dataclass(frozen=True, slots=True)
class Refused:
    """A rewrite that was not made: which pass, where in the original file, and why."""

    pass_name: str
    line: int
    why: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The chosen rewrites.

    Attributes:
        before: The analysis of the file as it stands.
        after: The analysis of the rewritten file; ``before`` itself where nothing changes.
        kept: What was applied.
        offered: What is not applied without being asked for, with what it would save.
        refused: What was looked at and not proposed, or saves too little.
        switch_cost_s: Predicted seconds of the first build after the switch, beyond an unchanged one.
    """

    before: Analysis
    after: Analysis
    kept: tuple[Chosen, ...]
    offered: tuple[Chosen, ...]
    refused: tuple[Refused, ...]
    switch_cost_s: float

    @property
    def changed(self) -> bool:
        """Whether the Dockerfile's text differs."""
        return self.before.texts != self.after.texts

    def basis(self, change: Change = COLD, platform: str | None = None) -> Basis:
        """Return what stands behind the seconds before and after, the weaker of the two: by default those of totals."""
        return weakest(side.basis(change, platform) for side in (self.before, self.after))

    def diff(self) -> str:
        """Return the unified diff of the Dockerfile, empty where nothing changes."""
        path = self.before.dockerfile.path.removeprefix("./")
        old, new = (side.dockerfile.text.splitlines(keepends=True) for side in (self.before, self.after))
        lines = difflib.unified_diff(old, new, f"a/{path}", f"b/{path}")
        return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def plan(analysis: Analysis, options: Options | None = None, passes: Sequence[Pass] = PASSES) -> Plan:
    """Return the best set of rewrites that the passes propose."""
    options = options or Options()
    planner = _Planner(analysis, options, catalogue.by_name(*passes))
    kept, after = planner.pruned(planner.greedy())
    chosen = tuple(planner.priced(named, kept, after) for named in kept)
    return Plan(
        before=analysis,
        after=after,
        kept=chosen,
        offered=tuple(planner.offered(after)),
        refused=tuple(planner.refused(after, chosen)),
        switch_cost_s=_switch_cost(analysis, after),
    )


class _Planner:
    """One search for a plan."""

    def __init__(self, original: Analysis, options: Options, passes: Mapping[str, Pass]) -> None:
        self.original = original
        self.options = options
        self.passes = {
            name: module
            for name, module in passes.items()
            if name not in options.off and (not options.only or name in options.only)
        }
        self._lines = _lines(original)
        self._analyses = {original.texts: original}
        self._worths: dict[Texts, tuple[float, float]] = {}

    def greedy(self) -> list[Named]:
        """Apply the best proposal until none is worth it; proposals that only help another one are tried too."""
        current, kept = self.original, list[Named]()
        tried = {current.texts}
        while best := self._best(current, tried):
            named, current = best
            tried.add(current.texts)
            kept.append(named)
        return kept

    def pruned(self, kept: list[Named]) -> tuple[list[Named], Analysis]:
        """Leave out what saves nothing in the set, the later first; return the rest as one replay finds it."""
        wanted = list(dict.fromkeys(_key(named) for named in kept))
        found, after = self._replayed(wanted)
        for key in reversed(list(wanted)):
            rest = [other for other in wanted if other != key]
            fewer, without = self._replayed(rest)
            if self.objective(without) - self.objective(after) < self.options.threshold_s:
                wanted, found, after = rest, fewer, without
        return found, after

    def priced(self, named: Named, kept: Sequence[Named], after: Analysis) -> Chosen:
        """Return a kept proposal with its worth alone and in the set."""
        _, alone = self._replayed([_key(named)])
        _, without = self._replayed([_key(other) for other in kept if _key(other) != _key(named)])
        saves = without.expected_s() - after.expected_s()
        return self._chosen(named, self.original.expected_s() - alone.expected_s(), saves)

    def offered(self, after: Analysis) -> Iterator[Chosen]:
        """Yield what would save something but is not applied without being asked for."""
        for named in self._proposals(after):
            if self._allowed(named):
                continue
            saves = after.expected_s() - self._applied(after, named[1]).expected_s()
            if saves >= self.options.threshold_s:
                yield self._chosen(named, saves, saves)

    def refused(self, after: Analysis, kept: Sequence[Chosen]) -> Iterator[Refused]:
        """Yield what was not proposed, and what saves too little; not that what moved can move no further."""
        seen = set()
        moved = {(chosen.pass_name, chosen.line) for chosen in kept}
        for name, module in self.passes.items():
            for found in module.propose(after):
                line = self._line(after, found.line)
                if isinstance(found, Proposal):
                    if not self._allowed((name, found)) or after.ignores(found.line, name):
                        continue
                    why = f"{found.why}; {self._not_worth_it(module, after)}"
                else:
                    why = found.why
                if (name, line) not in moved and (name, line, why) not in seen:
                    seen.add((name, line, why))
                    yield Refused(name, line, why)

    def _not_worth_it(self, module: Pass, after: Analysis) -> str:
        others = after.facts.other_builders
        if module.NEEDS_BUILDKIT and others:
            return f"BuildKit alone would understand it, and {others[0]}"
        return f"it would save less than {self.options.threshold_s:g} s a build"

    def objective(self, analysis: Analysis) -> float:
        """Return what the plan lowers: expected seconds a build, cold builds and bytes weighed in."""
        return self._worth(analysis)[0]

    def _worth(self, analysis: Analysis) -> tuple[float, float]:
        """Return the objective, and the expected seconds by each cause apart; the same text is priced once."""
        texts = analysis.texts
        if texts not in self._worths:
            cold = analysis.scenario_s(COLD)
            weight = self.options.gigabyte_weight_s
            exported = analysis.expected_bytes() / _GIGABYTE * weight if weight else 0.0
            whole = analysis.expected_s() + self.options.cold_weight * cold + exported
            self._worths[texts] = (whole, _by_cause(analysis))
        return self._worths[texts]

    def _best(self, current: Analysis, tried: set[Texts]) -> tuple[Named, Analysis] | None:
        """Return the proposal that saves most: by the objective first, else by one of the causes alone."""
        candidates = []
        for order, named in enumerate(self._proposals(current)):
            if not self._allowed(named):
                continue
            after = self._applied(current, named[1])
            if after.texts in tried:
                continue
            saved, apart = (
                before - later for before, later in zip(self._worth(current), self._worth(after), strict=True)
            )
            threshold = self.options.threshold_s
            if saved >= threshold or (apart >= threshold and saved > -threshold):
                candidates.append((round(saved, 6), round(apart, 6), -_size(named[1]), -order, named, after))
        if not candidates:
            return None
        *_, named, after = max(candidates, key=lambda candidate: candidate[:4])
        return named, after

    def _proposals(self, analysis: Analysis) -> Iterator[Named]:
        for name, module in self.passes.items():
            if module.NEEDS_BUILDKIT and analysis.facts.other_builders:
                continue
            for found in module.propose(analysis):
                if isinstance(found, Proposal) and not analysis.ignores(found.line, name):
                    yield name, found

    def _replayed(self, wanted: Sequence[Key]) -> tuple[list[Named], Analysis]:
        """Apply only ``wanted`` to the original, in the order of the passes; each is found again by its key."""
        found: dict[Key, Named] = {}
        current = self.original
        tried = {current.texts}
        while step := self._next(current, wanted, tried):
            named, current = step
            tried.add(current.texts)
            found.setdefault(_key(named), named)
        return list(found.values()), current

    def _next(self, current: Analysis, wanted: Sequence[Key], tried: set[Texts]) -> tuple[Named, Analysis] | None:
        for named in self._proposals(current):
            if _key(named) in wanted:
                after = self._applied(current, named[1])
                if after.texts not in tried:
                    return named, after
        return None

    def _applied(self, analysis: Analysis, proposal: Proposal) -> Analysis:
        """Return the analysis after a proposal; the same text comes back on many ways and is analysed once."""
        text = apply(analysis.dockerfile, proposal.edits)
        ignore = analysis.ignore if proposal.ignore is None else proposal.ignore
        if (text, ignore) not in self._analyses:
            self._analyses[text, ignore] = analysis.rewritten(text, ignore)
        return self._analyses[text, ignore]

    def _allowed(self, named: Named) -> bool:
        name, proposal = named
        allow = self.options.allow
        return proposal.safety.applied or proposal.safety.value in allow or f"{proposal.safety.value}:{name}" in allow

    def _chosen(self, named: Named, alone: float, saves: float) -> Chosen:
        name, proposal = named
        line = self._lines.get((proposal.stage, proposal.moved), proposal.line)
        return Chosen(name, line, proposal, alone, saves)

    def _line(self, analysis: Analysis, line: int) -> int:
        """Return the original line of what stands at ``line`` in a rewritten text."""
        for stage in analysis.dockerfile.stages:
            for instruction in stage.instructions:
                if instruction.line == line:
                    return self._lines.get((stage.index, origin(instruction)), line)
        return line


_GIGABYTE = 1e9


def _by_cause(analysis: Analysis) -> float:
    """Return the expected seconds if each commit changed only files, plus those if only one argument changed, for each.

    Two arguments that change on every build hide each other's saving, as files and arguments do.
    """
    estimator, commits = analysis.facts.estimator, analysis.facts.commits
    files = tuple(replace(change, arguments=frozenset()) for change in commits)
    names = sorted(frozenset().union(*(change.arguments for change in commits)))
    arguments = (Change(name, arguments=frozenset({name})) for name in names)
    return estimator.mean(analysis.graphs, files) + sum(
        estimator.mean(analysis.graphs, (argument,)) for argument in arguments
    )


def _key(named: Named) -> Key:
    return named[0], named[1].subject


def _size(proposal: Proposal) -> int:
    return sum(edit.span.end - edit.span.start + len(edit.text) for edit in proposal.edits)


def _lines(analysis: Analysis) -> dict[tuple[int, str], int]:
    """Return where each instruction stands, by its stage and text: no pass moves one out of its stage."""
    lines: dict[tuple[int, str], int] = {}
    for stage in analysis.dockerfile.stages:
        for instruction in stage.instructions:
            lines.setdefault((stage.index, origin(instruction)), instruction.line)
    return lines


def _switch_cost(before: Analysis, after: Analysis) -> float:
    """Return the seconds of building ``after`` with a cache of ``before``, beyond those of an unchanged build."""
    held = {step.digest for graph in before.graphs for step in graph}
    running = {
        graph.platform: frozenset(step.id for step in graph if step.kind is not Kind.FROM and step.digest not in held)
        for graph in after.graphs
    }
    nothing = {graph.platform: frozenset[str]() for graph in after.graphs}
    estimator = after.facts.estimator
    first = estimator.timeline(after.graphs, running, cold=True)  # a cache mount that nobody used yet is empty
    return first.wall_s - estimator.timeline(after.graphs, nothing).wall_s
