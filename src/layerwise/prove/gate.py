"""Finds out by building which of the rewrites that need a proof leave the image as it is.

All of them are built together first, which is enough where nothing differs. Where something does, each is built with
those that passed before it, so that what passes in the end was seen to pass together.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from layerwise.analysis import Analysis
from layerwise.passes.base import Safety
from layerwise.plan import Chosen, Options, plan
from layerwise.prove.trials import Comparison, Trials
from layerwise.records import Proof


@dataclass(frozen=True, slots=True)
class Gated:
    """What the builds have shown.

    Attributes:
        proofs: Of each rewrite, one for each digest under which a plan may meet it.
        note: Why nothing could be shown, "" where something was, or nothing had to be.
    """

    proofs: tuple[Proof, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a proof says of its making: the clock, and the version of layerwise."""

    clock: Callable[[], float]
    version: str


def prove_offered(analysis: Analysis, options: Options, trials: Trials, stamp: Stamp) -> Gated:
    """Build the file as it stands and with the rewrites that need a proof.

    Rewrites of the classes ``frozen`` and ``behaviour`` are left out of the builds, for they change the image.

    Raises:
        BuildFailed: The file as it stands does not build.
        BuilderError: There is no docker here.
    """
    together = plan(analysis, _with(options, frozenset({Safety.AFTER_PROOF.value})))
    asked = _open(together.kept)
    if not asked:
        return Gated()
    found = trials.compared(together.after, f"with {_named(asked)}")
    if found.equal:
        return Gated(tuple(proof for chosen in asked for proof in _proofs(chosen, found, stamp)))
    without = plan(analysis, _with(options, frozenset())).after
    control = trials.compared(without, "with no edit that needs a proof", fresh=True)
    if not control.equal:
        return Gated(note=f"nothing can be shown: two builds differ without those rewrites too ({control.why})")
    return Gated(tuple(_one_by_one(analysis, options, asked, trials, stamp)))


def _one_by_one(
    analysis: Analysis, options: Options, asked: Sequence[Chosen], trials: Trials, stamp: Stamp
) -> Iterable[Proof]:
    passed: dict[str, Proof] = {}
    for chosen in asked:
        taken = {proof.digest: proof for proof in _proofs(chosen, Comparison(True, "", ("", "")), stamp)}
        made = plan(analysis, _with(options, frozenset(), passed | taken))
        if not any(chosen.digests & kept.digests for kept in made.kept):
            continue  # by itself it saves too little, or needs one that failed
        found = trials.compared(made.after, f"with {_named((chosen,))}", fresh=True)
        shown = _proofs(chosen, found, stamp)
        passed |= {proof.digest: proof for proof in shown if proof.equal}
        yield from shown


def _with(options: Options, allow: frozenset[str], more: Mapping[str, Proof] | None = None) -> Options:
    return replace(options, allow=allow, proofs={**options.proofs, **(more or {})})


def _open(kept: Iterable[Chosen]) -> tuple[Chosen, ...]:
    return tuple(one for one in kept if one.proposal.safety is Safety.AFTER_PROOF and one.proof is None)


def _proofs(chosen: Chosen, found: Comparison, stamp: Stamp) -> tuple[Proof, ...]:
    return tuple(
        Proof(
            digest=digest,
            pass_name=chosen.pass_name,
            equal=found.equal,
            at=stamp.clock(),
            why=found.why,
            images=found.images,
            version=stamp.version,
        )
        for digest in sorted(chosen.digests)
    )


def _named(chosen: Sequence[Chosen]) -> str:
    return " and ".join(f"{one.pass_name} at line {one.line}" for one in chosen)
