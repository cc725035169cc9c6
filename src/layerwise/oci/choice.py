"""Chooses platforms of an image."""

from collections.abc import Sequence

from layerwise.errors import UsageError
from layerwise.oci.image import Image


def chosen(images: Sequence[Image], platforms: Sequence[str]) -> tuple[Image, ...]:
    """Return the images for some platforms, all where none is named.

    Raises:
        UsageError: There is none for one of them.
    """
    if not platforms:
        return tuple(images)
    there = {usual(image.platform) for image in images}
    wanted = {usual(platform) for platform in platforms}
    for platform in sorted(wanted - there):
        name = images[0].reference if images else "the image"
        raise UsageError(f"{name} has no {platform}; it has {', '.join(sorted(there)) or 'no platform'}")
    return tuple(image for image in images if usual(image.platform) in wanted)


def usual(platform: str) -> str:
    """Return a platform as it is usually written, of those that are the same to containerd (platforms, Normalize)."""
    return _USUAL.get(platform, platform)


_USUAL = {"linux/amd64/v1": "linux/amd64", "linux/arm64/v8": "linux/arm64", "linux/arm": "linux/arm/v7"}
