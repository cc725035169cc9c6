"""Builds of one application for two platforms, one of them emulated, as BuildKit would have reported them."""

from dataclasses import replace

from tests.records import build, digest, step

from layerwise.records import (
    BuildRecord,
    Ending,
    Outcome,
    Overhead,
    Place,
    Resources,
    Seen,
    Source,
    Sources,
    Span,
    StepRecord,
)

AMD64, ARM64 = "linux/amd64", "linux/arm64"
NOW = 1_780_000_000.0
DAY = 86_400.0
BASE = "FROM docker.io/library/python:3.12@" + digest("python")

# Number, line, instruction, seconds on amd64 and under emulation.
LINES = (
    (2, 9, "RUN apt-get update && apt-get install -y --no-install-recommends ffmpeg sox", 69.5, 494.6),
    (3, 21, "RUN --mount=type=cache,target=/root/.npm npm install -g sharp-cli@5.1.0", 9.4, 88.5),
    (4, 24, "WORKDIR /app", 0.1, 0.1),
    (5, 25, "COPY . .", 0.2, 0.2),
    (6, 27, "RUN pip install --no-cache-dir -r requirements.txt", 19.4, 77.0),
)


def overhead(kind: str, start: float, seconds: float, **rest: object) -> Overhead:
    """Return an overhead that ran from ``start`` for ``seconds``."""
    return Overhead(kind=kind, name=kind, spans=(Span(start, start + seconds),), duration_s=seconds, **rest)  # type: ignore[arg-type]


def steps_of(platform: str, first: int, *, start: float = 2.0) -> list[StepRecord]:
    """Return a platform's steps, those of the numbers from ``first`` on executed one after the other."""
    emulated = platform == ARM64
    made = [
        step(
            BASE,
            platform=platform,
            number=1,
            line=1,
            outcome=Outcome.CACHED,
            transfers=(Span(0.5, 2.0),) if first == 2 else (),
            emulated=emulated,
            critical_s=1.5 if emulated and first == 2 else 0.0,
        )
    ]
    for number, line, instruction, *seconds in LINES:
        took = seconds[emulated]
        ran = number >= first
        made.append(
            step(
                instruction,
                platform=platform,
                number=number,
                line=line,
                outcome=Outcome.EXECUTED if ran else Outcome.CACHED,
                start=start,
                seconds=took,
                size=int(took * 1e6),
                emulated=emulated,
                critical_s=took if ran and emulated else 0.0,
                transfers=() if ran or number != first - 1 else (Span(0.5, 0.5 + took / 20),),
                resources=Resources(cpu_s=took * 0.9, peak_memory_bytes=int(took * 4e6), source="cgroup")
                if ran
                else None,
            )
        )
        start += took if ran else 0.0
    return made


def montage(name: str, kind: str, first: int, *, day: float) -> BuildRecord:
    """Return a build ``day`` days ago in which all steps from number ``first`` on ran."""
    steps = [*steps_of(AMD64, first), *steps_of(ARM64, first)]
    end = max([span.end_s for one in steps for span in one.spans], default=2.0)
    export = 25.4 if first < 7 else 0.3
    return build(
        *steps,
        id=name,
        started_at=NOW - day * DAY,
        wall_s=end + export + 3.0,
        overheads=(
            overhead("definition", 0.0, 0.5, critical_s=0.5),
            overhead("context", 0.5, 0.4, size_bytes=1_200_000),
            overhead("cache-import", 0.6, 1.1, critical_s=0.4),
            overhead("export", end, export, critical_s=export),
            overhead("cache-export", end, export / 2),
        ),
        change=Seen(kind=kind, evidence="src/montage/cli.py differs"),
        sources=Sources(
            dockerfile="Dockerfile",
            dockerfile_digest=digest("Dockerfile"),
            arguments=(("GIT_COMMIT", name), ("TOKEN", f"hmac:{digest(name)}")),
            bases=(("docker.io/library/python:3.12", digest("python")),),
            commit=digest(name).removeprefix("sha256:")[:40],
            dirty=(),
        ),
    )


def past() -> tuple[BuildRecord, ...]:
    """Return builds of the last weeks, the newest first: most of them changed the code."""
    codes = [montage(f"code{day}", "code", 5, day=day) for day in range(1, 9)]
    return (
        *codes,
        montage("same", "unchanged", 7, day=9),
        montage("pip", "deps:pip", 5, day=10),
        montage("cold", "cold", 2, day=41),
    )


def broken() -> BuildRecord:
    """Return a build whose emulated npm install failed, with the other platform's pip install cancelled."""
    whole = montage("broken", "code", 3, day=0)
    error = 'process "/bin/sh -c npm install" did not complete successfully: exit code: 1'
    outcomes = {
        (AMD64, 6): {"outcome": Outcome.CANCELLED, "error": "context canceled"},
        (ARM64, 3): {"outcome": Outcome.FAILED, "error": error},
        **{
            (ARM64, number): {"outcome": Outcome.SKIPPED, "duration_s": None, "spans": (), "critical_s": 0.0}
            for number in (4, 5, 6)
        },
    }
    steps = tuple(replace(one, **outcomes.get((one.platform, one.number), {})) for one in whole.steps)
    return replace(whole, steps=steps, overheads=whole.overheads[:3], ending=Ending.FAILED, error=error, wall_s=92.0)


def without_times(record: BuildRecord) -> BuildRecord:
    """Return a build as a plain log without time stamps tells of it."""
    steps = tuple(replace(one, spans=(), transfers=(), critical_s=0.0, place=Place.NAME) for one in record.steps)
    overheads = tuple(replace(one, spans=(), critical_s=0.0) for one in record.overheads)
    return replace(
        record, source=Source.PLAIN, started_at=None, wall_s=None, steps=steps, overheads=overheads, sources=Sources()
    )


EMPTY = BuildRecord(
    id="empty",
    project="shop",
    source=Source.RAWJSON,
    ending=Ending.CUT,
    started_at=None,
    wall_s=None,
    steps=(),
    overheads=(),
)
