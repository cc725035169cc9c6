"""The work around the steps, from the vertices that no instruction made."""

from collections.abc import Iterator, Sequence

from layerwise.builder.events import merged
from layerwise.builder.facts import Scale
from layerwise.builder.names import overhead_kind, part_kind
from layerwise.builder.observed import Vertex
from layerwise.records import Overhead, Span


def overheads_of(vertex: Vertex, scale: Scale) -> Iterator[Overhead]:
    """Yield the work that a vertex is which no instruction made; an export's parts each by themselves."""
    kind = overhead_kind(vertex.name)
    intervals = merged((*vertex.runs, *vertex.transfers))
    if not intervals and vertex.seconds is None and not vertex.error:
        return
    parts = tuple(_parts(vertex, scale)) if kind == "export" else ()
    spans = without(scale.spans(intervals), [interval for part in parts for interval in part.spans])
    rest = max((vertex.seconds or 0.0) - sum(part.duration_s for part in parts), 0.0)
    yield Overhead(
        kind=kind,
        name=scale.shown(vertex.name),
        spans=spans,
        duration_s=sum(span.end_s - span.start_s for span in spans) if intervals else rest,
        size_bytes=_moved_bytes(vertex) if kind != "export" else None,
        error=scale.redact.text(vertex.error),
    )
    yield from parts


def _parts(vertex: Vertex, scale: Scale) -> Iterator[Overhead]:
    """Yield what an export does besides writing layers and manifests."""
    for kind in dict.fromkeys(part_kind(status.name) for status in vertex.statuses):
        if kind == "export":
            continue
        mine = [status for status in vertex.statuses if part_kind(status.name) == kind]
        spans = scale.spans(merged(status.span for status in mine if status.span))
        measured = sum(span.end_s - span.start_s for span in spans)
        yield Overhead(
            kind=kind,
            name=scale.shown(mine[0].name),
            spans=spans,
            duration_s=measured if spans else sum(status.seconds for status in mine),
            size_bytes=sum(status.size_bytes or 0 for status in mine) or None,
        )


def without(spans: Sequence[Span], taken: Sequence[Span]) -> tuple[Span, ...]:
    """Return what of ``spans`` no interval of ``taken`` covers."""
    left = list(spans)
    for hole in taken:
        left = [
            piece
            for span in left
            for piece in (
                Span(span.start_s, min(span.end_s, hole.start_s)),
                Span(max(span.start_s, hole.end_s), span.end_s),
            )
            if piece.end_s > piece.start_s
        ]
    return tuple(left)


def _moved_bytes(vertex: Vertex) -> int | None:
    """Return the bytes that a vertex moved: its layers, where it has some, else the largest of what it counts."""
    layers = [status.size_bytes or 0 for status in vertex.statuses if status.name.startswith("sha256:")]
    return sum(layers) or max((status.size_bytes or 0 for status in vertex.statuses), default=0) or None
