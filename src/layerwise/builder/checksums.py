"""The time in which the engine reads what a COPY takes from another stage or image, which is in no vertex.

Such a COPY is keyed by the content of what it takes (the slow cache, BuildKit solver/edge.go): once the stage is there
the engine reads it all, and only then does the step start. Tried: 1.2 GB took 1.2 s, a tenth of it no time to speak of.
What comes from the build context is read while it is sent. Only time in which nothing else ran is taken for that.
"""

from collections.abc import Iterator, Sequence

from layerwise.builder.critical import AT_ONCE_S
from layerwise.builder.overhead_records import without
from layerwise.records import Overhead, Span, StepRecord


def checksums(
    steps: Sequence[StepRecord], ran: Sequence[tuple[str, Sequence[Span]]]
) -> Iterator[tuple[StepRecord, Overhead]]:
    """Yield the time before each step that copies so, with the step; ``ran`` has the spans of each vertex."""
    everything = [span for _, spans in ran for span in spans]
    for step in {step.vertex: step for step in reversed(steps)}.values():
        begun = [span.start_s for vertex, spans in ran if vertex == step.vertex for span in spans]
        ready = [span.end_s for vertex, spans in ran if vertex in step.inputs for span in spans]
        if not _takes_from_a_stage(step) or not begun or not ready or min(begun) <= max(ready):
            continue
        spans = without([Span(max(ready), min(begun))], everything)
        seconds = sum(span.end_s - span.start_s for span in spans)
        if seconds > AT_ONCE_S:
            yield step, Overhead(kind="cache-key", name=step.instruction, spans=spans, duration_s=seconds)


def _takes_from_a_stage(step: StepRecord) -> bool:
    return step.keyword == "COPY" and " --from=" in step.instruction
