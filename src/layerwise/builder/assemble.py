"""What was seen of a build, and what its engine knows of it, to one record."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from layerwise.builder.checksums import checksums
from layerwise.builder.critical import Work, critical_path
from layerwise.builder.events import merged
from layerwise.builder.facts import Facts, Scale
from layerwise.builder.names import image_of, step_name, without_targets
from layerwise.builder.observed import Observed, Vertex
from layerwise.builder.overhead_records import overheads_of
from layerwise.builder.redact import Redactor
from layerwise.builder.step_records import StepRecords
from layerwise.records import BuildRecord, Overhead, Span, StepRecord


def assemble(observed: Observed, facts: Facts, redact: Redactor) -> BuildRecord:
    """Return the record of a build; nothing secret is in it."""
    observed = unprefixed(observed)
    redact = redact.knowing(facts.arguments)
    began, ended = facts.span or (observed.started_at, observed.ended_at)
    wall_s = None if began is None or ended is None else max(ended - began, 0.0)
    steps, overheads = _timed(observed, facts, Scale(began, redact), wall_s)
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
        started_at=began,
        wall_s=wall_s,
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


def _timed(
    observed: Observed, facts: Facts, scale: Scale, wall_s: float | None
) -> tuple[tuple[StepRecord, ...], tuple[Overhead, ...]]:
    """Return the steps and the overheads, each with its part of the critical path."""
    makes = StepRecords(observed.vertices, facts, scale)
    steps: list[StepRecord] = []
    overheads: list[tuple[Vertex, Overhead]] = []
    for vertex in observed.vertices:
        name = step_name(vertex.name)
        if name is None:
            overheads += [(vertex, overhead) for overhead in overheads_of(vertex, scale)]
        elif not makes.is_part(vertex):
            steps += makes.of(vertex, name)
    return _on_the_path(steps, overheads, makes, wall_s)


def _on_the_path(
    steps: list[StepRecord], overheads: list[tuple[Vertex, Overhead]], makes: StepRecords, wall_s: float | None
) -> tuple[tuple[StepRecord, ...], tuple[Overhead, ...]]:
    if wall_s is None:
        return tuple(steps), tuple(sorted((overhead for _, overhead in overheads), key=_begin))
    shared: dict[str, list[StepRecord]] = {}
    for step in steps:
        shared.setdefault(step.vertex, []).append(step)
    works = [_work_of(sharers) for sharers in shared.values()]
    works += [Work(vertex.digest, makes.inputs(vertex), overhead.spans) for vertex, overhead in overheads]
    read = tuple(checksums(steps, [(work.vertex, work.spans) for work in works]))
    works += [Work("", step.inputs, overhead.spans) for step, overhead in read]
    spent = critical_path(works, wall_s)
    by_vertex = dict(zip(shared, spent, strict=False))
    around = [overhead for _, overhead in (*overheads, *read)]
    timed = (replace(one, critical_s=seconds) for one, seconds in zip(around, spent[len(shared) :], strict=True))
    return (
        tuple(replace(step, critical_s=by_vertex[step.vertex]) for step in steps),
        tuple(sorted(timed, key=_begin)),
    )


def _begin(overhead: Overhead) -> float:
    """Return when an overhead began; those without times keep their order at the end."""
    return overhead.spans[0].start_s if overhead.spans else math.inf


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
