"""The steps of a build, from the vertices that instructions made."""

from collections.abc import Iterator, Sequence

from layerwise.builder.facts import Facts, Scale
from layerwise.builder.names import StepName, is_linked_copy, is_merge, step_name
from layerwise.builder.observed import Vertex
from layerwise.builder.placing import shown_key
from layerwise.builder.provenance import Origin
from layerwise.records import Outcome, Place, Resources, StepRecord


class StepRecords:
    """Makes the records of a build's steps."""

    def __init__(self, vertices: Sequence[Vertex], facts: Facts, scale: Scale) -> None:
        self.facts = facts
        self.scale = scale
        self.parts_of = _parts(vertices)
        self.whole = {part.digest: whole for whole, parts in self.parts_of.items() for part in parts}

    def is_part(self, vertex: Vertex) -> bool:
        """Whether a vertex belongs to the step of another one."""
        return vertex.digest in self.whole

    def of(self, vertex: Vertex, name: StepName) -> Iterator[StepRecord]:
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
        instruction = self.scale.shown(name.instruction)
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
        instruction = self.scale.shown(name.instruction)
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
            spans=() if hit else self.scale.spans(runs),
            transfers=self.scale.spans((*runs, *transfers) if hit else transfers),
            duration_s=None if hit or vertex.seconds is None else sum(ran),
            size_bytes=size_bytes,
            resources=resources,
            inputs=self.inputs(vertex, *parts),
            emulated=emulated(runs_on, self.facts.native) if instruction.startswith(("RUN", "ONBUILD RUN")) else False,
            error=self.scale.redact.text("\n".join((vertex.error, *vertex.log)).strip()),
        )

    def _serves(self, vertex: Vertex, platform: str, line: int) -> bool:
        """Whether a vertex is for a platform and line; one of which the engine does not say what it is for may be."""
        known = {
            name: one.origins[vertex.digest].lines
            for name, one in self.facts.provenance.items()
            if vertex.digest in one.origins
        }
        return not any(known.values()) or line in known.get(platform, ())

    def inputs(self, *vertices: Vertex) -> tuple[str, ...]:
        """Return the steps and other vertices that a step's vertices depend on."""
        own = {vertex.digest for vertex in vertices}
        found = (self.whole.get(digest, digest) for vertex in vertices for digest in vertex.inputs)
        return tuple(dict.fromkeys(digest for digest in found if digest not in own))


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


_AS_THEY_ARE = {("386", "amd64")}
"""Architectures of which the second runs the first without emulation."""


def emulated(runs_on: str, native: str) -> bool | None:
    """Whether a step is run under emulation on a machine, None where one of the platforms is not known."""
    if not runs_on or not native:
        return None
    wanted, own = (platform.partition("/")[2].partition("/")[0] for platform in (runs_on, native))
    return wanted != own and (wanted, own) not in _AS_THEY_ARE
