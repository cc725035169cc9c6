"""How a plan chooses, and what it may apply."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from layerwise.passes.base import Proposal, Safety
from layerwise.records import Proof


@dataclass(frozen=True, slots=True)
class Options:
    """How a plan chooses.

    Attributes:
        threshold_s: A proposal that saves fewer expected seconds a build is left out: small diffs win.
        cold_weight: How many cold builds are counted for each replayed build.
        gigabyte_weight_s: How many seconds a gigabyte that a build exports counts, as stored; 0 leaves bytes out.
        only: Names of the passes to run; empty for all.
        off: Names of the passes not to run.
        allow: Safety classes, ``class:pass`` or ``class:pass:part``, applied besides those applied by default.
        proofs: What builds have shown of rewrites that need a proof, by ``rewrite_digest``.
    """

    threshold_s: float = 0.5
    cold_weight: float = 0.02
    gigabyte_weight_s: float = 0.0
    only: frozenset[str] = frozenset()
    off: frozenset[str] = frozenset()
    allow: frozenset[str] = frozenset()
    proofs: Mapping[str, Proof] = field(default_factory=dict)

    def runs(self, name: str) -> bool:
        """Whether a pass is to run."""
        return name not in self.off and (not self.only or name in self.only)

    def allows(self, name: str, proposal: Proposal, proof: Proof | None) -> bool:
        """Whether a proposal may be applied; one that was shown to change the image never is."""
        if proof is not None and not proof.equal:
            return False
        asked_for = not self.allow.isdisjoint(proposal.names(name))
        return proposal.safety.applied or asked_for or proof is not None

    def proof(self, safety: Safety, digest: str) -> Proof | None:
        """Return what a build has shown of a rewrite, None where it needs no proof or nobody built it."""
        return self.proofs.get(digest) if safety is Safety.AFTER_PROOF else None
