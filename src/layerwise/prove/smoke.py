"""A command of the user's, run in both images: its output and exit code must be the same."""

import pathlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from layerwise.builder import buildx
from layerwise.errors import UsageError
from layerwise.oci.image import Image
from layerwise.oci.places import place_of
from layerwise.oci.reference import parse_reference

_LIMIT_S = 300.0


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command did in one image.

    Attributes:
        exit_code: As docker gives it on.
        output: What it wrote to standard output, then to standard error.
    """

    exit_code: int
    output: bytes


@dataclass(frozen=True, slots=True)
class Smoke:
    """What a command did in both images on one platform."""

    platform: str
    left: Ran
    right: Ran

    @property
    def equal(self) -> bool:
        """Whether it did the same."""
        return self.left == self.right


def names_in_engine(reference: str, images: Sequence[Image], environment: Mapping[str, str]) -> dict[str, str]:
    """Return how the engine calls an image, by platform; one in a file is loaded into its store.

    Raises:
        UsageError: It is a directory, which docker does not load.
        BuilderError: The engine does not take it.
    """
    place = place_of(reference)
    if place.form == "registry":
        name = parse_reference(place.name).name
        return {image.platform: f"{name}@{image.digest}" for image in images}
    if place.form == "oci":
        raise UsageError(f"{reference}: docker runs no directory; pack it as a tar file, or push it, to use --smoke")
    loaded = buildx.load(pathlib.Path(place.name), environment)
    return {image.platform: loaded for image in images}


def smoke(
    left: Mapping[str, str], right: Mapping[str, str], command: Sequence[str], environment: Mapping[str, str]
) -> tuple[Smoke, ...]:
    """Run a command in both images, on each platform that both have, without a network.

    Args:
        left: How the engine calls an image, by platform.
        right: The same of the other.
        command: The program in the image, and its arguments.
        environment: For docker.

    Raises:
        BuilderError: There is no docker here, or the command does not end.
    """
    return tuple(
        Smoke(platform, *(_ran(names[platform], platform, command, environment) for names in (left, right)))
        for platform in left
        if platform in right
    )


def _ran(name: str, platform: str, command: Sequence[str], environment: Mapping[str, str]) -> Ran:
    exit_code, output, errors = buildx.run_in(name, platform, command, environment, _LIMIT_S)
    return Ran(exit_code, output + errors)
