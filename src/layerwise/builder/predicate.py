"""The shape of a provenance predicate as BuildKit writes it, in its two layouts, cut down to what is read.

SLSA 0.2 is written by BuildKit up to 0.27, SLSA 1 from 0.28 (util/provenance in BuildKit's solver/llbsolver).
"""

from typing import Any

import msgspec

from layerwise.decoding import decoder


class Platform(msgspec.Struct, rename="pascal"):
    """A platform of an operation."""

    OS: str = msgspec.field(name="OS", default="")
    architecture: str = ""
    variant: str = ""

    def __str__(self) -> str:
        return "/".join(part for part in (self.OS, self.architecture, self.variant) if part)


class Meta(msgspec.Struct):
    """What a RUN executes."""

    args: list[str] = []


class Exec(msgspec.Struct):
    """A RUN."""

    meta: Meta = msgspec.field(default_factory=Meta)


class Operations(msgspec.Struct):
    """The kinds of operation that matter here; at most one is there."""

    exec: Exec | None = None
    file: dict[str, object] | None = None


class Operation(msgspec.Struct):
    """An operation with the platform that it runs on."""

    op: Operations = msgspec.field(name="Op", default_factory=Operations)
    platform: Platform | None = None


class CpuStat(msgspec.Struct, rename="camel"):
    """Processor time so far."""

    usage_nanos: int | None = None


class MemoryStat(msgspec.Struct):
    """Memory; ``peak`` is the most so far, in bytes."""

    peak: int | None = None


class Sample(msgspec.Struct, rename="camel"):
    """One sample of a running step; its counters only grow."""

    cpu_stat: CpuStat | None = None
    memory_stat: MemoryStat | None = None


class Usage(msgspec.Struct):
    """What a step used."""

    samples: list[Sample] | None = None


class Definition(msgspec.Struct, rename="camel"):
    """One operation of the build; ``inputs`` are ``stepN:output``."""

    id: str
    op: Operation = msgspec.field(default_factory=Operation)
    inputs: list[str] = []
    resource_usage: Usage | None = None


class BuildConfig(msgspec.Struct, rename="camel"):
    """The operations, and which vertex is which of them."""

    llb_definition: list[Definition] = []
    digest_mapping: dict[str, str] = {}


class Position(msgspec.Struct):
    """A place in the Dockerfile."""

    line: int = 0


class Range(msgspec.Struct):
    """Lines of the Dockerfile."""

    start: Position = msgspec.field(default_factory=Position)


class Location(msgspec.Struct):
    """An instruction: its first range tells where it begins."""

    ranges: list[Range] | None = None


class Locations(msgspec.Struct):
    """Every instruction that an operation serves."""

    locations: list[Location] | None = None


class Info(msgspec.Struct):
    """A source file; ``data`` in base64."""

    language: str = ""
    data: str = ""


class Source(msgspec.Struct):
    """The Dockerfile, and where in it each operation comes from."""

    locations: dict[str, Locations] = {}
    infos: list[Info] | None = None


class Descriptor(msgspec.Struct):
    """A layer as stored; ``size`` in bytes."""

    digest: str = ""
    size: int = 0


class Metadata(msgspec.Struct):
    """BuildKit's own part: ``layers`` are the chain of each result, by ``stepN:output``."""

    source: Source | None = None
    layers: dict[str, list[list[Descriptor]]] | None = None


class Parameters(msgspec.Struct):
    """The frontend's attributes."""

    args: dict[str, str] = {}


class _Invocation(msgspec.Struct):
    parameters: Parameters = msgspec.field(default_factory=Parameters)


class _OuterMetadata(msgspec.Struct):
    buildkit: Metadata | None = msgspec.field(name="https://mobyproject.org/buildkit@v1#metadata", default=None)


class Slsa02(msgspec.Struct, rename="camel"):
    """A predicate of SLSA 0.2."""

    build_config: BuildConfig
    invocation: _Invocation = msgspec.field(default_factory=_Invocation)
    metadata: _OuterMetadata = msgspec.field(default_factory=_OuterMetadata)

    def parts(self) -> tuple[BuildConfig, Metadata, Parameters]:
        """Return the operations, BuildKit's metadata and the parameters."""
        return self.build_config, self.metadata.buildkit or Metadata(), self.invocation.parameters


class _Internal(msgspec.Struct, rename="camel"):
    build_config: BuildConfig


class _External(msgspec.Struct):
    request: Parameters = msgspec.field(default_factory=Parameters)


class _BuildDefinition(msgspec.Struct, rename="camel"):
    internal_parameters: _Internal
    external_parameters: _External = msgspec.field(default_factory=_External)


class _RunMetadata(msgspec.Struct):
    buildkit_metadata: Metadata | None = None


class _RunDetails(msgspec.Struct):
    metadata: _RunMetadata = msgspec.field(default_factory=_RunMetadata)


class Slsa1(msgspec.Struct, rename="camel"):
    """A predicate of SLSA 1."""

    build_definition: _BuildDefinition
    run_details: _RunDetails = msgspec.field(default_factory=_RunDetails)

    def parts(self) -> tuple[BuildConfig, Metadata, Parameters]:
        """Return the operations, BuildKit's metadata and the parameters."""
        definition = self.build_definition
        metadata = self.run_details.metadata.buildkit_metadata or Metadata()
        return definition.internal_parameters.build_config, metadata, definition.external_parameters.request


def read_predicate(document: bytes) -> Slsa02 | Slsa1 | None:
    """Return a predicate of either layout, None where it is neither."""
    layouts: tuple[Any, ...] = (Slsa1, Slsa02)
    for layout in layouts:
        try:
            found: Slsa02 | Slsa1 = decoder(layout).decode(document)
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
        return found
    return None
