"""What a tag names at present."""

from dataclasses import dataclass

from layerwise.builder.push.commits import commit_of
from layerwise.builder.push.walk import NotWhole, Walk
from layerwise.oci.documents import LARGEST_CONFIG, Descriptor, DocumentError, Manifest, decode
from layerwise.oci.manifests import is_attestation
from layerwise.oci.origin import Origin
from layerwise.oci.repository import Document
from layerwise.oci.stream import whole


@dataclass(frozen=True, slots=True)
class Named:
    """What a tag names.

    Attributes:
        document: The manifest or index.
        manifest: What it says; nothing where it is broken.
    """

    document: Document
    manifest: Manifest

    @property
    def images(self) -> tuple[Descriptor, ...]:
        """The manifests of its images; itself where it is no index."""
        if self.manifest.manifests is None:
            return (Descriptor(self.document.digest),)
        return tuple(one for one in self.manifest.manifests if not is_attestation(one))

    @property
    def platforms(self) -> frozenset[str]:
        """Those that it says it has images for."""
        named = (one.platform for one in self.images)
        return frozenset(one.name for one in named if one is not None and one.name)

    def is_whole(self, walk: Walk) -> bool:
        """Whether all that it leads to is there.

        Raises:
            RegistryError: The registry does not say.
        """
        try:
            return not walk.missing(walk.manifests(self.document.digest))
        except NotWhole:
            return False

    def commit(self, walk: Walk) -> str:
        """Return the commit that it was built from, "" where it does not say.

        Raises:
            RegistryError: A manifest or a config can't be had.
        """
        try:
            first = walk.manifests(self.images[0].digest)[0] if self.images else None
        except NotWhole:
            return ""
        if first is None or first.manifest.config is None:
            return ""
        annotations = (self.manifest.annotations, self.images[0].annotations, first.manifest.annotations)
        if found := commit_of(annotations, b"{}"):
            return found
        config = walk.repository.blob(first.manifest.config).open()
        return commit_of((), whole(config, LARGEST_CONFIG, walk.repository.broken))


def read_named(origin: Origin, tag: str, walk: Walk) -> Named | None:
    """Return what a tag names, None where there is no such tag; ``walk`` remembers what it has seen.

    Raises:
        RegistryError: The registry does not say.
    """
    if origin.digest(tag) is None:
        return None
    document = origin.manifest(tag)
    walk.documents[document.digest] = document
    try:
        return Named(document, decode(document.content, Manifest))
    except DocumentError:
        return Named(document, Manifest())
