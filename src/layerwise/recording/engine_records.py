"""Asks engines for their own records of builds that have just ended."""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from io import BytesIO

from layerwise.builder import buildx
from layerwise.builder.bundle import EngineRecord, read_bundle
from layerwise.builder.local_state import Reference
from layerwise.builder.usage import read_usage
from layerwise.errors import BuilderError, LogError

PATIENCE_S = 3.0
PAUSE_S = 0.2


def engine_records(
    references: Sequence[Reference], environment: Mapping[str, str]
) -> tuple[list[tuple[Reference, EngineRecord]], tuple[str, ...]]:
    """Return the engine's records of the builds that are over, by start, and why there is none of the others."""
    found: list[tuple[Reference, EngineRecord]] = []
    problems = []
    deadline = time.monotonic() + PATIENCE_S
    for reference in references:
        try:
            found.append((reference, engine_record(reference, environment, deadline)))
        except (BuilderError, LogError) as error:
            problems.append(str(error))
    return sorted(found, key=lambda one: one[1].observed.started_at or 0.0), tuple(problems)


def engine_record(
    reference: Reference,
    environment: Mapping[str, str],
    deadline: float,
    first: "Future[bytes] | None" = None,
) -> EngineRecord:
    """Return the record of a build that is over; ``first`` is the engine's answer where it was asked already.

    One that still runs is another command's, or its client was killed and its engine has not noticed yet: then there
    is no record yet, or one without an end.
    """
    while True:
        try:
            archive = first.result() if first else buildx.export(reference, environment)
            (engine,) = read_bundle(BytesIO(archive), f"build {reference.id}")
            if engine.record.completed is not None:
                return engine
            problem: BuilderError | LogError = BuilderError(
                f"build {reference.id} still runs; `layerwise import` reads its export once it has ended"
            )
        except (BuilderError, LogError) as error:
            problem = error
        first = None
        if time.monotonic() > deadline:
            raise problem
        time.sleep(PAUSE_S)


def cache_bytes(builder: str | None, environment: Mapping[str, str]) -> int | None:
    """Return what a builder's cache holds, the current one's where none is named; None where it does not say."""
    try:
        items = read_usage(buildx.usage(environment, builder))
    except BuilderError:
        return None
    return sum(item.size_bytes or 0 for item in items)
