"""What a cache ref holds: BuildKit's records and the layers of their results, in a registry or a directory.

The cache is an image manifest whose config lists the records, or an index that names layers and config side by side
(moby/buildkit, cache/remotecache). BuildKit reads neither where one is larger than 1 MiB, and says nothing of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import msgspec

from layerwise.oci.documents import Descriptor, Manifest, decode

CONFIG = "application/vnd.buildkit.cacheconfig.v0"
LARGEST = 1 << 20
"""Bytes of a manifest or a config that BuildKit imports (moby/buildkit #3719)."""

_CREATED = "buildkit/createdat"


class _Result(msgspec.Struct, rename="camel"):
    created_at: str = ""


class _Record(msgspec.Struct):
    layers: list[_Result] | None = None
    chains: list[_Result] | None = None


class _Records(msgspec.Struct):
    records: list[_Record] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """What the manifest of a cache says.

    Attributes:
        config: The descriptor of its config.
        layers: How many layers it has, each once.
        size_bytes: Of all of them together, as stored.
        manifest_bytes: Of the manifest itself.
        newest: When the newest of its results was made, in seconds since the epoch; None where it does not say.
    """

    config: Descriptor
    layers: int
    size_bytes: int
    manifest_bytes: int
    newest: float | None

    @property
    def too_large(self) -> bool:
        """Whether BuildKit can't import it, without a word."""
        return max(self.manifest_bytes, self.config.size or 0) > LARGEST


def read_outline(content: bytes) -> Outline | None:
    """Return what a manifest or an index says, None of what is no cache.

    Raises:
        DocumentError: It is broken.
    """
    manifest = decode(content, Manifest)
    parts = [*([manifest.config] if manifest.config else ()), *(manifest.layers or ()), *(manifest.manifests or ())]
    config = next((part for part in parts if part.media_type == CONFIG), None)
    if config is None:
        return None
    layers = {part.digest: part for part in parts if part.media_type != CONFIG}
    times = [time for part in layers.values() if (time := _time(part.annotation(_CREATED))) is not None]
    return Outline(
        config=config,
        layers=len(layers),
        size_bytes=sum(part.size or 0 for part in layers.values()),
        manifest_bytes=len(content),
        newest=max(times, default=None),
    )


def read_records(content: bytes) -> tuple[int, float | None]:
    """Return how many records a config has, and when the newest result of one was made.

    Raises:
        DocumentError: It is broken.
    """
    records = decode(content, _Records).records or []
    times = [time for record in records for made in _made(record) if (time := _time(made.created_at)) is not None]
    return len(records), max(times, default=None)


def _made(record: _Record) -> Iterator[_Result]:
    yield from record.layers or ()
    yield from record.chains or ()


def _time(text: str) -> float | None:
    """Return a time as Go writes it, in seconds since the epoch."""
    try:
        return msgspec.convert(text, datetime).timestamp() if text else None
    except (msgspec.ValidationError, ValueError, OverflowError):
        return None
