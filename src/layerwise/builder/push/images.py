"""The image of one platform among what its build has pushed."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from layerwise.builder.push.commits import commit_of
from layerwise.builder.push.walk import Stored, Walk, is_image
from layerwise.graph.platforms import normalised
from layerwise.oci.documents import LARGEST_CONFIG, Config, Descriptor, DocumentError, Platform, decode
from layerwise.oci.image import Image
from layerwise.oci.stream import whole

_REFERS = "vnd.docker.reference.digest"


@dataclass(frozen=True, slots=True)
class PlatformImage:
    """The image of one platform.

    Attributes:
        platform: As it was asked for.
        image: The image; its layers are fetched when they are opened.
        descriptor: Of its manifest, with the platform.
        attestations: Of the manifests that say something of it.
        commit: That it says it was built from, "" for none.
    """

    platform: str
    image: Image
    descriptor: Descriptor
    attestations: tuple[Descriptor, ...]
    commit: str


class NoSuchImage(Exception):
    """There is no image for the platform; the message says what there is, without a subject."""


def image_for(platform: str, walk: Walk, manifests: Sequence[Stored]) -> PlatformImage:
    """Return the image for a platform.

    Raises:
        NoSuchImage: There is none.
        RegistryError: A config can't be had.
    """
    configs = [(stored, _config(walk, stored)) for stored in manifests if is_image(stored)]
    images = [(stored, content, _decoded(stored, content)) for stored, content in configs]
    fitting = [one for one in images if normalised(one[2].name) == normalised(platform)]
    if not fitting:
        there = ", ".join(dict.fromkeys(one[2].name or "no platform" for one in images))
        raise NoSuchImage(
            f"what was pushed is for {there} by its config: does the last FROM name a platform?"
            if there
            else "what was pushed is no image"
        )
    stored, content, config = fitting[0]
    said = stored.descriptor.platform
    if said is not None and said.name and normalised(said.name) != normalised(platform):
        raise NoSuchImage(f"the index calls {stored.descriptor.digest} an image for {said.name}: push it again")
    return PlatformImage(
        platform,
        _image(walk, stored, content, platform),
        msgspec.structs.replace(stored.descriptor, platform=said or _platform(config)),
        tuple(one.descriptor for one in manifests if _refers(one, stored, alone=len(images) == 1)),
        commit_of((stored.descriptor.annotations, stored.manifest.annotations), content),
    )


def _config(walk: Walk, stored: Stored) -> bytes:
    assert stored.manifest.config is not None, "an image has a config"
    return whole(walk.repository.blob(stored.manifest.config).open(), LARGEST_CONFIG, walk.repository.broken)


def _decoded(stored: Stored, content: bytes) -> Config:
    try:
        return decode(content, Config)
    except DocumentError as error:
        raise NoSuchImage(f"the config of {stored.descriptor.digest} is broken ({error}): push it again") from error


def _image(walk: Walk, stored: Stored, config: bytes, platform: str) -> Image:
    return Image(
        platform=platform,
        reference=f"{walk.repository.name}@{stored.descriptor.digest}",
        digest=stored.descriptor.digest,
        config=config,
        layers=tuple(map(walk.repository.blob, stored.manifest.layers or ())),
    )


def _platform(config: Config) -> Platform:
    return Platform(config.os, config.architecture, config.variant, config.os_version, config.os_features)


def _refers(one: Stored, image: Stored, *, alone: bool) -> bool:
    """Whether a manifest says something of an image: it names it, or there is no other that it could mean."""
    if is_image(one):
        return False
    named = one.descriptor.annotation(_REFERS)
    return named == image.descriptor.digest if named else alone
