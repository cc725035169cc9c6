"""Reads an engine's records of builds from a ``.dockerbuild`` export: an OCI layout in a tar file.

Each record is a manifest whose config is BuildKit's ``historyrecord``; its layers are the log and the provenance of
each platform (docker/buildx util/desktop/bundle).
"""

import hashlib
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from gzip import BadGzipFile
from typing import IO, Annotated, TypeAlias

import msgspec

from layerwise.builder.events import Gathering
from layerwise.builder.observed import Observed
from layerwise.builder.provenance import Provenance, read_provenance
from layerwise.builder.wire import WireError, read_statuses
from layerwise.decoding import decoder
from layerwise.errors import LogError

_RECORD = "application/vnd.buildkit.historyrecord.v0"
_STATUS = "application/vnd.buildkit.status.v0"
_LARGEST = 512 << 20  # bytes of one blob; a log of more is no log that anybody wants to read
_Number: TypeAlias = Annotated[int, msgspec.Meta(ge=-(1 << 40), le=1 << 40)]
_BROKEN = (tarfile.TarError, EOFError, zlib.error, BadGzipFile)


class Time(msgspec.Struct):
    """A time of the record, since the epoch."""

    seconds: _Number = 0
    nanos: _Number = 0

    @property
    def epoch_s(self) -> float:
        """Seconds since the epoch."""
        return self.seconds + self.nanos / 1e9


class Exporter(msgspec.Struct, rename="pascal"):
    """Where the result went."""

    type: str = ""
    attrs: dict[str, str] | None = None


class Descriptor(msgspec.Struct, rename="camel"):
    """A blob of the layout."""

    digest: str = ""
    media_type: str = ""


class _Attested(msgspec.Struct):
    digest: str = ""


class _Result(msgspec.Struct):
    attestations: list[_Attested] | None = msgspec.field(name="Attestations", default=None)


class Failure(msgspec.Struct):
    """Why a build failed."""

    message: str = ""


class LocalState(msgspec.Struct, rename="pascal"):
    """What buildx knows on this machine of a build: its directory and Dockerfile as given, and its bake group."""

    local_path: str = ""
    dockerfile_path: str = ""
    group_ref: str = ""


class HistoryRecord(msgspec.Struct):
    """BuildKit's record of a build, cut down to what is read."""

    ref: str = msgspec.field(name="Ref")
    attributes: dict[str, str] | None = msgspec.field(name="FrontendAttrs", default=None)
    exporters: list[Exporter] | None = msgspec.field(name="Exporters", default=None)
    created: Time | None = msgspec.field(name="CreatedAt", default=None)
    completed: Time | None = msgspec.field(name="CompletedAt", default=None)
    error: Failure | None = None
    result: _Result | None = msgspec.field(name="Result", default=None)
    results: dict[str, _Result] | None = msgspec.field(name="Results", default=None)
    default_platform: str = msgspec.field(name="DefaultPlatform", default="")
    local_state: LocalState | None = msgspec.field(name="localState", default=None)

    def platforms(self) -> tuple[str, ...]:
        """Return the platforms that were asked for."""
        asked = (self.attributes or {}).get("platform", "")
        return tuple(name for name in asked.split(",") if name) or tuple(filter(None, (self.default_platform,)))


class _Manifest(msgspec.Struct):
    config: Descriptor | None = None
    layers: list[Descriptor] | None = None
    manifests: list[Descriptor] | None = None


@dataclass(frozen=True, slots=True)
class EngineRecord:
    """One build as the engine recorded it.

    Attributes:
        record: What was asked for, when, and how it ended.
        observed: Its vertices.
        provenance: By platform; none of a build that failed.
    """

    record: HistoryRecord
    observed: Observed
    provenance: Mapping[str, Provenance]


class _BundleError(Exception):
    """A blob is missing, or is not what its digest says."""


def read_bundle(stream: IO[bytes], name: str) -> tuple[EngineRecord, ...]:
    """Return the builds of an export.

    Raises:
        LogError: It is no such export, or broken; ``name`` stands in the message.
    """
    try:
        archive = tarfile.open(fileobj=stream, mode="r:*")  # noqa: SIM115 - entered below
    except _BROKEN as error:
        raise LogError(
            f"{name}: no .dockerbuild export (which is a tar file); unpack a compressed log first"
        ) from error
    try:
        with archive:
            blobs = dict(_blobs(archive))
        found = tuple(_records(blobs, blobs.get("index.json", b"{}")))
    except (*_BROKEN, _BundleError, WireError) as error:
        raise LogError(f"{name}: the archive is broken ({error}); export the build again") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise LogError(f"{name}: no .dockerbuild export that layerwise can read: {error}") from error
    if not found:
        raise LogError(f"{name}: no build record in it; `docker buildx history export` makes one")
    return found


def _blobs(archive: tarfile.TarFile) -> Iterator[tuple[str, bytes]]:
    for member in archive:
        if member.isfile() and member.size <= _LARGEST and (file := archive.extractfile(member)):
            yield member.name.removeprefix("./"), file.read()


def _blob(blobs: Mapping[str, bytes], digest: str) -> bytes:
    """Return a blob; a broken archive may still unpack, so its digest is checked."""
    content = blobs.get(f"blobs/{digest.replace(':', '/')}")
    if content is None:
        raise _BundleError(f"{digest} is missing")
    if digest != f"sha256:{hashlib.sha256(content).hexdigest()}":
        raise _BundleError(f"{digest} is another")
    return content


def _records(blobs: Mapping[str, bytes], index: bytes) -> Iterator[EngineRecord]:
    for descriptor in decoder(_Manifest).decode(index).manifests or ():
        content = _blob(blobs, descriptor.digest)
        manifest = decoder(_Manifest).decode(content)
        if manifest.manifests is not None:
            yield from _records(blobs, content)
        elif manifest.config and manifest.config.media_type == _RECORD:
            yield _record(blobs, manifest, _blob(blobs, manifest.config.digest))


def _record(blobs: Mapping[str, bytes], manifest: _Manifest, config: bytes) -> EngineRecord:
    record = decoder(HistoryRecord).decode(config)
    gathering = Gathering()
    for layer in manifest.layers or ():
        if layer.media_type == _STATUS:
            for status in read_statuses(_blob(blobs, layer.digest)):
                gathering.take(status)
    if record.error and record.error.message:
        gathering.say(f"ERROR: {record.error.message}")
    observed = gathering.observed()
    if observed is None:
        raise _BundleError(f"build {record.ref} has no log")
    return EngineRecord(record, observed, dict(_provenance(blobs, record)))


def _provenance(blobs: Mapping[str, bytes], record: HistoryRecord) -> Iterator[tuple[str, Provenance]]:
    results = dict(record.results or {})
    if not results and record.result and len(record.platforms()) == 1:
        results = {record.platforms()[0]: record.result}
    for platform, result in results.items():
        for attested in result.attestations or ():
            if found := read_provenance(_blob(blobs, attested.digest)):
                yield platform, found
