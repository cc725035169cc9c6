"""What the recording of a build is told: where it is kept, what its calls made, and what came after them."""

import pathlib
from dataclasses import dataclass

from layerwise.builder.checkout import Checkout
from layerwise.builder.drive.calls import Call
from layerwise.builder.drive.metadata import Metadata
from layerwise.builder.drive.progress import Attempt
from layerwise.builder.redact import Redactor
from layerwise.records import TagMove
from layerwise.store.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """Where a build is kept, and from where it was made.

    Attributes:
        store: Where it is kept.
        redact: Masks secrets.
        checkout: The work tree as it was before the build, None where there is none.
        directory: Where the command runs.
        project: What it is a build of; None for what the directory says.
    """

    store: Store
    redact: Redactor
    checkout: Checkout | None
    directory: pathlib.Path
    project: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """One call that is over.

    Attributes:
        call: The call.
        metadata: What buildx says that it made.
        attempt: What was seen of its last run, None where its progress went to the user's terminal.
    """

    call: Call
    metadata: Metadata
    attempt: Attempt | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tagging:
    """What came after the builds.

    Attributes:
        seconds: How long it took.
        tags: What became of the tags.
    """

    seconds: float
    tags: tuple[TagMove, ...]
