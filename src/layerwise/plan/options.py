"""How a plan chooses, and what it may apply."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from layerwise.analysis import Facts
from layerwise.passes.base import Proposal, Safety
from layerwise.records import Proof

_EACH, _SELDOM = 1.0, 0.02


@dataclass(frozen=True, slots=True)
class Options:
    """How a plan chooses.

    Attributes:
        threshold_s: A proposal that saves fewer expected seconds a build is left out: small diffs win.
            A tenth is enough where it only takes lines away.
        cold_weight: How many cold builds are counted for each replayed build; None for ``weight_of_cold``'s.
        gigabyte_weight_s: How many seconds a gigabyte that a build exports counts, as stored; 0 leaves bytes out.
        only: Names of the passes to run; empty for all.
        off: Names of the passes not to run.
        allow: Safety classes, ``class:pass`` or ``class:pass:part``, applied besides those applied by default.
        proofs: What builds have shown of rewrites, by ``rewrite_digest``.
        dropped: Rewrites that are not to be made, each by its ``Chosen.key``.
    """

    threshold_s: float = 0.5
    cold_weight: float | None = None
    gigabyte_weight_s: float = 0.0
    only: frozenset[str] = frozenset()
    off: frozenset[str] = frozenset()
    allow: frozenset[str] = frozenset()
    proofs: Mapping[str, Proof] = field(default_factory=dict)
    dropped: frozenset[tuple[str, str]] = frozenset()

    def weight_of_cold(self, facts: Facts) -> float:
        """Return how many cold builds are counted for each replayed one.

        One where CI builds each commit with nothing cached; else a few, for there are new machines now and then.
        """
        if self.cold_weight is not None:
            return self.cold_weight
        return _EACH if facts.cold else _SELDOM

    def runs(self, name: str) -> bool:
        """Whether a pass is to run."""
        return name not in self.off and (not self.only or name in self.only)

    def allows(self, name: str, proposal: Proposal, proof: Proof | None) -> bool:
        """Whether a proposal may be applied; one that was shown to change the image, or to be slower, never is."""
        if proof is not None and not proof.passed:
            return False
        asked_for = not self.allow.isdisjoint(proposal.names(name))
        return proposal.safety.applied or asked_for or proof is not None

    def proof(self, safety: Safety, digest: str) -> Proof | None:
        """Return what a build has shown of a rewrite; of one that needs no proof, only what speaks against it."""
        proof = self.proofs.get(digest)
        return proof if proof is None or safety is Safety.AFTER_PROOF or not proof.passed else None
