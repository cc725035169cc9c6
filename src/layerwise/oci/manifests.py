"""From an index or a manifest to images, the same wherever they are kept."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from layerwise.errors import ImageError, LayerwiseError
from layerwise.oci.documents import (
    CONFIGS,
    LARGEST_CONFIG,
    MANIFESTS,
    Config,
    Descriptor,
    DocumentError,
    Manifest,
    decode,
)
from layerwise.oci.image import Blob, Image
from layerwise.oci.stream import whole

_REFERS = ("vnd.docker.reference.type", "vnd.docker.reference.digest")
_BUILD_CACHE = "application/vnd.buildkit.cacheconfig.v0"
_DEEPEST = 4  # indexes in indexes; `docker save` writes two

_Document = TypeVar("_Document")


class Source(Protocol):
    """A place that keeps manifests and blobs by their digests."""

    def has(self, descriptor: Descriptor) -> bool:
        """Whether a manifest is there, as far as that can be told without asking for it."""

    def manifest(self, descriptor: Descriptor) -> bytes:
        """Return a manifest or an index.

        Raises:
            LayerwiseError: It is not there, or is not that of the digest.
        """

    def blob(self, descriptor: Descriptor) -> Blob:
        """Return a blob, which is looked for when it is opened."""

    def broken(self, said: str) -> LayerwiseError:
        """Return the error of a place whose documents are not what they should be."""


def images(source: Source, tops: Sequence[Descriptor], reference: str) -> tuple[Image, ...]:
    """Return the images that some manifests or indexes lead to, in their order.

    What refers to an image (an attestation) and what is none (a build cache, a signature) is left out, and of an index
    in a layout the platforms that the layout does not hold: ``docker save`` writes only what the engine has.

    Raises:
        ImageError: There is no image among them.
        LayerwiseError: Something can't be read, or is not what its digest says.
    """
    reading = _Reading(source, reference)
    found = tuple(image for top in tops for image in reading.below(top))
    if not found:
        raise ImageError(f"{reference} is no image: {_kind(reading.others)}")
    return found


def is_attestation(descriptor: Descriptor) -> bool:
    """Whether it says something of an image, and is none."""
    unknown = descriptor.platform is not None and descriptor.platform.name == "unknown/unknown"
    return unknown or any(descriptor.annotation(name) for name in _REFERS)


@dataclass(slots=True)
class _Reading:
    source: Source
    reference: str
    others: list[str] = field(default_factory=list)

    def below(self, descriptor: Descriptor, depth: int = 0) -> Iterator[Image]:
        if depth > _DEEPEST:
            raise self.source.broken(f"has indexes in indexes, more than {_DEEPEST} deep")
        if is_attestation(descriptor) or (descriptor.media_type and descriptor.media_type not in MANIFESTS):
            self.others.append(descriptor.media_type)
            return
        manifest = self._decoded(self.source.manifest(descriptor), Manifest, descriptor.digest)
        if manifest.manifests is not None:
            here = [child for child in manifest.manifests if self.source.has(child)]
            for child in here or manifest.manifests:
                yield from self.below(child, depth + 1)
        elif manifest.config is None or manifest.config.media_type not in {*CONFIGS, ""}:
            self.others.append(manifest.config.media_type if manifest.config else descriptor.media_type)
        else:
            yield self._image(descriptor, manifest, manifest.config)

    def _image(self, descriptor: Descriptor, manifest: Manifest, config: Descriptor) -> Image:
        content = whole(self.source.blob(config).open(), LARGEST_CONFIG, self.source.broken)
        itself = self._decoded(content, Config, config.digest)
        return Image(
            platform=(descriptor.platform and descriptor.platform.name) or itself.name,
            reference=self.reference,
            digest=descriptor.digest,
            config=content,
            layers=tuple(map(self.source.blob, manifest.layers or ())),
            annotations=tuple((manifest.annotations or {}).items()),
        )

    def _decoded(self, content: bytes, kind: type[_Document], digest: str) -> _Document:
        try:
            return decode(content, kind)
        except DocumentError as error:
            raise self.source.broken(f"has a broken document {digest}: {error}") from error


def _kind(media_types: Sequence[str]) -> str:
    if _BUILD_CACHE in media_types:
        return "it is a build cache, as --cache-to writes it"
    said = ", ".join(sorted({name for name in media_types if name}))
    return f"its content is of type {said}" if said else "there is nothing in it"
