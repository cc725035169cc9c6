"""An engine's own record of a build, with what the machine beside it knows, to one of ours."""

import hashlib
import os
import pathlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from layerwise.builder.assemble import assemble
from layerwise.builder.bundle import EngineRecord
from layerwise.builder.cgroup_match import Executed, matched
from layerwise.builder.cgroups import Sample
from layerwise.builder.checkout import Checkout, named
from layerwise.builder.facts import Facts
from layerwise.builder.names import step_name
from layerwise.builder.placing import Layout, layout
from layerwise.builder.provenance import build_arguments
from layerwise.builder.redact import Redactor
from layerwise.builder.step_records import emulated
from layerwise.records import BuildRecord, Resources, Source, Sources
from layerwise.syntax.parser import decode


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What is known of the machine and the directory around a build.

    Attributes:
        project: What builds are taken to be of where nothing else says it.
        source: What the engine's record was read from.
        builder: The builder's name, "" where it is not known.
        checkout: The work tree that the context lies in; None where it is not on this machine, or in none.
        local: Whether the build's paths are paths of this machine.
        samples: What BuildKit's containers on this machine used meanwhile.
    """

    project: str
    source: Source
    builder: str = ""
    checkout: Checkout | None = None
    local: bool = False
    samples: tuple[Sample, ...] = ()


def record_of(engine: EngineRecord, around: Surroundings, redact: Redactor) -> BuildRecord:
    """Return the record of a build."""
    record = engine.record
    attributes = record.attributes or {}
    first = next(iter(engine.provenance.values()), None)
    text = next((one.dockerfile for one in engine.provenance.values() if one.dockerfile is not None), None)
    contexts = tuple(_contexts(attributes))
    placed = layout(text, contexts)
    if text is None and around.local:
        text, placed = _as_it_is_now(engine, contexts)
    span = (record.created.epoch_s, record.completed.epoch_s) if record.created and record.completed else None
    facts = Facts(
        id=record.ref,
        project=_project(attributes, around),
        source=around.source,
        builder=around.builder,
        group=record.local_state.group_ref if record.local_state else "",
        outputs=_outputs(engine),
        sources=_sources(engine, around, text),
        platforms=record.platforms(),
        native=record.default_platform,
        arguments=tuple(build_arguments(attributes)) or (first.arguments if first else ()),
        provenance=engine.provenance,
        resources=_measured(engine, around.samples),
        layout=placed,
        span=span,
    )
    return assemble(engine.observed, facts, redact)


def context_path(engine: EngineRecord) -> pathlib.Path | None:
    """Return the build context's directory on the machine that built, None where it was none."""
    state = engine.record.local_state
    if state is None or not state.local_path or "://" in state.local_path or state.local_path == "-":
        return None
    return pathlib.Path(state.local_path)


def dockerfile_path(engine: EngineRecord) -> pathlib.Path | None:
    """Return the Dockerfile's path on the machine that built, None where it came from elsewhere."""
    state = engine.record.local_state
    context = context_path(engine)
    if state is None or context is None or state.dockerfile_path == "-":
        return None
    if state.dockerfile_path:
        return context / state.dockerfile_path
    return context / (engine.record.attributes or {}).get("filename", "Dockerfile")


def _project(attributes: Mapping[str, str], around: Surroundings) -> str:
    if around.checkout is not None:
        return around.checkout.project
    origin = attributes.get("vcs:source", "")
    return named(origin) if origin else around.project


def _outputs(engine: EngineRecord) -> tuple[str, ...]:
    found = []
    for exporter in engine.record.exporters or ():
        attributes = exporter.attrs or {}
        found.append(exporter.type)
        found += [name for name in ("push", "unpack") if attributes.get(name) == "true"]
    return tuple(dict.fromkeys(found)) or ("cacheonly",)


def _sources(engine: EngineRecord, around: Surroundings, text: str | None) -> Sources:
    attributes = engine.record.attributes or {}
    checkout = around.checkout
    dockerfile, context = dockerfile_path(engine), context_path(engine)
    if checkout and dockerfile and context:
        where = (_from(checkout.root, dockerfile), _from(checkout.root, context))
    else:
        directory = attributes.get("vcs:localdir:dockerfile", "")
        name = attributes.get("filename", "Dockerfile")
        where = (
            os.path.normpath(f"{directory}/{name}" if directory else name),
            attributes.get("vcs:localdir:context", ""),
        )
    return Sources(
        dockerfile=where[0],
        dockerfile_digest="" if text is None else hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest(),
        target=attributes.get("target", ""),
        commit=checkout.commit if checkout else attributes.get("vcs:revision", "").removesuffix("-dirty"),
        dirty=checkout.dirty if checkout else None,
        context=where[1],
    )


def _from(root: pathlib.Path, path: pathlib.Path) -> str:
    return pathlib.Path(os.path.relpath(path.resolve(), root.resolve())).as_posix()


def _contexts(attributes: Mapping[str, str]) -> Iterator[str]:
    """Yield the named contexts among a frontend's attributes: ``context:NAME`` or ``context:NAME::PLATFORM``."""
    for attribute in attributes:
        if attribute.startswith("context:"):
            yield attribute.removeprefix("context:").partition("::")[0]


def _as_it_is_now(engine: EngineRecord, contexts: tuple[str, ...]) -> tuple[str | None, Layout]:
    """Return the Dockerfile of a build that failed, of which its engine has no text; none if it was edited since."""
    path = dockerfile_path(engine)
    try:
        text = decode(path.read_bytes()) if path else None
    except OSError:
        text = None
    found = layout(text, contexts)
    names = [name for vertex in engine.observed.vertices if (name := step_name(vertex.name))]
    return (text, found) if found.fits(names) else (None, Layout())


def _measured(engine: EngineRecord, samples: Iterable[Sample]) -> dict[str, Resources]:
    """Return what RUN steps used, by vertex: only of those whose container is known beyond doubt."""
    executed: dict[str, Executed] = {}
    for vertex in engine.observed.vertices:
        for provenance in engine.provenance.values():
            origin = provenance.origins.get(vertex.digest)
            if origin and origin.command and vertex.runs:
                span = vertex.runs[0][0], vertex.runs[-1][1]
                foreign = emulated(origin.runs_on, engine.record.default_platform)
                executed[vertex.digest] = Executed(origin.command, *span, foreign)
    return {vertex: sample.resources for vertex, sample in matched(samples, executed).items()}
