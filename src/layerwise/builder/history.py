"""Reads when builds ran that a builder remembers."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from layerwise.builder.local_state import Reference
from layerwise.decoding import decoder
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
    """A build in a builder's history.

    Attributes:
        reference: The builder's record of it.
        span: When it ran; one that still runs ends at infinity.
        dockerfile: The path of its Dockerfile on the machine that began it, None where it has none there.
    """

    reference: Reference
    span: Span
    dockerfile: Path | None = None

    @property
    def runs(self) -> bool:
        """Whether it had not ended when it was looked up."""
        return self.span.end_s == float("inf")


class _Inspected(msgspec.Struct):
    started: datetime = msgspec.field(name="StartedAt")
    completed: datetime | None = msgspec.field(name="CompletedAt", default=None)
    context: str = msgspec.field(name="Context", default="")
    dockerfile: str = msgspec.field(name="Dockerfile", default="")


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
            yield _read(text, reference)


def _read(text: str, reference: Reference) -> Remembered:
    try:
        found = decoder(_Inspected).decode(text)
    except msgspec.MsgspecError as error:
        raise BuilderError(
            f"docker buildx history inspect {reference.id}: nothing that layerwise can read: {error}"
        ) from error
    span = Span(found.started.timestamp(), found.completed.timestamp() if found.completed else float("inf"))
    local = found.context.startswith("/") and found.dockerfile not in ("", "-")
    return Remembered(reference, span, Path(found.context, found.dockerfile) if local else None)
