"""Whether pushed images are whole and made for the platform that was asked for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from layerwise.builder.arch.examination import examine
from layerwise.builder.arch.layers import scan_layers
from layerwise.builder.arch.scans import NO_SCANS, Scans
from layerwise.builder.push.images import NoSuchImage, PlatformImage, image_for
from layerwise.builder.push.walk import NotWhole, Stored, Walk, blobs_of
from layerwise.errors import UsageError
from layerwise.graph.platforms import normalised
from layerwise.oci.documents import Descriptor
from layerwise.oci.reference import Reference
from layerwise.oci.registry import Client
from layerwise.oci.repository import Document


@dataclass(frozen=True, slots=True)
class Pushed:
    """What one platform's build has pushed.

    Attributes:
        platform: As it was asked for: ``linux/arm64``.
        reference: Of its manifest, or of its index with attestations, by digest; a tag in it counts for nothing.
    """

    platform: str
    reference: Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """Images that were checked, and what was found.

    Attributes:
        pushed: The images, one for each platform, in the order of their platforms' names.
        images: The manifest of each image, in the order of ``pushed``; empty where ``refusals`` has why.
        attestations: The manifests that say something of these images.
        documents: Every manifest and index that was fetched, by digest.
        commit: That the images say they were built from, "" where they don't or differ.
        blobs: Bytes of each blob that was asked for and is there, by digest.
        programs: How many files were found that must be made for their platform: entrypoint, interpreter, libraries.
        refusals: Sentences that say why these images may not get a tag; empty where they may.
        warnings: Sentences on what is odd and does not forbid a tag: other foreign programs.
        notes: Sentences on what could not be checked.
    """

    pushed: tuple[Pushed, ...]
    images: tuple[Descriptor, ...] = ()
    attestations: tuple[Descriptor, ...] = ()
    documents: Mapping[str, Document] = field(default_factory=dict, repr=False)
    commit: str = ""
    blobs: Mapping[str, int] = field(default_factory=dict, repr=False)
    programs: int = 0
    refusals: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def size_bytes(self) -> int:
        """Of all blobs together, as stored."""
        return sum(self.blobs.values())


def check(
    client: Client,
    pushed: Sequence[Pushed],
    scans: Scans = NO_SCANS,
    tell: Callable[[str], object] = lambda _: None,
) -> Checked:
    """Check images blob by blob, and what starts in them; nothing is written to the registry.

    Args:
        client: Of registries.
        pushed: One for each platform.
        scans: Keeps what was found in a layer, so that it is read once: ``scans.StoredScans(directory)``.
        tell: Is given a sentence for each layer that is read, in any thread.

    Raises:
        RegistryError: A registry does not answer as it should.
        UsageError: Two are of one platform, or none is given.
    """
    ordered = tuple(sorted(pushed, key=lambda one: normalised(one.platform)))
    names = [normalised(one.platform) for one in ordered]
    if not names or len(set(names)) < len(names):
        raise UsageError(f"each platform needs one image, and there are those for {', '.join(names) or 'none'}")
    checking = _Checking({one.reference.name: Walk(client.origin(one.reference)) for one in ordered})
    for one in ordered:
        checking.gather(one)
    checking.examine(scans, tell)
    return checking.summed(ordered)


@dataclass(slots=True)
class _Checking:
    walks: Mapping[str, Walk]
    manifests: list[Stored] = field(default_factory=list)
    images: list[PlatformImage] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    programs: int = 0

    def gather(self, pushed: Pushed) -> None:
        walk = self.walks[pushed.reference.name]
        try:
            manifests = walk.manifests(pushed.reference.digest)
            if lacking := walk.missing(manifests):
                self.refusals += [f"{pushed.platform}: {said}" for said in lacking]
                return
            self.images.append(image_for(pushed.platform, walk, manifests))
        except (NotWhole, NoSuchImage) as error:
            self.refusals.append(f"{pushed.platform}: {error}")
        else:
            self.manifests += manifests

    def examine(self, scans: Scans, tell: Callable[[str], object]) -> None:
        scanned = scan_layers([layer for one in self.images for layer in one.image.layers], scans, tell)
        for one in self.images:
            found = examine(one.image, one.platform, scanned)
            self.programs += found.programs
            self.refusals += [f"{one.platform}: {said}" for said in found.refusals]
            self.warnings += [f"{one.platform}: {said}" for said in found.warnings]
            self.notes += [f"{one.platform}: {said}" for said in found.notes]

    def summed(self, pushed: tuple[Pushed, ...]) -> Checked:
        attestations = {each.digest: each for one in self.images for each in one.attestations}
        commits = {one.commit for one in self.images}
        return Checked(
            pushed=pushed,
            images=tuple(one.descriptor for one in self.images),
            attestations=tuple(attestations.values()),
            documents={digest: one for walk in self.walks.values() for digest, one in walk.documents.items()},
            commit=commits.pop() if len(commits) == 1 else "",
            blobs={each.digest: each.size or 0 for one in self.manifests for each in blobs_of(one.manifest)},
            programs=self.programs,
            refusals=tuple(self.refusals),
            warnings=tuple(self.warnings),
            notes=tuple(self.notes),
        )
