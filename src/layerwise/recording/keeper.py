"""Makes records of what engines and logs say of builds, in the place that they were made from, and keeps them."""

import pathlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from layerwise.builder.assemble import assemble
from layerwise.builder.bundle import EngineRecord
from layerwise.builder.cgroups import Sample
from layerwise.builder.checkout import Checkout, read_checkout
from layerwise.builder.engine_record import Surroundings, context_path, dockerfile_path, record_of
from layerwise.builder.facts import Facts
from layerwise.builder.local_state import Reference
from layerwise.builder.observed import Observed
from layerwise.builder.redact import Redactor
from layerwise.recording.keeping import Kept, Tree, keep
from layerwise.records import BuildRecord, Source, Sources
from layerwise.store.store import Store


@dataclass(frozen=True, slots=True)
class Keeper:
    """Keeps the builds of one call: where it was made, and what was measured meanwhile."""

    store: Store
    redact: Redactor
    checkout: Checkout | None
    directory: pathlib.Path
    project: str | None
    samples: tuple[Sample, ...] = ()
    held: Mapping[str, int | None] = field(default_factory=dict)

    def keep(self, engine: EngineRecord, reference: Reference) -> Kept:
        """Keep a build that its engine recorded."""
        return keep(self.record(engine, reference), self.tree(engine), self.store)

    def record(self, engine: EngineRecord, reference: Reference) -> BuildRecord:
        """Return the record of a build that its engine recorded."""
        context = context_path(engine)
        ours = self._is_ours(context)
        around = Surroundings(
            project=self._name() if ours else str(context),
            source=Source.ENGINE,
            builder=reference.builder,
            checkout=self._checkout_of(context),
            local=True,
            samples=self.samples,
        )
        record = replace(record_of(engine, around, self.redact), cache_bytes=self.held.get(reference.builder))
        return replace(record, project=self.project or record.project) if ours else record

    def tree(self, engine: EngineRecord) -> Tree | None:
        """Return the files that a build was made from, None where they are not in a work tree of this machine."""
        context, dockerfile = context_path(engine), dockerfile_path(engine)
        checkout = self._checkout_of(context)
        return Tree(checkout, context, dockerfile) if checkout and context and dockerfile else None

    def keep_plain(self, observed: Observed) -> Kept:
        """Keep a build of which only the log is known."""
        return keep(self.seen(observed, Source.PLAIN), None, self.store)

    def seen(self, observed: Observed, source: Source, platforms: tuple[str, ...] = ()) -> BuildRecord:
        """Return the record of a build of which only its progress is known."""
        checkout = self.checkout
        facts = Facts(
            id=uuid.uuid4().hex,
            project=self.project or self._name(),
            source=source,
            sources=Sources(commit=checkout.commit, dirty=checkout.dirty) if checkout else Sources(),
            platforms=platforms,
        )
        return assemble(observed, facts, self.redact)

    def _name(self) -> str:
        """Return what builds of the call's own directory are of."""
        return self.checkout.project if self.checkout else str(self.directory)

    def _is_ours(self, context: pathlib.Path | None) -> bool:
        """Whether a build's context is of the call's own project; one that comes over a network or a pipe is.

        Others are their own directory's: another terminal's, for buildx does not say whose a build is.
        """
        root = self.checkout.root if self.checkout else self.directory
        return context is None or context.resolve().is_relative_to(root.resolve())

    def _checkout_of(self, context: pathlib.Path | None) -> Checkout | None:
        """Return the work tree of a context: the one looked at before the command ran, where it is that."""
        if context is None or not context.is_dir():
            return None
        if self.checkout is not None and context.resolve().is_relative_to(self.checkout.root.resolve()):
            return self.checkout
        return read_checkout(context)
