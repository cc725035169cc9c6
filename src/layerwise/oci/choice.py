"""Chooses platforms of an image."""

from collections.abc import Sequence

from layerwise.errors import UsageError
from layerwise.graph.platforms import normalised
from layerwise.oci.image import Image


def chosen(images: Sequence[Image], platforms: Sequence[str]) -> tuple[Image, ...]:
    """Return the images for some platforms, all where none is named.

    Raises:
        UsageError: There is none for one of them.
    """
    if not platforms:
        return tuple(images)
    there = {normalised(image.platform) for image in images}
    wanted = {normalised(platform) for platform in platforms}
    for platform in sorted(wanted - there):
        name = images[0].reference if images else "the image"
        raise UsageError(f"{name} has no {platform}; it has {', '.join(sorted(there)) or 'no platform'}")
    return tuple(image for image in images if normalised(image.platform) in wanted)
