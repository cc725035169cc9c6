"""Runs one build of a bench with the clock in hand, and keeps its record apart from those of the team's own builds."""

import os
import pathlib
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from layerwise.builder import buildx, local_state
from layerwise.builder.bundle import EngineRecord
from layerwise.builder.engine_record import Surroundings, record_of
from layerwise.builder.history import Span
from layerwise.builder.local_state import Reference
from layerwise.builder.made import Trace, works_of
from layerwise.builder.redact import Redactor
from layerwise.errors import BuilderError, LogError
from layerwise.recording import engine_records
from layerwise.records import BENCH, BuildRecord, Seen, Source
from layerwise.store.store import Store

_LAST_LINES = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What a bench knows of a build that nothing else says.

    Attributes:
        project: What it is a build of.
        dockerfile: The Dockerfile's path from the project's root; the one that is built is a copy.
        context: The build context's.
        commit: The commit checked out.
        bench: The bench's name.
        scenario: The scenario's, whose change the bench made.
    """

    project: str
    dockerfile: str
    context: str
    commit: str
    bench: str
    scenario: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """One build.

    Attributes:
        code: Exit code of the client.
        wall_s: Seconds from its start to its end.
        last: The last lines that it wrote.
        trace: What its records of the cache are known by; None where the builder does not remember it.
        build: The id of its record in the store, "" where there is none.
    """

    code: int
    wall_s: float
    last: tuple[str, ...]
    trace: Trace | None
    build: str


def timed_build(
    options: Sequence[str],
    context: pathlib.Path,
    environment: Mapping[str, str],
    scope: str,
    label: Label | None = None,
    kept: tuple[Store, Redactor] | None = None,
) -> Timed:
    """Build a directory, once the disk has written what earlier builds left for it, and record the build.

    Args:
        options: Of ``docker buildx build``.
        context: The build context, which no other client builds at the same time.
        environment: The client's.
        scope: The part of the cache that the options name, "" for none.
        label: What the record says, None for no record.
        kept: Where it is kept, and what masks secrets.

    Raises:
        BuilderError: There is no docker here.
        StoreError: The store can't be written.
        KeyboardInterrupt: The user's, once the client has ended.
    """
    known = local_state.references(environment)
    command = ("docker", "buildx", "build", "--progress=plain", *options, str(context))
    last: deque[str] = deque(maxlen=_LAST_LINES)
    # What the build before left for the disk to write must not be charged to this one: the sides take turns, so the
    # side whose files are fewer would pay for the other. It reaches a builder on this machine only.
    os.sync()
    start = time.perf_counter()
    running = buildx.Running(command, environment, None, mute=True)
    try:
        for line in running.lines():
            last.append(line.decode(errors="replace").rstrip())
        code = running.code()
    except BaseException:
        running.interrupt()
        running.code()
        raise
    wall_s = time.perf_counter() - start
    own = local_state.begun(str(context), known, environment)
    trace, engine = trace_of(own[-1], environment, scope) if own else (None, None)
    build = ""
    if engine and trace and label and kept:
        store, redact = kept
        record = _record(engine, trace.reference, label, redact)
        store.add(record)
        build = record.id
    return Timed(code=code, wall_s=wall_s, last=tuple(last), trace=trace, build=build)


def trace_of(
    reference: Reference, environment: Mapping[str, str], scope: str = "", patience_s: float | None = None
) -> tuple[Trace | None, EngineRecord | None]:
    """Return what is left of a build that is over, None where its builder does not remember it."""
    deadline = time.monotonic() + (engine_records.PATIENCE_S if patience_s is None else patience_s)
    try:
        engine = engine_records.engine_record(reference, environment, deadline)
    except (BuilderError, LogError):
        return None, None
    created, completed = engine.record.created, engine.record.completed
    if created is None or completed is None:
        return None, None
    span = Span(created.epoch_s, completed.epoch_s)
    return Trace(reference, span, works_of(engine), scope), engine


def _record(engine: EngineRecord, reference: Reference, label: Label, redact: Redactor) -> BuildRecord:
    around = Surroundings(project=label.project, source=Source.ENGINE, builder=reference.builder, local=True)
    record = record_of(engine, around, redact)
    sources = replace(record.sources, dockerfile=label.dockerfile, context=label.context, commit=label.commit)
    seen = Seen(kind=label.scenario, evidence="a bench made this change")
    return replace(record, project=label.project, group=f"{BENCH}{label.bench}", sources=sources, change=seen)
