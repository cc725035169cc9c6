"""A command of the user's, run in both images: its output and exit code must be the same."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from layerwise.builder import buildx
from layerwise.errors import BuilderError
from layerwise.oci.image import Image
from layerwise.oci.places import place_of
from layerwise.oci.reference import parse_reference
from layerwise.prove.pack import pack

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


@dataclass(frozen=True, slots=True)
class Subject:
    """An image to run: what it is asked for by, and its platforms."""

    reference: str
    images: tuple[Image, ...]


def smoke(left: Subject, right: Subject, command: Sequence[str], environment: Mapping[str, str]) -> tuple[Smoke, ...]:
    """Run a command in both images, on each platform that both have, without a network.

    Args:
        left: An image.
        right: The other.
        command: The program in the image, and its arguments.
        environment: For docker.

    Raises:
        BuilderError: There is no docker here, it does not take an image, or the command does not end.
        ImageError: An image can't be read.
    """
    platforms = {image.platform: image for image in right.images}
    return tuple(
        Smoke(
            image.platform,
            _ran(left.reference, image, command, environment),
            _ran(right.reference, platforms[image.platform], command, environment),
        )
        for image in left.images
        if image.platform in platforms
    )


def _ran(reference: str, image: Image, command: Sequence[str], environment: Mapping[str, str]) -> Ran:
    with _in_engine(reference, image, environment) as name:
        exit_code, output, errors = buildx.run_in(name, image.platform, command, environment, _LIMIT_S)
    return Ran(exit_code, output + errors)


@contextmanager
def _in_engine(reference: str, image: Image, environment: Mapping[str, str]) -> Iterator[str]:
    """Give what the engine calls an image; one of a file is in its store only as long as that is needed."""
    place = place_of(reference)
    if place.form == "registry":
        yield f"{parse_reference(place.name).name}@{image.digest}"
        return
    name = f"layerwise-smoke:{uuid.uuid4().hex}"
    try:
        buildx.load(lambda stream: pack(image, name, stream), environment)
        yield name
    except BaseException:
        with suppress(BuilderError):  # what went wrong first is what is to be said
            buildx.remove(name, environment)
        raise
    buildx.remove(name, environment)
