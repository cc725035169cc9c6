"""A plan without some of its edits, and a file with only the first few."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from layerwise.analysis import Analysis
from layerwise.passes.base import Pass, Safety
from layerwise.passes.digest import place_digest
from layerwise.plan import Chosen, Options, Plan, plan, replayed
from layerwise.records import Proof

Key: TypeAlias = tuple[str, str]
"""``Chosen.key``: what an edit is called from one plan of a file to the next."""


@dataclass
class Variants:
    """Plans of one file, each made once.

    Attributes:
        analysis: The file as it stands.
        options: Of the plan, but for the classes it allows: an edit that only a build can show to be right is in it,
            and none that changes the image on purpose.
        passes: Propose the edits.
    """

    analysis: Analysis
    options: Options
    passes: Sequence[Pass]
    _plans: dict[frozenset[Key], Plan] = field(default_factory=dict)
    _files: dict[tuple[Key, ...], Analysis] = field(default_factory=dict)
    _seen: dict[Key, list[Chosen]] = field(default_factory=dict)

    def plan(self, dropped: frozenset[Key]) -> Plan:
        """Return the plan without some edits; others may come in their place, and some can't stand without them."""
        if dropped not in self._plans:
            made = plan(self.analysis, replace(self._proving(), dropped=dropped), self.passes)
            self._plans[dropped] = made
            self._files[tuple(chosen.key for chosen in made.kept)] = made.after
            for chosen in made.kept:
                self._seen.setdefault(chosen.key, []).append(chosen)
        return self._plans[dropped]

    def keys(self, dropped: frozenset[Key]) -> tuple[Key, ...]:
        """Return the edits of that plan, in the order in which they are made."""
        return tuple(chosen.key for chosen in self.plan(dropped).kept)

    def file(self, keys: tuple[Key, ...]) -> Analysis:
        """Return the file with these edits alone; they begin the list of some plan's."""
        if keys not in self._files:
            self._files[keys] = replayed(self.analysis, keys, self._proving(), self.passes)
        return self._files[keys]

    def remembering(self, left: Plan, proofs: Iterable[Proof]) -> Plan:
        """Return the plan that is left as a later one makes it, which knows the proofs; ``left`` where that differs."""
        known = {**self.options.proofs, **{proof.digest: proof for proof in proofs}}
        made = plan(self.analysis, replace(self.options, allow=frozenset(), proofs=known), self.passes)
        return made if made.after.texts == left.after.texts else left

    def chosen(self, key: Key) -> Chosen:
        """Return an edit as the first plan that has it prices it."""
        return self._seen[key][0]

    def digests(self, key: Key) -> frozenset[str]:
        """Return under which digests an edit was met in any of the plans, and that of its place in this very file."""
        met = frozenset[str]().union(*(chosen.digests for chosen in self._seen[key]))
        return met | {place_digest(*key, self.analysis)}

    def _proving(self) -> Options:
        return replace(self.options, allow=frozenset({Safety.AFTER_PROOF.value}))
