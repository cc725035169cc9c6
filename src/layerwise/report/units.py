"""Figures as people read them."""

import math
from datetime import UTC, datetime


def seconds(value: float) -> str:
    """Return seconds with three digits at the most that mean something."""
    return f"{value:.1f} s" if value < 100 else f"{value:.0f} s"  # noqa: PLR2004 - three digits are enough


def duration(value: float) -> str:
    """Return seconds, minutes or hours, each up to 120 of it."""
    if value < 120:  # noqa: PLR2004 - as documented
        return seconds(value)
    minutes = value / 60
    return f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.1f} h"  # noqa: PLR2004 - as documented


def cut(text: str, width: int) -> str:
    """Return a text in at most ``width`` characters."""
    return text if len(text) <= width else f"{text[: width - 1]}…"


def share(value: float) -> str:
    """Return a share in whole per cent, cut and not rounded: only all is ``100%``, and what is some is never 0."""
    if 0 < value < 0.01:  # noqa: PLR2004 - as documented
        return "<1%"
    return f"{math.floor(value * 100 + 1e-9)}%"


def age(value: float) -> str:
    """Return how long ago something was, in the unit that tells most."""
    days = value / 86400
    return duration(value) if days < 2 else f"{days:.0f} days"  # noqa: PLR2004 - hours tell more of two days


def size(value: int) -> str:
    """Return bytes in decimal units, as registries count them."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if value >= factor:
            return f"{value / factor:.1f} {unit}" if value < 10 * factor else f"{value / factor:.0f} {unit}"
    return f"{value} B"


def moment(value: float | None) -> str:
    """Return seconds since the epoch as a date and time of day, UTC; "?" where nobody knows."""
    return "?" if value is None else datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%d %H:%M")
