"""Proves a plan: builds and measures it, and drops the edits with which something is wrong.

First the images: an edit with which the image is another one, or the file does not build, is dropped. Then the seconds:
one that makes a scenario slower is. Then the images of what is left, and so on until nothing goes any more, so that all
that is kept was built and measured together.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from layerwise.analysis import Analysis
from layerwise.model.change import Change
from layerwise.passes.base import Safety
from layerwise.plan import Chosen, Plan
from layerwise.prove.bench.bisect import sift
from layerwise.prove.bench.counting import Counting
from layerwise.prove.bench.failed import ScenarioFailed
from layerwise.prove.bench.failing import Failing
from layerwise.prove.bench.looks import Looks
from layerwise.prove.bench.pace import pace
from layerwise.prove.bench.proved import Dropped, Fault, Proved
from layerwise.prove.bench.remembered import proofs
from layerwise.prove.bench.result import Bench, Side
from layerwise.prove.bench.scale import Scale
from layerwise.prove.bench.session import Session
from layerwise.prove.bench.slower import Place, Slower
from layerwise.prove.bench.variants import Key, Variants
from layerwise.prove.gate import Stamp
from layerwise.records import Proof

_WENT_ALONG = "it needs an edit that was dropped, or saves too little without it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What a proof is made with.

    Attributes:
        variants: The plans.
        looks: Builds and compares images.
        session: Measures.
        scenarios: What is measured.
        unmeasured: What a bench says that has built nothing.
        calibrate: Gives the file as it stands with the figures of all builds so far.
        strict: Drop every edit that makes a scenario slower than the plan says, also one that pays all the same.
        stamp: For the proofs that are remembered.
        say: Tells the user what is going on.
    """

    variants: Variants
    looks: Looks
    session: Session
    scenarios: tuple[Change, ...]
    unmeasured: Bench
    calibrate: Callable[[], Analysis]
    strict: bool
    stamp: Stamp
    say: Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Settled:
    """What a proof comes to.

    Attributes:
        proved: What stays and what does not.
        plan: What is left.
        proofs: What later plans are to know of each edit, for and against.
    """

    proved: Proved
    plan: Plan
    proofs: tuple[Proof, ...]


def prove(means: Means) -> Settled:
    """Build and measure a plan, and return what stays of it.

    Raises:
        BuildFailed: The file as it stands does not build.
        BuilderError: There is no docker here, no builder that answers, or no room.
        KeyboardInterrupt: The user's; what was measured is kept for the next time.
    """
    proof = _Proof(means)
    proof.settle()
    shown = tuple(proof.shown())
    left = means.variants.remembering(means.variants.plan(proof.gone), shown)
    return Settled(replace(proof.proved(), kept=left.kept), left, shown)


def nothing_to_prove(plan: Plan, unmeasured: Bench) -> Settled:
    """Return the proof of a plan that changes nothing: nothing is built for it."""
    text = plan.before.dockerfile.text
    proved = Proved(kept=(), dropped=(), equal=None, images=None, bench=unmeasured, dockerfile=text, diff="", builds=0)
    return Settled(proved, plan, ())


@dataclass
class _Proof:
    """A proof while it is made."""

    means: Means
    dropped: dict[Key, Dropped] = field(default_factory=dict)
    bench: Bench | None = None
    against: list[Proof] = field(default_factory=list)

    @property
    def gone(self) -> frozenset[Key]:
        return frozenset(self.dropped)

    @property
    def keys(self) -> tuple[Key, ...]:
        return self.means.variants.keys(self.gone)

    def settle(self) -> None:
        """Drop edits until what is left has passed by its image and by its seconds."""
        passed: tuple[Key, ...] | None = None
        while passed != self.keys:
            self._images()
            passed = self.keys
            self._seconds()

    def proved(self) -> Proved:
        """Return the outcome; the plan has settled."""
        assert self.bench is not None, "what is left was measured"
        left = self.means.variants.plan(self.gone)
        seen = self.means.looks.compared(self.keys) if left.changed else None
        return Proved(
            kept=left.kept,
            dropped=(*self.dropped.values(), *self._went_along()),
            equal=None if seen is None else seen.equal,
            images=None if seen is None else seen.verdict,
            bench=replace(self.bench, notes=(*self.bench.notes, *_unsteady(self.means.looks))),
            dockerfile=left.after.dockerfile.text,
            diff=left.diff(),
            builds=self.means.session.builds,
        )

    def shown(self) -> Iterator[Proof]:
        """Yield what speaks against edits that were dropped, and for those that only a build can show to be right."""
        yield from self.against
        shown = [one for one in self.means.variants.plan(self.gone).kept if one.proposal.safety is Safety.AFTER_PROOF]
        images = self.means.looks.compared(self.keys).images if shown else ("", "")
        for chosen in shown:
            yield from proofs(chosen, chosen.digests, self.means.stamp, images=images)

    def _images(self) -> None:
        """Drop the edits with which the image is another one, or nothing is built."""
        looks, variants = self.means.looks, self.means.variants
        if not self.keys:
            return
        count = Counting(lambda dropped: variants.keys(self.gone | dropped), lambda: looks.builds)
        looks.compared(self.keys)
        if looks.unsteady:
            self._drop_unshown()
        found = sift(count.planned, looks.wrong_with)
        for culprit, builds in zip(found.culprits, count.spent, strict=True):
            self._drop(culprit.edit, culprit.wrong.fault, culprit.wrong.why, builds, culprit.wrong.images)

    def _drop_unshown(self) -> None:
        """Drop what only a build can show, where builds of the file as it stands differ by themselves."""
        why = f"two builds of the file as it stands differ: {self.means.looks.unsteady}"
        for chosen in self.means.variants.plan(self.gone).kept:
            if chosen.proposal.safety is Safety.AFTER_PROOF and chosen.proof is None:
                self._drop(chosen.key, Fault.UNSHOWN, why, 0)

    def _seconds(self) -> None:
        """Measure what is left, and drop the edits that make a scenario slower."""
        means, variants = self.means, self.means.variants
        if not self.keys:
            self.bench = _stands_alone(self.bench or means.unmeasured)
            return
        measured = self._measured()
        if measured is None:
            return
        named = {scenario.name: scenario for scenario in means.scenarios}
        scale = Scale(variants, means.session, named, means.calibrate, measured, means.strict)
        count = Counting(lambda dropped: variants.keys(self.gone | dropped), lambda: means.session.builds)
        found = pace(count.planned, scale.places, scale)
        notes = (*map(self._spared, found.spared), *map(_open, found.open))
        if not found.culprits:  # what was measured again on the way counts as well
            measured = means.session.measured(self._sides(), means.scenarios)
        self.bench = replace(measured, notes=(*measured.notes, *notes))
        for culprit, builds in zip(found.culprits, count.spent, strict=True):
            self._drop(culprit.edit, Fault.SLOWER, str(culprit.wrong), builds)

    def _measured(self) -> Bench | None:
        """Measure what is left; where the file does not build in a scenario, drop what makes it so, and return None."""
        means, variants = self.means, self.means.variants
        try:
            return means.session.measure(self._sides(), means.scenarios)
        except ScenarioFailed as failed:
            if failed.side is Side.BEFORE:
                raise
            count = Counting(lambda dropped: variants.keys(self.gone | dropped), lambda: means.session.builds)
            found = sift(count.planned, Failing(variants, means.session, means.scenarios, failed).wrong_with)
            for culprit, builds in zip(found.culprits, count.spent, strict=True):
                self._drop(culprit.edit, Fault.BROKEN, culprit.wrong, builds)
            return None if found.culprits else means.session.measure(self._sides(), means.scenarios)

    def _sides(self) -> dict[Side, Analysis]:
        variants = self.means.variants
        return {Side.BEFORE: variants.analysis, Side.AFTER: variants.file(self.keys)}

    def _drop(self, key: Key, fault: Fault, reason: str, builds: int, images: tuple[str, str] = ("", "")) -> None:
        variants = self.means.variants
        edit = variants.chosen(key)
        self.dropped[key] = Dropped(edit=edit, fault=fault, reason=reason, builds=builds)
        if fault is not Fault.UNSHOWN:
            slower = fault is Fault.SLOWER
            stamp, digests = self.means.stamp, variants.digests(key)
            self.against += proofs(edit, digests, stamp, images=images, against=reason, slower=slower)
        self.means.say(f"dropped {named(edit)}: {reason}")

    def _went_along(self) -> Iterator[Dropped]:
        """Yield the edits of the first plan that went with others."""
        kept = frozenset(self.keys)
        for edit in self.means.variants.plan(frozenset()).kept:
            if edit.key not in kept | self.gone:
                yield Dropped(edit=edit, fault=Fault.NEEDS, reason=_WENT_ALONG, builds=0)

    def _spared(self, found: tuple[Key, Slower]) -> str:
        key, slower = found
        return f"{named(self.means.variants.chosen(key))} stays, for over the history it saves more: {slower}"


def named(edit: Chosen) -> str:
    """Return what an edit is called in a sentence."""
    return f"{edit.pass_name} at line {edit.line}"


def _stands_alone(bench: Bench) -> Bench:
    """Return a bench without what was measured of a plan of which nothing is left."""
    rows = (
        replace(row, after=None, predicted_after_s=None, cache_bytes=(row.cache_bytes[0], None)) for row in bench.rows
    )
    return replace(bench, planned=False, rows=tuple(rows))


def _unsteady(looks: Looks) -> Iterator[str]:
    if looks.unsteady:
        yield f"two builds of the file as it stands differ, which is no edit's doing: {looks.unsteady}"


def _open(place: Place) -> str:
    return (
        f"{place.scenario} on {place.platform} takes longer than the plan says, but no edit was found that makes it so"
    )
