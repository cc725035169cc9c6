"""A build as a Chrome trace (Trace Event Format), for ``chrome://tracing`` and Perfetto.

One process a platform and one for the work around the steps; what runs at once stands in rows of its own. A plain log
without time stamps has nothing to show: its trace has names and no events.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from layerwise.records import BuildRecord, Overhead, Span, StepRecord
from layerwise.report.figures import Json
from layerwise.summary.places import by_vertex, platforms_of, sharing

_AROUND = "overheads"
_UNPLACED = "platform not known"
_CRITICAL = "terrible"
"""The name that the format has for a striking colour; Perfetto goes by the category ``critical``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bar:
    process: str
    name: str
    category: str
    span: Span
    critical: bool
    facts: "dict[str, Json]"

    @property
    def start(self) -> int:
        return round(self.span.start_s * 1e6)

    @property
    def end(self) -> int:
        return max(self.start, round(self.span.end_s * 1e6))


def trace_document(record: BuildRecord) -> Json:
    """Return the trace; a vertex that platforms share stands under the first of them, once."""
    bars = (*_step_bars(record), *_overhead_bars(record.overheads))
    names = dict.fromkeys((*platforms_of(record), *(bar.process for bar in bars)))
    events: list[Json] = []
    for number, name in enumerate(names, 1):
        events += [_named(number, name), _sorted(number)]
        events += _placed(number, [bar for bar in bars if bar.process == name])
    return {
        "traceEvents": events,
        "displayTimeUnit": "ms",
        "otherData": {"build": record.id, "project": record.project, "ending": record.ending.value},
    }


def _step_bars(record: BuildRecord) -> Iterator[_Bar]:
    for steps in by_vertex(record).values():
        step, platforms = steps[0], sharing(record, steps)
        process = platforms[0] if platforms else _UNPLACED
        facts = _facts(step, platforms)
        for category, spans in (("step", step.spans), ("pull", step.transfers)):
            for span in spans:
                yield _Bar(
                    process=process,
                    name=step.instruction,
                    category=category,
                    span=span,
                    critical=step.critical_s > 0,
                    facts=facts,
                )


def _facts(step: StepRecord, platforms: Sequence[str]) -> "dict[str, Json]":
    return {
        "id": step.id,
        "line": step.line,
        "platforms": [*platforms],
        "status": step.outcome.value,
        "size_bytes": step.size_bytes,
        "error": step.error,
    }


def _overhead_bars(overheads: Iterable[Overhead]) -> Iterator[_Bar]:
    for one in overheads:
        for span in one.spans:
            yield _Bar(
                process=_AROUND,
                name=one.name,
                category=one.kind,
                span=span,
                critical=one.critical_s > 0,
                facts={"size_bytes": one.size_bytes, "error": one.error},
            )


def _placed(process: int, bars: Sequence[_Bar]) -> Iterator[Json]:
    """Yield the bars, each in the first row that is free by then."""
    free: list[int] = []
    for bar in sorted(bars, key=lambda bar: (bar.start, -bar.end)):
        row = next((row for row, end in enumerate(free) if end <= bar.start), len(free))
        free[row : row + 1] = [bar.end]
        event: dict[str, Json] = {
            "name": bar.name,
            "cat": f"{bar.category},critical" if bar.critical else bar.category,
            "ph": "X",
            "ts": bar.start,
            "dur": bar.end - bar.start,
            "pid": process,
            "tid": row + 1,
            "args": bar.facts,
        }
        yield {**event, "cname": _CRITICAL} if bar.critical else event


def _named(process: int, name: str) -> Json:
    return {"name": "process_name", "ph": "M", "pid": process, "tid": 0, "args": {"name": name}}


def _sorted(process: int) -> Json:
    return {"name": "process_sort_index", "ph": "M", "pid": process, "tid": 0, "args": {"sort_index": process}}
