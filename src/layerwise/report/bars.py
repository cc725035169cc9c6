"""Draws bars of seconds: a group for each thing measured, all on one linear scale that begins at 0."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from layerwise.report.tags import Tag, tag
from layerwise.report.units import cut

WIDTH = 860
LINE = 18
"""Height of a line of text."""
_LEFT, _RIGHT = 210, 690
"""Where bars begin, and where the longest ends."""
_PAD = 16
_BAR, _GAP = 14, 3
_ROW = 38
"""The least height of a group: room for its name and what it is about."""
_BETWEEN = 10
_TICKS = 6
_STEPS = (1, 2, 5, 10)
_NAME, _NOTE = 22, 30
"""Characters of a group's name and note that fit before the bars."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar.

    Attributes:
        style: ``before``, ``after`` or ``slower``.
        seconds: Its length.
        said: The words at its end.
        ends: The least and the most of several runs, None where there was one.
    """

    style: str
    seconds: float
    said: str
    ends: tuple[float, float] | None = None

    @property
    def reach(self) -> float:
        """Seconds up to which something is drawn."""
        return max(self.seconds, self.ends[1] if self.ends else 0.0)


@dataclass(frozen=True, slots=True)
class Group:
    """The bars of one thing, with its name and what it is about."""

    name: str
    note: str
    bars: tuple[Bar, ...]

    @property
    def height(self) -> float:
        """Height of what is drawn."""
        return max(_ROW, len(self.bars) * (_BAR + _GAP)) + _BETWEEN


@dataclass(frozen=True, slots=True)
class Section:
    """Groups below a title."""

    title: str
    groups: tuple[Group, ...] = field(default=())

    @property
    def height(self) -> float:
        """Height of what is drawn, with the scale below it."""
        return 2 * LINE + sum(group.height for group in self.groups) + LINE


def sections(drawn: Sequence[Section], top: float) -> Iterator[Tag]:
    """Yield sections from ``top`` downwards, all on one scale."""
    longest = max((bar.reach for one in drawn for group in one.groups for bar in group.bars), default=0.0) or 1.0
    scale = (_RIGHT - _LEFT) / longest
    for section in drawn:
        yield tag("g", *_section(section, top, scale, longest))
        top += section.height


def text(said: str, x: float, y: float, style: str = "", anchor: str = "start") -> Tag:
    """Return a line of text; ``style`` is a class of the style sheet, without ``lw-``."""
    return tag("text", said, x=x, y=y, text_anchor=anchor, class_=f"lw-{style}" if style else "lw-text")


def _section(section: Section, top: float, scale: float, longest: float) -> Iterator[Tag]:
    yield text(section.title, _PAD, top + LINE, "title")
    below = top + section.height - LINE
    for tick in _ticks(longest):
        x = _LEFT + tick * scale
        yield tag("line", x1=x, x2=x, y1=top + LINE * 1.5, y2=below, class_="lw-grid")
        yield text(f"{tick:g} s", x, below + 12, "note", "middle")
    y = top + 2 * LINE
    for group in section.groups:
        yield tag("g", *_group(group, y, scale))
        y += group.height


def _group(group: Group, top: float, scale: float) -> Iterator[Tag]:
    yield tag("title", f"{group.name}: {group.note}")
    yield text(cut(group.name, _NAME), _PAD, top + 12, "name")
    yield text(cut(group.note, _NOTE), _PAD, top + 27, "note")
    for number, bar in enumerate(group.bars):
        yield from _bar(bar, top + number * (_BAR + _GAP), scale)


def _bar(bar: Bar, top: float, scale: float) -> Iterator[Tag]:
    middle = top + _BAR / 2
    yield tag("rect", x=_LEFT, y=top, width=max(1.5, bar.seconds * scale), height=_BAR, class_=f"lw-{bar.style}")
    if bar.ends:
        low, high = (_LEFT + end * scale for end in bar.ends)
        strokes = f"M{low:.2f} {middle:.2f}H{high:.2f}M{low:.2f} {middle - 3:.2f}v6M{high:.2f} {middle - 3:.2f}v6"
        yield tag("path", d=strokes, class_="lw-ends")
    yield text(bar.said, _LEFT + bar.reach * scale + 6, middle + 4, "figure")


def _ticks(longest: float) -> tuple[float, ...]:
    """Return round seconds from 0 to the longest bar."""
    unit = 10.0 ** math.floor(math.log10(longest / _TICKS))
    step = next(unit * one for one in _STEPS if longest / (unit * one) <= _TICKS)
    return tuple(round(count * step, 10) for count in range(math.floor(longest / step) + 1))
