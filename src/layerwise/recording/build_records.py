"""The records of the calls of one build: from the engines that carried them out, else from what was seen of them."""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

from layerwise.builder.bundle import EngineRecord
from layerwise.builder.cgroups import Sample
from layerwise.builder.inputs.bases import with_bases
from layerwise.builder.local_state import Reference
from layerwise.builder.names import step_name
from layerwise.builder.observed import Vertex
from layerwise.errors import BuilderError, LogError, StoreError
from layerwise.inputs.manifest import InputManifest
from layerwise.recording import engine_records
from layerwise.recording.build_merge import merged
from layerwise.recording.build_parts import Keeping, Made, Tagging
from layerwise.recording.keeper import Keeper
from layerwise.recording.keeping import Kept, Tree, keep
from layerwise.records import BuildRecord, Outcome, Overhead, Source, Span


@dataclass(frozen=True, slots=True)
class _Found:
    record: BuildRecord
    tree: Tree | None


def kept_builds(
    made: Sequence[Made],
    engines: Mapping[Reference, EngineRecord | str],
    keeping: Keeping,
    samples: tuple[Sample, ...],
    tagging: Tagging | None,
    inputs: InputManifest | None,
) -> tuple[tuple[Kept, ...], tuple[str, ...]]:
    """Keep one record of a build, and one of each earlier run of a call in which something was built.

    Args:
        made: Its calls.
        engines: Of ``engines_of``.
        keeping: Where it is kept.
        samples: What containers of BuildKit on this machine used meanwhile.
        tagging: What came after, None where no tag was to move.
        inputs: The pieces of the steps' cache keys, None where nobody could tell.

    Returns:
        What is kept, and why something is not.
    """
    keeper = Keeper(keeping.store, keeping.redact, keeping.checkout, keeping.directory, keeping.project, samples)
    last, earlier = _sorted_out(made, engines)
    problems: list[str] = []
    whole: list[_Found] = []
    for one, found in zip(made, last, strict=True):
        if isinstance(found, EngineRecord):
            reference = one.metadata.reference or Reference(one.call.place.builder.name, "", found.record.ref)
            whole.append(_Found(keeper.record(found, reference), keeper.tree(found)))
        elif one.attempt and one.attempt.observed:
            seen = keeper.seen(one.attempt.observed, Source.RAWJSON, tuple(filter(None, (one.call.platform,))))
            whole.append(_Found(replace(seen, notes=(*seen.notes, found)), None))
        elif one.attempt is None or one.attempt.observed:  # otherwise no build was begun
            problems.append(str(found))
    kept: list[Kept] = []
    try:
        for reference, engine in earlier:
            if any(_ran(vertex) for vertex in engine.observed.vertices):
                kept.append(keeper.keep(engine, reference))
        if whole:
            record = _without_misses(merged([found.record for found in whole]))
            record = _tagged(record, tagging) if tagging else record
            kept.append(keep(_measured(record, made), whole[0].tree, keeper.store))
            if inputs:
                keeper.store.add_inputs(record.id, with_bases(inputs, record.sources.bases))
    except StoreError as error:
        problems.append(str(error))
    return tuple(kept), tuple(problems)


def engines_of(
    made: Sequence[Made],
    new: Sequence[Reference],
    archives: "Mapping[Reference, Future[bytes]] | None" = None,
) -> Mapping[Reference, EngineRecord | str]:
    """Return the engines' records of builds by reference, or why there is none.

    Args:
        made: Calls that are over.
        new: The builds that were begun meanwhile.
        archives: The engines' first answers, where they have been asked already.
    """
    places = {one.metadata.reference: one.call.place.environment for one in made if one.metadata.reference}
    by_builder = {one.call.place.builder.name: one.call.place.environment for one in made}
    for reference in new:
        environment = by_builder.get(reference.builder, made[0].call.place.environment)
        places.setdefault(reference, environment)
    deadline = time.monotonic() + engine_records.PATIENCE_S

    def asked(reference: Reference) -> EngineRecord | str:
        first = (archives[reference],) if archives and reference in archives else ()
        try:
            return engine_records.engine_record(reference, places[reference], deadline, *first)
        except (BuilderError, LogError) as error:
            return str(error)

    with ThreadPoolExecutor(max_workers=max(len(places), 1)) as pool:
        return dict(zip(places, pool.map(asked, places), strict=True))


def _sorted_out(
    made: Sequence[Made], engines: Mapping[Reference, EngineRecord | str]
) -> tuple[list[EngineRecord | str], list[tuple[Reference, EngineRecord]]]:
    """Return the record of each call's last run, or why there is none, and the records of all other runs."""
    left = {
        reference: engine
        for reference, engine in sorted(engines.items(), key=lambda one: _began(one[1]))
        if isinstance(engine, EngineRecord)
    }
    last: list[EngineRecord | str] = []
    for one in made:
        if own := one.metadata.reference:
            last.append(engines[own])
            left.pop(own, None)
            continue
        mine = [ref for ref, engine in left.items() if one.call.platform in ("", *engine.record.platforms())]
        last.append(left.pop(mine[-1]) if mine else "the engine keeps no record of it")
    return last, list(left.items())


def _ran(vertex: Vertex) -> bool:
    """Whether a vertex is a step that ran; a base is only looked up, whatever BuildKit calls it."""
    name = step_name(vertex.name)
    return vertex.outcome is Outcome.EXECUTED and name is not None and not name.instruction.startswith("FROM ")


def _began(engine: EngineRecord | str) -> float:
    return 0.0 if isinstance(engine, str) else engine.observed.started_at or 0.0


def _without_misses(record: BuildRecord) -> BuildRecord:
    """Return a record in which a cache that is not there yet is no error: every branch has a first build."""
    overheads = (
        replace(one, error="") if one.kind == "cache-import" and one.error.endswith(": not found") else one
        for one in record.overheads
    )
    return replace(record, overheads=tuple(overheads))


def _tagged(record: BuildRecord, tagging: Tagging) -> BuildRecord:
    """Return the record of a build with what came after it."""
    if record.wall_s is None:
        return replace(record, tags=tagging.tags)
    ended = record.wall_s + tagging.seconds
    after = Overhead(
        kind="push",
        name="checking the images and moving their tags",
        spans=(Span(record.wall_s, ended),),
        duration_s=tagging.seconds,
        critical_s=tagging.seconds,
    )
    return replace(record, wall_s=ended, overheads=(*record.overheads, after), tags=tagging.tags)


def _measured(record: BuildRecord, made: Sequence[Made]) -> BuildRecord:
    """Return a record with what the builders' caches hold; nobody looks where nothing was added to them."""
    ran = any(step.outcome is Outcome.EXECUTED for step in record.steps if step.keyword != "FROM")
    if record.cache_bytes is not None or not ran:
        return record
    places = {one.call.place.builder.name: one.call.place for one in made}
    held = [engine_records.cache_bytes(place.named or None, place.environment) for place in places.values()]
    known = [value for value in held if value is not None]
    return replace(record, cache_bytes=sum(known) if len(known) == len(held) else None)
