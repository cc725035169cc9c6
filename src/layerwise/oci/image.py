"""An image of one platform, wherever it is kept."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import IO


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    """Bytes by their digest.

    Attributes:
        digest: ``sha256:...`` of the bytes as stored.
        size: Bytes as stored; None where the place that keeps them does not say.
        media_type: As the manifest says; "" in a docker archive, which says none.
        open: Gives the bytes from their beginning, as stored; each call a new stream, that its caller closes. It raises
            LayerwiseError where they can't be had, or are not those of the digest.
    """

    digest: str
    size: int | None
    media_type: str = ""
    open: Callable[[], IO[bytes]] = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An image of one platform.

    Attributes:
        platform: ``os/arch[/variant]``, as the index says, else as its config does.
        reference: What it was asked for by, for messages.
        digest: Of its manifest, "" in a docker archive.
        config: The image config, as stored.
        layers: The lowest first.
        annotations: Of the manifest.
    """

    platform: str
    reference: str
    digest: str
    config: bytes = field(repr=False)
    layers: tuple[Blob, ...]
    annotations: tuple[tuple[str, str], ...] = ()
