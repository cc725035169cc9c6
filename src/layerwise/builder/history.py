"""Reads when builds ran that a builder remembers."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import msgspec

from layerwise.builder.buildx import Reference
from layerwise.errors import BuilderError


@dataclass(frozen=True, slots=True)
class Span:
    """When something happened, by the engine's clock, in seconds since the epoch."""

    start_s: float
    end_s: float

    def holds(self, at_s: float) -> bool:
        """Whether a moment lies in it, its ends included."""
        return self.start_s <= at_s <= self.end_s


@dataclass(frozen=True, slots=True)
class Remembered:
    """A build in a builder's history; one that still runs ends at infinity."""

    reference: Reference
    span: Span


class _Inspected(msgspec.Struct):
    started: datetime = msgspec.field(name="StartedAt")
    completed: datetime | None = msgspec.field(name="CompletedAt", default=None)


def remembered(references: Iterable[Reference], look_up: Callable[[Reference], str]) -> Iterator[Remembered]:
    """Yield those of some builds that their builders remember.

    Args:
        references: The builds.
        look_up: Returns what ``docker buildx history inspect --format json`` says of one, "" for nothing.

    Raises:
        BuilderError: It says something else.
    """
    for reference in references:
        if text := look_up(reference):
            yield Remembered(reference, _span(text, reference))


def _span(text: str, reference: Reference) -> Span:
    try:
        found = msgspec.json.decode(text, type=_Inspected)
    except msgspec.MsgspecError as error:
        raise BuilderError(
            f"docker buildx history inspect {reference.id}: nothing that layerwise can read: {error}"
        ) from error
    return Span(found.started.timestamp(), found.completed.timestamp() if found.completed else float("inf"))
