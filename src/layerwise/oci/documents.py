"""Manifests, indexes and image configs as their JSON holds them, cut down to what is read."""

from typing import Annotated, TypeVar

import msgspec

from layerwise.decoding import decoder
from layerwise.oci.reference import DIGEST

_OCI = "application/vnd.oci.image"
_DOCKER = "application/vnd.docker"

OCI_MANIFEST = f"{_OCI}.manifest.v1+json"
OCI_INDEX = f"{_OCI}.index.v1+json"
OCI_CONFIG = f"{_OCI}.config.v1+json"
DOCKER_MANIFEST = f"{_DOCKER}.distribution.manifest.v2+json"
DOCKER_LIST = f"{_DOCKER}.distribution.manifest.list.v2+json"
DOCKER_CONFIG = f"{_DOCKER}.container.image.v1+json"

MANIFESTS = (OCI_INDEX, OCI_MANIFEST, DOCKER_LIST, DOCKER_MANIFEST)
CONFIGS = (OCI_CONFIG, DOCKER_CONFIG)

LARGEST_MANIFEST = 4 << 20  # bytes; no registry takes a larger one (distribution, registry/handlers/manifests.go)
LARGEST_CONFIG = 64 << 20  # bytes; an inline build cache stands in the config and can be large

_Digest = Annotated[str, msgspec.Meta(pattern=f"^{DIGEST}$")]
_Size = Annotated[int, msgspec.Meta(ge=0, le=1 << 62)]


class Platform(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an image runs on."""

    os: str = ""
    architecture: str = ""
    variant: str | None = ""
    os_version: str | None = msgspec.field(name="os.version", default=None)
    os_features: tuple[str, ...] | None = msgspec.field(name="os.features", default=None)

    @property
    def name(self) -> str:
        """``os/arch[/variant]``, "" where they are not said."""
        if not self.os or not self.architecture:
            return ""
        return "/".join(filter(None, (self.os, self.architecture, self.variant)))


class Descriptor(msgspec.Struct, rename="camel", frozen=True, omit_defaults=True):
    """What a manifest or an index says of a blob or of another manifest."""

    digest: _Digest
    media_type: str = ""
    size: _Size | None = None
    platform: Platform | None = None
    annotations: dict[str, str] | None = None
    artifact_type: str = ""

    def annotation(self, name: str) -> str:
        """Return an annotation, "" where there is none."""
        return (self.annotations or {}).get(name, "")


class Manifest(msgspec.Struct, rename="camel"):
    """A manifest, or an index: that has ``manifests``, of which a manifest has none."""

    media_type: str = ""
    config: Descriptor | None = None
    layers: list[Descriptor] | None = None
    manifests: list[Descriptor] | None = None
    annotations: dict[str, str] | None = None

    def annotation(self, name: str) -> str:
        """Return an annotation, "" where there is none."""
        return (self.annotations or {}).get(name, "")


class _RootFilesystem(msgspec.Struct):
    diff_ids: list[_Digest] | None = None


class Config(Platform, frozen=True):
    """The config of an image."""

    rootfs: _RootFilesystem | None = None

    @property
    def diff_ids(self) -> tuple[str, ...]:
        """The digests of the uncompressed layers, the lowest first."""
        return tuple((self.rootfs and self.rootfs.diff_ids) or ())


_Document = TypeVar("_Document")


class DocumentError(Exception):
    """A document is no JSON, or not of the form that its kind has."""


def decode(content: bytes, kind: type[_Document]) -> _Document:
    """Return what a JSON document says.

    Raises:
        DocumentError: It is broken.
    """
    try:
        return decoder(kind).decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DocumentError(str(error)) from error
