"""Small records of builds to test with: a figure that a test is not about has a plain default."""

import hashlib
from typing import Any

from layerwise.records import BuildRecord, Ending, Outcome, Place, Source, Span, StepRecord


def digest(text: str) -> str:
    """Return a digest as BuildKit writes it."""
    return f"sha256:{hashlib.sha256(text.encode('utf-8', 'surrogateescape')).hexdigest()}"


def step(
    instruction: str = "RUN make",
    *,
    platform: str = "linux/amd64",
    stage: str = "stage-0",
    number: int = 2,
    line: int = 2,
    outcome: Outcome = Outcome.EXECUTED,
    start: float = 0.0,
    seconds: float = 1.0,
    key: str | None = None,
    size: int | None = None,
    vertex: str | None = None,
    **rest: Any,
) -> StepRecord:
    """Return a step that ran from `start` for `seconds`, or did not run if its outcome says so.

    `key` is by default the instruction's digest, `vertex` one of platform, stage and number. `rest` are fields of
    `StepRecord` and win over what is derived.
    """
    ran = outcome not in (Outcome.CACHED, Outcome.SKIPPED)
    derived = {
        "place": Place.PROVENANCE,
        "spans": (Span(start, start + seconds),) if ran else (),
        "duration_s": seconds if ran else None,
        "emulated": False,
    }
    return StepRecord(
        vertex=digest(f"{platform} {stage} {number}") if vertex is None else vertex,
        platform=platform,
        stage=stage,
        number=number,
        line=line,
        instruction=instruction,
        key=digest(instruction) if key is None else key,
        outcome=outcome,
        size_bytes=size,
        **derived | rest,
    )


def build(
    *steps: StepRecord,
    id: str = "b1",  # noqa: A002 - the record's own word
    started_at: float | None = 1_000_000.0,
    wall_s: float | None = None,
    **rest: Any,
) -> BuildRecord:
    """Return a completed build of the project `shop` from these steps.

    `wall_s` is by default the end of the last step. `rest` are fields of `BuildRecord` and win over what is derived.
    """
    derived = {
        "project": "shop",
        "source": Source.ENGINE,
        "ending": Ending.COMPLETED,
        "overheads": (),
        "platforms": tuple(dict.fromkeys(step.platform for step in steps)),
        "builder": "builder",
    }
    end = max((span.end_s for step in steps for span in step.spans), default=0.0)
    return BuildRecord(
        id=id,
        started_at=started_at,
        wall_s=end if wall_s is None else wall_s,
        steps=steps,
        **derived | rest,
    )
