"""Slow camera moves over still pictures."""

from montage.timeline.clip import Motion

Point = tuple[float, float]
MIDDLE: Point = (0.5, 0.5)


def towards(zoom: float, subject: Point) -> Motion:
    """Move in on the subject."""
    return Motion(1.0, 1.0 + zoom, MIDDLE, blend(MIDDLE, subject, 0.6))


def away(zoom: float, subject: Point) -> Motion:
    """Begin close to the subject and move out."""
    return Motion(1.0 + zoom, 1.0, blend(MIDDLE, subject, 0.6), MIDDLE)


def across(zoom: float, subject: Point) -> Motion:
    """Slide sideways at one scale."""
    scale = 1.0 + zoom
    side = zoom / 2 if subject[0] >= MIDDLE[0] else -zoom / 2
    return Motion(scale, scale, (0.5 - side, subject[1]), (0.5 + side, subject[1]))


def blend(start: Point, end: Point, share: float) -> Point:
    """A point between two others."""
    return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share


MOVES = (towards, across, away)


def choose(index: int, zoom: float, subject: Point) -> Motion:
    """The moves in turn, so that no two neighbours are alike."""
    return MOVES[index % len(MOVES)](zoom, subject)
