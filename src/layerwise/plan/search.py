"""The search for a plan.

Greedy by saving, to a fixed point. A proposal that saves nothing alone may save much with another one: an argument
that changes on every build hides what a better order would save, and the order hides what moving the argument would
save. So each round also looks at the causes apart, and what in the end saves nothing in the set is taken out
again. Deterministic: ties go to the smaller diff, then to the order of the passes.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from layerwise.analysis import Analysis
from layerwise.model.change import COLD
from layerwise.passes.base import Pass, Proposal, Refusal, Safety
from layerwise.passes.digest import place_digest, rewrite_digest, rewrite_shape
from layerwise.plan.lines import Lines
from layerwise.plan.options import Options
from layerwise.plan.outcome import Chosen, Refused
from layerwise.plan.worth import worth
from layerwise.records import Proof
from layerwise.syntax.edit import apply

Named: TypeAlias = tuple[str, Proposal]
"""A proposal with the name of its pass."""

Key: TypeAlias = tuple[str, str]
"""The pass and the subject of a proposal: what stays the same from one analysis to the next."""

_OF_SHORTER = 0.1
"""What of the threshold a proposal must save that makes the file shorter: no reader has anything new to understand."""

Texts: TypeAlias = tuple[str, str | None]
"""What tells two analyses of one plan apart: ``Analysis.texts``."""


class Search:
    """One search for a plan.

    Args:
        original: What the plan rewrites.
        options: How it chooses.
        passes: All passes, by name.

    Attributes:
        unproved: Whether a rewrite was met that waits for a proof.
    """

    def __init__(self, original: Analysis, options: Options, passes: Mapping[str, Pass]) -> None:
        self.original = original
        self.options = options
        self.passes = {name: module for name, module in passes.items() if options.runs(name)}
        self._lines = Lines(original)
        self._analyses = {original.texts: original}
        self._found: dict[Texts, tuple[tuple[str, Proposal | Refusal], ...]] = {}
        self._worths: dict[Texts, tuple[float, float]] = {}
        self._met: defaultdict[Key, dict[str, tuple[str | int, ...]]] = defaultdict(dict)
        self._places: dict[Key, str] = {}
        self._shapes: dict[Proposal, tuple[str | int, ...]] = {}
        self.unproved = False

    def allowing(self, allow: str) -> "Search":
        """Return a search that may apply more; what this one has analysed, looked at and priced it knows."""
        other = Search(self.original, replace(self.options, allow=self.options.allow | {allow}), self.passes)
        other._analyses, other._found, other._worths = self._analyses, self._found, self._worths
        return other

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
            least = next((self._least(named[1]) for named in found if _key(named) == key), self.options.threshold_s)
            if self._worth(without)[0] - self._worth(after)[0] < least:
                wanted, found, after = rest, fewer, without
        return found, after

    def is_better(self, one: Analysis, other: Analysis) -> bool:
        """Whether a file is worth more than another by the objective."""
        return self._worth(one)[0] < self._worth(other)[0]

    def priced(self, named: Named, kept: Sequence[Named], after: Analysis) -> Chosen:
        """Return a kept proposal with its worth alone and in the set."""
        _, alone = self._replayed([_key(named)])
        _, without = self._replayed([_key(other) for other in kept if _key(other) != _key(named)])
        return self._chosen(named, self.original.expected_s() - alone.expected_s(), without, after)

    def replayed(self, keys: Sequence[Key]) -> Analysis:
        """Return the file with the named rewrites alone, those of them that can be made."""
        return self._replayed(keys)[1]

    def offered(self, after: Analysis) -> Iterator[Chosen]:
        """Yield what would save something but is not applied without being asked for."""
        for named in self._proposals(after):
            proof = self._proof(named, after)
            if self.options.allows(*named, proof) or proof is not None:
                continue
            applied = self._applied(after, named[1])
            alone = after.expected_s() - applied.expected_s()
            if max(alone, self._saving(after, applied)[0]) >= self._least(named[1]):
                yield self._chosen(named, alone, after, applied)

    def refused(self, after: Analysis, kept: Sequence[Chosen], offered: Sequence[Chosen]) -> Iterator[Refused]:
        """Yield what was not proposed, and what saves too little; not that what moved can move no further."""
        seen = set()
        moved = {(chosen.pass_name, chosen.line) for chosen in kept}
        told = {(chosen.pass_name, chosen.line) for chosen in offered}
        for name, found in self._all(after):
            line = self._lines.at(after, found.line)
            if isinstance(found, Proposal):
                why = self._why_not((name, found), after, told=(name, line) in told)
            else:
                why = found.why
            if why is None or after.ignores(found.line, name):
                continue
            if (name, line) not in moved and (name, line, why) not in seen:
                seen.add((name, line, why))
                yield Refused(name, line, why)

    def _why_not(self, named: Named, after: Analysis, *, told: bool) -> str | None:
        """Return why a proposal is not in the plan, None where it is only not asked for, or is ``told`` as an offer."""
        name, proposal = named
        if _key(named) in self.options.dropped:
            return None
        others = after.facts.other_builders
        if self.passes[name].NEEDS_BUILDKIT and others:
            return f"{proposal.why}; BuildKit alone would understand it, and {others[0]}"
        proof = self._proof(named, after)
        if proof is not None and not proof.passed:
            shown = "was slower with it" if proof.slower else "showed that it changes the image"
            return f"{proposal.why}; a build on {proof.day} {shown}: {proof.why}"
        if self.options.allows(name, proposal, proof):
            return f"{proposal.why}; it would save less than {self._least(proposal):g} s a build"
        if told or proposal.safety is not Safety.AFTER_PROOF:
            return None
        return f"{proposal.why}; {self._too_little(proposal, after)}"

    def _too_little(self, proposal: Proposal, after: Analysis) -> str:
        """Return why no proof of a proposal is worth it."""
        least = self._least(proposal)
        alone = self._saving(after, self._applied(after, proposal))[0]
        beside = "" if alone < least else "beside others that wait for a proof "
        return f"{beside}it would save less than {least:g} s a build"

    def _worth(self, analysis: Analysis) -> tuple[float, float]:
        """Return the objective, and the expected seconds by each cause apart; the same text is priced once."""
        if analysis.texts not in self._worths:
            self._worths[analysis.texts] = worth(analysis, self.options)
        return self._worths[analysis.texts]

    def _best(self, current: Analysis, tried: set[Texts]) -> tuple[Named, Analysis] | None:
        """Return the proposal that saves most: by the objective first, else by one of the causes alone."""
        candidates = []
        for order, named in enumerate(self._allowed(current)):
            after = self._applied(current, named[1])
            if after.texts in tried:
                continue
            saved, apart = self._saving(current, after)
            threshold = self._least(named[1])
            if saved < threshold and named[1].helps:
                saved = max(saved, self._with_next(current, after, named[1].helps))
            if saved >= threshold or (apart >= threshold and saved > -threshold):
                candidates.append((round(saved, 6), round(apart, 6), -_size(named[1]), -order, named, after))
        if not candidates:
            return None
        *_, named, after = max(candidates, key=lambda candidate: candidate[:4])
        gained = self._saving(current, after)[0]
        for *_, other, changed in candidates:
            # two that can be had in one order only: the other first where both save more than this one
            if named[0] in other[1].before and self._with_next(current, changed, frozenset({named[0]})) > gained:
                return other, changed
        return named, after

    def _least(self, proposal: Proposal) -> float:
        """Return the seconds a build that a proposal must save: less where it only takes lines away."""
        shorter = proposal.ignore is None and not any(edit.text for edit in proposal.edits)
        return self.options.threshold_s * (_OF_SHORTER if shorter else 1)

    def _saving(self, before: Analysis, after: Analysis) -> tuple[float, float]:
        """Return by how much the objective falls, and the expected seconds by each cause apart."""
        saved, apart = (one - other for one, other in zip(self._worth(before), self._worth(after), strict=True))
        return saved, apart

    def _with_next(self, current: Analysis, after: Analysis, helped: frozenset[str]) -> float:
        """Return what a proposal saves together with the best one of the passes that it makes room for."""
        following = (self._applied(after, named[1]) for named in self._allowed(after) if named[0] in helped)
        return max((self._saving(current, both)[0] for both in following), default=0.0)

    def _proposals(self, analysis: Analysis) -> Iterator[Named]:
        for name, found in self._all(analysis):
            if self.passes[name].NEEDS_BUILDKIT and analysis.facts.other_builders:
                continue
            if isinstance(found, Refusal) or (name, found.subject) in self.options.dropped:
                continue
            if not analysis.ignores(found.line, name):
                yield name, found

    def _all(self, analysis: Analysis) -> tuple[tuple[str, Proposal | Refusal], ...]:
        """Return what every pass finds, each with its name; the same text is looked at once."""
        if analysis.texts not in self._found:
            passes = self.passes.items()
            self._found[analysis.texts] = tuple((name, one) for name, made in passes for one in made.propose(analysis))
        return self._found[analysis.texts]

    def _allowed(self, analysis: Analysis) -> Iterator[Named]:
        return (
            named for named in self._proposals(analysis) if self.options.allows(*named, self._proof(named, analysis))
        )

    def _proof(self, named: Named, analysis: Analysis) -> Proof | None:
        """Return what builds have shown of a rewrite, and note under which digest it was met."""
        name, proposal = named
        digest = rewrite_digest(name, proposal, analysis)
        self._shapes[proposal] = self._met[_key(named)][digest] = rewrite_shape(proposal, analysis)
        proof = self.options.proof(proposal.safety, digest) or self._disproved(named)
        waits = proposal.safety is Safety.AFTER_PROOF and proof is None
        self.unproved = self.unproved or (waits and not self.options.allows(name, proposal, None))
        return proof

    def _disproved(self, named: Named) -> Proof | None:
        """Return what speaks against a rewrite: in this file, or beside other edits that it was met with."""
        key = _key(named)
        if key not in self._places:
            self._places[key] = place_digest(*key, self.original)
        digests = (self._places[key], *self._met[key])
        proofs = (self.options.proof(named[1].safety, digest) for digest in digests)
        return next((proof for proof in proofs if proof is not None and not proof.passed), None)

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
        for named in self._allowed(current):
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

    def _chosen(self, named: Named, alone: float, without: Analysis, applied: Analysis) -> Chosen:
        """Return a proposal with what it saves alone, and between two analyses that differ by it."""
        name, proposal = named
        first = self._at_first(named)
        line = first.line if first else self._lines.of(proposal.moved, proposal.stage, proposal.line)
        shape = self._shapes.get(proposal)
        digests = frozenset(digest for digest, other in self._met[_key(named)].items() if other == shape)
        proofs = (self.options.proof(proposal.safety, digest) for digest in sorted(digests))
        shown = next((proof for proof in proofs if proof is not None and proof.passed), None)
        edits = first.edits if first and first.safety is proposal.safety else None
        saves = without.expected_s() - applied.expected_s()
        cold = without.scenario_s(COLD) - applied.scenario_s(COLD)
        return Chosen(name, line, proposal, alone, saves, cold, edits, digests, shown)

    def _at_first(self, named: Named) -> Proposal | None:
        """Return the same proposal on the original, None where it is not made there."""
        made = [found for other, found in self._proposals(self.original) if (other, found.subject) == _key(named)]
        return next((found for found in made if found.safety is named[1].safety), made[0] if made else None)


def _key(named: Named) -> Key:
    return named[0], named[1].subject


def _size(proposal: Proposal) -> int:
    return sum(edit.span.end - edit.span.start + len(edit.text) for edit in proposal.edits)
