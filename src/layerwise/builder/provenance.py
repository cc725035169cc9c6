"""What an engine knows of a build's vertices beyond their names: the provenance in its record of the build."""

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from layerwise.builder.predicate import BuildConfig, Definition, Descriptor, Metadata, Source, Usage, read_predicate
from layerwise.records import Resources


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where one vertex comes from.

    Attributes:
        lines: First lines of the instructions that it serves.
        runs_on: The platform it runs on, "" for operations that run nothing.
        command: What a RUN executes.
        size_bytes: The layers that it made, as stored; None where none was made or stored.
        resources: What it used, None where the engine measured nothing.
    """

    lines: tuple[int, ...]
    runs_on: str = ""
    command: tuple[str, ...] = ()
    size_bytes: int | None = None
    resources: Resources | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """The provenance of one platform's result.

    Attributes:
        origins: By vertex digest.
        dockerfile: The Dockerfile's text, None where the record has none.
        arguments: Build arguments as passed, secrets and all.
        target: The stage asked for, "" for the last.
    """

    origins: Mapping[str, Origin]
    dockerfile: str | None
    arguments: tuple[tuple[str, str], ...]
    target: str


def read_provenance(document: bytes) -> Provenance | None:
    """Return the provenance in a predicate, None where it is none that BuildKit writes."""
    predicate = read_predicate(document)
    if predicate is None:
        return None
    build, metadata, parameters = predicate.parts()
    return Provenance(
        origins=dict(_origins(build, metadata)),
        dockerfile=_dockerfile(metadata.source),
        arguments=tuple(build_arguments(parameters.args)),
        target=parameters.args.get("target", ""),
    )


def build_arguments(attributes: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the build arguments among a frontend's attributes."""
    for name, value in attributes.items():
        if name.startswith("build-arg:"):
            yield name.removeprefix("build-arg:"), value


def _origins(build: BuildConfig, metadata: Metadata) -> Iterator[tuple[str, Origin]]:
    steps = {step.id: step for step in build.llb_definition}
    locations = metadata.source.locations if metadata.source else {}
    chains = {name: chain[0] for name, chain in (metadata.layers or {}).items() if chain}
    for digest, step_id in build.digest_mapping.items():
        if (step := steps.get(step_id)) is None:
            continue
        found = locations.get(step_id)
        ranges = [location.ranges for location in (found.locations if found else None) or () if location.ranges]
        operation = step.op.op
        origin = Origin(
            lines=tuple(one[0].start.line for one in ranges),
            runs_on=str(step.op.platform) if step.op.platform and operation.file is None else "",
            command=tuple(operation.exec.meta.args) if operation.exec else (),
            size_bytes=_own_bytes(step, chains),
            resources=_resources(step.resource_usage),
        )
        yield digest, origin


def _own_bytes(step: Definition, chains: Mapping[str, list[Descriptor]]) -> int | None:
    """Return the bytes of what a result has above its inputs: one layer, but all of an image that is taken as it is."""
    chain = chains.get(f"{step.id}:0", [])
    if not step.inputs:
        return sum(layer.size for layer in chain) or None
    inherited = {layer.digest for name in step.inputs for layer in chains.get(name, ())}
    own = [layer.size for layer in chain[-1:] if layer.digest not in inherited]
    return own[0] if own else None


def _resources(usage: Usage | None) -> Resources | None:
    samples = usage.samples if usage else None
    if not samples:
        return None
    peaks = [sample.memory_stat.peak for sample in samples if sample.memory_stat and sample.memory_stat.peak]
    used = [sample.cpu_stat.usage_nanos for sample in samples if sample.cpu_stat and sample.cpu_stat.usage_nanos]
    cpu_s = max(used) / 1e9 if used else None
    return Resources(cpu_s=cpu_s, peak_memory_bytes=max(peaks, default=None), source="engine")


def _dockerfile(source: Source | None) -> str | None:
    for info in (source.infos if source else None) or ():
        if info.language.lower() == "dockerfile":
            try:
                return base64.b64decode(info.data, validate=True).decode("utf-8", "surrogateescape")
            except binascii.Error:
                return None
    return None
