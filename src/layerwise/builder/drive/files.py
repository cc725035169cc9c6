"""Where the Dockerfile and the context of a build are, as buildx looks for them."""

import pathlib
from dataclasses import dataclass

from layerwise.builder.drive.asked import Asked
from layerwise.invocation.invocation import is_remote


@dataclass(frozen=True, slots=True)
class Files:
    """Where a build's files are.

    Attributes:
        dockerfile: The Dockerfile, None where it comes from elsewhere.
        context: The build context, likewise.
    """

    dockerfile: pathlib.Path | None
    context: pathlib.Path | None


def files_of(asked: Asked) -> Files:
    """Return where the Dockerfile and the context are, as buildx looks for them."""
    place = asked.line.context
    context = None if place == "-" or is_remote(place) else pathlib.Path(place)
    if asked.dockerfile == "-" or (asked.dockerfile and is_remote(asked.dockerfile)):
        return Files(None, context)
    if asked.dockerfile:
        named = pathlib.Path(asked.dockerfile)
        return Files(named if named.is_file() else None, context)
    if context is None:
        return Files(None, None)
    found = (context / name for name in ("Dockerfile", "dockerfile"))
    return Files(next((path for path in found if path.is_file()), None), context)
