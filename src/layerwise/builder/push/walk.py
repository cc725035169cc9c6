"""What a manifest or an index leads to, and whether a registry has all of it."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import msgspec

from layerwise.oci.documents import CONFIGS, Descriptor, DocumentError, Manifest, decode
from layerwise.oci.manifests import is_attestation
from layerwise.oci.repository import Document, NotThereError, Repository

_DEEPEST = 4  # indexes in indexes
_AT_ONCE = 8
_ELSEWHERE = ("foreign", "nondistributable")  # layers that are fetched from their makers (OCI image spec, layer.md)


class NotWhole(Exception):
    """Something is missing or broken below a manifest or index; the message says what and what to do."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A manifest that is no index.

    Attributes:
        descriptor: As the index above it says, or made from the manifest.
        manifest: What it says.
    """

    descriptor: Descriptor
    manifest: Manifest


@dataclass(slots=True)
class Walk:
    """Goes through what is in a repository; each manifest is fetched and each blob asked for once.

    Attributes:
        repository: Where it is.
        documents: Manifests and indexes that were fetched, by digest.
        blobs: By the digest of each blob that was asked for what is wrong with it, "" where nothing is.
    """

    repository: Repository
    documents: dict[str, Document] = field(default_factory=dict)
    blobs: dict[str, str] = field(default_factory=dict)

    def document(self, digest: str) -> Document:
        """Return a manifest or index.

        Raises:
            RegistryError: It is not there, or can't be had.
        """
        if digest not in self.documents:
            self.documents[digest] = self.repository.manifest(digest)
        return self.documents[digest]

    def manifests(self, digest: str) -> tuple[Stored, ...]:
        """Return the manifests that a digest leads to, images and attestations, in the order of their indexes.

        Raises:
            NotWhole: One is not there, or is broken.
            RegistryError: One can't be had.
        """
        return tuple(self._below(Descriptor(digest), 0))

    def missing(self, manifests: Sequence[Stored]) -> tuple[str, ...]:
        """Return the blobs that manifests name and that are not there, or not of their size, a sentence each.

        Raises:
            RegistryError: The registry does not say.
        """
        named = {one.digest: one for stored in manifests for one in blobs_of(stored.manifest)}
        new = [one for digest, one in named.items() if digest not in self.blobs]
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            self.blobs.update(zip((one.digest for one in new), threads.map(self._lacking, new), strict=True))
        return tuple(filter(None, (self.blobs[digest] for digest in named)))

    def _lacking(self, blob: Descriptor) -> str:
        size = self.repository.blob_size(blob.digest)
        if size is None:
            return f"{self.repository.name} has no {blob.digest}, which a manifest names: push it again"
        if blob.size not in {None, size}:
            return f"{self.repository.name} has {size} of the {blob.size} bytes of {blob.digest}: push it again"
        return ""

    def _below(self, descriptor: Descriptor, depth: int) -> Iterator[Stored]:
        if depth > _DEEPEST:
            raise NotWhole(f"{self.repository.name} has indexes in indexes, more than {_DEEPEST} deep")
        try:
            document = self.document(descriptor.digest)
            manifest = decode(document.content, Manifest)
        except NotThereError as error:
            raise NotWhole(f"{error}: push it again") from error
        except DocumentError as error:
            raise NotWhole(f"{self.repository.name} has a broken manifest {descriptor.digest}: {error}") from error
        if manifest.manifests is not None:
            for child in manifest.manifests:
                yield from self._below(child, depth + 1)
            return
        known = descriptor.media_type or document.media_type or manifest.media_type
        whole = msgspec.structs.replace(descriptor, media_type=known, size=len(document.content))
        yield Stored(whole, manifest)


def blobs_of(manifest: Manifest) -> tuple[Descriptor, ...]:
    """Return the blobs that a registry must have for a manifest: its config and its layers."""
    layers = (one for one in manifest.layers or () if not any(word in one.media_type for word in _ELSEWHERE))
    return (*filter(None, (manifest.config,)), *layers)


def is_image(stored: Stored) -> bool:
    """Whether a manifest is that of an image, and says nothing of another one."""
    config = stored.manifest.config
    return not is_attestation(stored.descriptor) and config is not None and config.media_type in {*CONFIGS, ""}
