"""The critical path of a build that was: what the wall time went to, from its end back to its beginning.

At each point the interval that ends there is followed to its beginning, an input of the one before it first. Where
nothing ends, whatever still runs takes its place; where nothing runs, the time stays unexplained.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from layerwise.records import Span

AT_ONCE_S = 0.02  # seconds: BuildKit's scheduler takes as long from an input's end to the start of its user


@dataclass(frozen=True, slots=True)
class Work:
    """Something that took time.

    Attributes:
        vertex: Its vertex; several works may have one.
        inputs: The vertices that this vertex depends on.
        spans: When it ran.
    """

    vertex: str
    inputs: tuple[str, ...]
    spans: tuple[Span, ...]


def critical_path(works: Sequence[Work], wall_s: float) -> tuple[float, ...]:
    """Return the seconds of ``wall_s`` that each work accounts for; together at most the wall time itself."""
    spent = [0.0] * len(works)
    pieces = [
        (Span(max(span.start_s, 0.0), span.end_s), index)
        for index, work in enumerate(works)
        for span in work.spans
        if span.end_s > max(span.start_s, 0.0)
    ]
    now, last = wall_s, -1
    while found := _before(now, pieces, works[last].inputs if last >= 0 else (), works):
        span, last = found
        end = min(span.end_s, now)
        _fill(spent, pieces, end, now)
        spent[last] += end - span.start_s
        now = span.start_s
    return tuple(spent)


def _before(
    now: float, pieces: Sequence[tuple[Span, int]], inputs: Sequence[str], works: Sequence[Work]
) -> tuple[Span, int] | None:
    """Return what the time right before ``now`` went to."""
    begun = [piece for piece in pieces if piece[0].start_s < now]
    if not begun:
        return None
    latest = max(min(span.end_s, now) for span, _ in begun)
    near = [piece for piece in begun if min(piece[0].end_s, now) >= latest - AT_ONCE_S]
    return max(near, key=lambda piece: (works[piece[1]].vertex in inputs, *_closeness(piece[0], now)))


def _fill(spent: list[float], pieces: Sequence[tuple[Span, int]], begin: float, end: float) -> None:
    """Account for the moment between an input's end and the start of its user, as far as anything ran in it."""
    while covering := [piece for piece in pieces if piece[0].start_s < end and begin < min(end, piece[0].end_s)]:
        span, index = max(covering, key=lambda piece: (min(piece[0].end_s, end), -piece[0].start_s))
        top, bottom = min(span.end_s, end), max(span.start_s, begin)
        spent[index] += top - bottom
        end = bottom


def _closeness(span: Span, now: float) -> tuple[bool, float, float]:
    """Prefer what ends by now to what runs on, then what ends last, then what began first."""
    return span.end_s <= now + AT_ONCE_S, min(span.end_s, now), -span.start_s
