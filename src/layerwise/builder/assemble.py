"""What was seen of a build, and what its engine knows of it, to one record."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from layerwise.builder.critical import Work, critical_path
from layerwise.builder.events import merged
from layerwise.builder.names import (
    StepName,
    image_of,
    is_linked_copy,
    is_merge,
    overhead_kind,
    part_kind,
    step_name,
    without_targets,
)
from layerwise.builder.observed import Observed, Vertex
from layerwise.builder.placing import Layout, shown_key
from layerwise.builder.provenance import Origin, Provenance
from layerwise.builder.redact import Redactor
from layerwise.records import BuildRecord, Outcome, Overhead, Place, Resources, Source, Sources, Span, StepRecord
from layerwise.syntax.display import one_line


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a build besides its vertices.

    Attributes:
        id: As in ``records.BuildRecord``, and so are the next six.
        project: See there.
        source: See there.
        builder: See there.
        group: See there.
        outputs: See there.
        sources: See there; its arguments and bases are filled in here.
        platforms: Those asked for; empty where nobody knows.
        native: The platform of the machine that built, "" where nobody knows.
        arguments: Build arguments as passed, secrets and all.
        provenance: By platform.
        resources: What RUN steps used, by vertex digest, as measured from outside.
        layout: Of the Dockerfile.
        span: When the build began and ended by the engine's record, None where only its events tell.
    """

    id: str
    project: str
    source: Source
    builder: str = ""
    group: str = ""
    outputs: tuple[str, ...] = ()
    sources: Sources = field(default_factory=Sources)
    platforms: tuple[str, ...] = ()
    native: str = ""
    arguments: tuple[tuple[str, str], ...] = ()
    provenance: Mapping[str, Provenance] = field(default_factory=dict)
    resources: Mapping[str, Resources] = field(default_factory=dict)
    layout: Layout = field(default_factory=Layout)
    span: tuple[float, float] | None = None


def assemble(observed: Observed, facts: Facts, redact: Redactor) -> BuildRecord:
    """Return the record of a build; nothing secret is in it."""
    observed = unprefixed(observed)
    redact = redact.knowing(facts.arguments)
    assembly = _Assembly(observed, facts, redact)
    steps, overheads = assembly.parts()
    sources = replace(
        facts.sources,
        arguments=tuple((name, redact.argument(name, value)) for name, value in facts.arguments),
        bases=tuple(sorted({(redact.text(name), digest) for name, digest in _bases(observed.vertices)})),
    )
    platforms = facts.platforms or tuple(dict.fromkeys(step.platform for step in steps if step.platform))
    return BuildRecord(
        id=facts.id,
        project=facts.project,
        source=facts.source,
        ending=observed.ending,
        started_at=assembly.began,
        wall_s=assembly.wall_s,
        steps=steps,
        overheads=overheads,
        platforms=platforms,
        builder=facts.builder or observed.builder,
        group=facts.group,
        outputs=facts.outputs,
        sources=sources,
        error=redact.text(observed.error),
        notes=tuple(redact.text(note) for note in observed.notes),
    )


def unprefixed(observed: Observed) -> Observed:
    """Return a build whose vertices have the names that they have without a bake of several targets."""
    names = without_targets([vertex.name for vertex in observed.vertices])
    vertices = (replace(vertex, name=name) for vertex, name in zip(observed.vertices, names, strict=True))
    return replace(observed, vertices=tuple(vertices))


class _Assembly:
    """One build on its way to a record."""

    def __init__(self, observed: Observed, facts: Facts, redact: Redactor) -> None:
        began, ended = facts.span or (observed.started_at, observed.ended_at)
        self.observed = observed
        self.facts = facts
        self.redact = redact
        self.began = began
        self.wall_s = None if began is None or ended is None else max(ended - began, 0.0)
        self.parts_of = _parts(observed.vertices)
        self.whole = {part.digest: whole for whole, parts in self.parts_of.items() for part in parts}

    def parts(self) -> tuple[tuple[StepRecord, ...], tuple[Overhead, ...]]:
        """Return the steps and the overheads, each with its part of the critical path."""
        steps: list[StepRecord] = []
        overheads: list[tuple[Vertex, Overhead]] = []
        for vertex in self.observed.vertices:
            name = step_name(vertex.name)
            if name is None:
                overheads += [(vertex, overhead) for overhead in self._overheads(vertex)]
            elif vertex.digest not in self.whole:
                steps += self._steps(vertex, name)
        return self._on_the_path(steps, sorted(overheads, key=_begin))

    def _on_the_path(
        self, steps: list[StepRecord], overheads: list[tuple[Vertex, Overhead]]
    ) -> tuple[tuple[StepRecord, ...], tuple[Overhead, ...]]:
        if self.wall_s is None:
            return tuple(steps), tuple(overhead for _, overhead in overheads)
        shared: dict[str, list[StepRecord]] = {}
        for step in steps:
            shared.setdefault(step.vertex, []).append(step)
        works = [_work_of(sharers) for sharers in shared.values()]
        works += [Work(vertex.digest, self._inputs(vertex), overhead.spans) for vertex, overhead in overheads]
        spent = critical_path(works, self.wall_s)
        by_vertex = dict(zip(shared, spent, strict=False))
        return (
            tuple(replace(step, critical_s=by_vertex[step.vertex]) for step in steps),
            tuple(
                replace(overhead, critical_s=seconds)
                for (_, overhead), seconds in zip(overheads, spent[len(shared) :], strict=True)
            ),
        )

    def _steps(self, vertex: Vertex, name: StepName) -> Iterator[StepRecord]:
        """Yield the record of a vertex for each platform and instruction that it serves."""
        known = [
            (platform, origin)
            for platform, provenance in self.facts.provenance.items()
            if (origin := provenance.origins.get(vertex.digest)) is not None and origin.lines
        ]
        for platform, origin in known:
            for line in origin.lines:
                yield self._placed(vertex, name, platform, origin, line)
        if not known:
            merged_as = (step_name(part.name) for part in self.parts_of.get(vertex.digest, ()) if is_merge(part.name))
            for shown in tuple(dict.fromkeys(filter(None, merged_as))) or (name,):
                yield self._named(vertex, shown)

    def _placed(self, vertex: Vertex, name: StepName, platform: str, origin: Origin, line: int) -> StepRecord:
        instruction = self._shown(name)
        layout = self.facts.layout
        # of a triggered instruction the engine says only which FROM triggered it
        position = layout.at_line(line, name.instruction) or layout.numbered(name.stage, name.number, name.instruction)
        return self._record(
            vertex,
            [part for part in self.parts_of.get(vertex.digest, ()) if self._serves(part, platform, line)],
            platform=platform,
            runs_on=origin.runs_on or platform,
            stage=position.stage if position else name.stage,
            number=position.number if position else name.number,
            line=position.line if position else line,
            instruction=instruction,
            key=position.key if position else shown_key(instruction),
            place=Place.PROVENANCE,
            size_bytes=origin.size_bytes,
            resources=origin.resources or self.facts.resources.get(vertex.digest),
        )

    def _named(self, vertex: Vertex, name: StepName) -> StepRecord:
        instruction = self._shown(name)
        only = self.facts.platforms[0] if len(self.facts.platforms) == 1 else ""
        platform = name.platform or only
        position = self.facts.layout.numbered(name.stage, name.number, name.instruction)
        return self._record(
            vertex,
            [part for part in self.parts_of.get(vertex.digest, ()) if step_name(part.name) == name],
            platform=platform,
            runs_on=name.runs_on or platform,
            stage=position.stage if position else name.stage,
            number=position.number if position else name.number,
            line=position.line if position else 0,
            instruction=instruction,
            key=position.key if position else shown_key(instruction),
            place=Place.NAME,
            size_bytes=None,
            resources=self.facts.resources.get(vertex.digest),
        )

    def _record(
        self,
        vertex: Vertex,
        parts: Sequence[Vertex],
        *,
        platform: str,
        runs_on: str,
        stage: str,
        number: int,
        line: int,
        instruction: str,
        key: str,
        place: Place,
        size_bytes: int | None,
        resources: Resources | None,
    ) -> StepRecord:
        runs = (*vertex.runs, *(run for part in parts for run in part.runs))
        transfers = (*vertex.transfers, *(move for part in parts for move in part.transfers))
        ran = [one.seconds for one in (vertex, *parts) if one.seconds is not None]
        hit = vertex.outcome is Outcome.CACHED  # what is linked into a changed stage comes from the cache all the same
        return StepRecord(
            vertex=vertex.digest,
            platform=platform,
            runs_on=runs_on,
            stage=stage,
            number=number,
            line=line,
            instruction=instruction,
            key=key,
            place=place,
            outcome=vertex.outcome,
            spans=() if hit else self._spans(runs),
            transfers=self._spans((*runs, *transfers) if hit else transfers),
            duration_s=None if hit or vertex.seconds is None else sum(ran),
            size_bytes=size_bytes,
            resources=resources,
            inputs=self._inputs(vertex, *parts),
            emulated=emulated(runs_on, self.facts.native) if instruction.startswith(("RUN", "ONBUILD RUN")) else False,
            error=self.redact.text("\n".join((vertex.error, *vertex.log)).strip()),
        )

    def _shown(self, name: StepName) -> str:
        return one_line(self.redact.text(name.instruction))

    def _serves(self, vertex: Vertex, platform: str, line: int) -> bool:
        """Whether a vertex is for a platform and line; one of which the engine does not say what it is for may be."""
        known = {
            name: one.origins[vertex.digest].lines
            for name, one in self.facts.provenance.items()
            if vertex.digest in one.origins
        }
        return not any(known.values()) or line in known.get(platform, ())

    def _inputs(self, *vertices: Vertex) -> tuple[str, ...]:
        """Return the steps and other vertices that a step's vertices depend on."""
        own = {vertex.digest for vertex in vertices}
        found = (self.whole.get(digest, digest) for vertex in vertices for digest in vertex.inputs)
        return tuple(dict.fromkeys(digest for digest in found if digest not in own))

    def _overheads(self, vertex: Vertex) -> Iterator[Overhead]:
        kind = overhead_kind(vertex.name)
        intervals = merged((*vertex.runs, *vertex.transfers))
        if not intervals and vertex.seconds is None and not vertex.error:
            return
        parts = tuple(self._parts(vertex)) if kind == "export" else ()
        spans = without(self._spans(intervals), [interval for part in parts for interval in part.spans])
        rest = max((vertex.seconds or 0.0) - sum(part.duration_s for part in parts), 0.0)
        yield Overhead(
            kind=kind,
            name=one_line(self.redact.text(vertex.name)),
            spans=spans,
            duration_s=sum(span.end_s - span.start_s for span in spans) if intervals else rest,
            size_bytes=_moved_bytes(vertex) if kind != "export" else None,
            error=self.redact.text(vertex.error),
        )
        yield from parts

    def _parts(self, vertex: Vertex) -> Iterator[Overhead]:
        """Yield what an export does besides writing layers and manifests."""
        for kind in dict.fromkeys(part_kind(status.name) for status in vertex.statuses):
            if kind == "export":
                continue
            mine = [status for status in vertex.statuses if part_kind(status.name) == kind]
            spans = self._spans(merged(status.span for status in mine if status.span))
            measured = sum(span.end_s - span.start_s for span in spans)
            yield Overhead(
                kind=kind,
                name=one_line(self.redact.text(mine[0].name)),
                spans=spans,
                duration_s=measured if spans else sum(status.seconds for status in mine),
                size_bytes=sum(status.size_bytes or 0 for status in mine) or None,
            )

    def _spans(self, intervals: Sequence[tuple[float, float]]) -> tuple[Span, ...]:
        if self.began is None:
            return ()
        return tuple(Span(begin - self.began, end - self.began) for begin, end in merged(intervals))


def _begin(overhead: tuple[Vertex, Overhead]) -> float:
    """Return when an overhead began; those without times keep their order at the end."""
    spans = overhead[1].spans
    return spans[0].start_s if spans else math.inf


def without(spans: Sequence[Span], taken: Sequence[Span]) -> tuple[Span, ...]:
    """Return what of ``spans`` no interval of ``taken`` covers."""
    left = list(spans)
    for hole in taken:
        left = [
            piece
            for span in left
            for piece in (
                Span(span.start_s, min(span.end_s, hole.start_s)),
                Span(max(span.start_s, hole.end_s), span.end_s),
            )
            if piece.end_s > piece.start_s
        ]
    return tuple(left)


def _parts(vertices: Sequence[Vertex]) -> dict[str, list[Vertex]]:
    """Return what belongs to the step of another vertex, by that vertex' digest.

    A ``COPY --link`` is copied onto nothing, so platforms may share it, and merged into each stage by a vertex of its
    own (``LINK COPY ..``). An ``ADD`` of a URL is downloaded by one vertex and copied by another of the same name.
    """
    parts: dict[str, list[Vertex]] = {}
    by_digest = {vertex.digest: vertex for vertex in vertices}
    for vertex in vertices:
        inputs = [by_digest[digest] for digest in vertex.inputs if digest in by_digest]
        if copies := [one for one in inputs if is_merge(vertex.name) and is_linked_copy(one.name)]:
            # the stage before may be merged itself, and its copies be among the inputs; the last is the new one
            parts.setdefault(copies[-1].digest, []).append(vertex)
        elif step_name(vertex.name) is not None:
            parts.setdefault(vertex.digest, []).extend(one for one in inputs if one.name == vertex.name)
    return parts


def _moved_bytes(vertex: Vertex) -> int | None:
    """Return the bytes that a vertex moved: its layers, where it has some, else the largest of what it counts."""
    layers = [status.size_bytes or 0 for status in vertex.statuses if status.name.startswith("sha256:")]
    return sum(layers) or max((status.size_bytes or 0 for status in vertex.statuses), default=0) or None


def _work_of(sharers: Sequence[StepRecord]) -> Work:
    inputs = tuple(dict.fromkeys(digest for step in sharers for digest in step.inputs))
    spans = [span for step in sharers for span in (*step.spans, *step.transfers)]
    return Work(sharers[0].vertex, inputs, merge_spans(spans))


def merge_spans(spans: Sequence[Span]) -> tuple[Span, ...]:
    """Return spans in order, overlapping ones as one."""
    return tuple(Span(*interval) for interval in merged(spans))


def _bases(vertices: Sequence[Vertex]) -> Iterator[tuple[str, str]]:
    for vertex in vertices:
        if found := image_of(vertex.name):
            yield found


_AS_THEY_ARE = {("386", "amd64")}
"""Architectures of which the second runs the first without emulation."""


def emulated(runs_on: str, native: str) -> bool | None:
    """Whether a step is run under emulation on a machine, None where one of the platforms is not known."""
    if not runs_on or not native:
        return None
    wanted, own = (platform.partition("/")[2].partition("/")[0] for platform in (runs_on, native))
    return wanted != own and (wanted, own) not in _AS_THEY_ARE
