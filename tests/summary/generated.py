"""Records of builds as no builder would make them, but as one could be read."""

from hypothesis import strategies as st
from tests.records import build

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

PLATFORMS = ("linux/amd64", "linux/arm64", "")
WORDS = st.one_of(st.sampled_from(["RUN npm ci", "FROM debian", "COPY . .", "ONBUILD RUN x", ""]), st.text(max_size=30))
SECONDS = st.integers(0, 10**8).map(lambda milliseconds: milliseconds / 1000)
MAYBE_SECONDS = st.none() | SECONDS
SIZES = st.none() | st.integers(0, 10**12)


@st.composite
def spans(draw: st.DrawFn) -> tuple[Span, ...]:
    """Return spans in order that do not overlap."""
    times = sorted(draw(st.lists(SECONDS, max_size=6)))
    return tuple(Span(start, end) for start, end in zip(times[::2], times[1::2], strict=False))


@st.composite
def steps(draw: st.DrawFn) -> StepRecord:
    """Return a step."""
    return StepRecord(
        vertex=draw(st.sampled_from("abcdef")),
        platform=draw(st.sampled_from(PLATFORMS)),
        runs_on=draw(st.sampled_from(["", "linux/amd64"])),
        stage=draw(st.sampled_from(["stage-0", "final"])),
        number=draw(st.integers(0, 4)),
        line=draw(st.integers(0, 9)),
        instruction=draw(WORDS),
        key=draw(st.sampled_from(["k1", "k2", "shown:k3"])),
        place=draw(st.sampled_from(Place)),
        outcome=draw(st.sampled_from(Outcome)),
        spans=draw(spans()),
        transfers=draw(spans()),
        duration_s=draw(MAYBE_SECONDS),
        size_bytes=draw(SIZES),
        resources=draw(
            st.none() | st.builds(Resources, cpu_s=MAYBE_SECONDS, peak_memory_bytes=SIZES, source=st.just("engine"))
        ),
        emulated=draw(st.none() | st.booleans()),
        critical_s=draw(SECONDS),
        error=draw(WORDS),
    )


OVERHEADS = st.builds(
    Overhead,
    kind=st.sampled_from(["definition", "context", "cache-import", "cache-export", "push", "other"])
    | st.text(max_size=5),
    name=WORDS,
    spans=spans(),
    duration_s=SECONDS,
    size_bytes=SIZES,
    critical_s=SECONDS,
    error=WORDS,
)
SOURCES = st.builds(
    Sources,
    dockerfile=st.sampled_from(["", "Dockerfile"]),
    target=st.sampled_from(["", "final"]),
    arguments=st.lists(st.tuples(WORDS, WORDS | st.just("hmac:1")), max_size=3).map(tuple),
    bases=st.lists(st.tuples(WORDS, WORDS), max_size=2).map(tuple),
    commit=WORDS,
    dirty=st.none() | st.lists(st.tuples(WORDS, WORDS), max_size=2).map(tuple),
)


@st.composite
def records(draw: st.DrawFn) -> BuildRecord:
    """Return a build."""
    return build(
        *draw(st.lists(steps(), max_size=7)),
        id=draw(st.sampled_from(["b1", "b2", "b3"])),
        started_at=draw(st.none() | st.floats(0, 2e9, allow_nan=False)),
        wall_s=draw(SECONDS),
        overheads=tuple(draw(st.lists(OVERHEADS, max_size=4))),
        platforms=draw(st.sampled_from([(), PLATFORMS[:1], PLATFORMS[:2]])),
        ending=draw(st.sampled_from(Ending)),
        source=draw(st.sampled_from(Source)),
        sources=draw(SOURCES),
        change=Seen(kind=draw(st.sampled_from(["cold", "code", "unknown"])), evidence=draw(WORDS)),
        error=draw(WORDS),
        notes=tuple(draw(st.lists(WORDS, max_size=2))),
    )
