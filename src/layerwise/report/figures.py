"""Figures as JSON has them."""

from datetime import UTC, datetime
from typing import TypeAlias

from layerwise.records import Basis
from layerwise.summary.totals import Total

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"
"""What a JSON document is made of."""

_SECOND_DIGITS = 3
_SHARE_DIGITS = 4


def figure(value: float | None) -> float | None:
    """Return seconds to the millisecond, null where nobody knows."""
    return None if value is None else round(value, _SECOND_DIGITS)


def part(value: float | None) -> float | None:
    """Return a share or a ratio, null where nobody knows."""
    return None if value is None else round(value, _SHARE_DIGITS)


def instant(value: float | None) -> str | None:
    """Return seconds since the epoch as RFC 3339 has them, UTC; null where nobody knows."""
    return None if value is None else datetime.fromtimestamp(value, UTC).isoformat(timespec="milliseconds")


def basis(*values: float | None) -> str:
    """Return what stands behind measured figures that belong together: unknown where there is none."""
    found = Basis.UNKNOWN if all(value is None for value in values) else Basis.MEASURED
    return found.value


def saving(saved: Total) -> str:
    """Return what stands behind a saving, which is what would have run and did not: never measured itself."""
    found = Basis.UNKNOWN if saved.value is None else Basis.PREDICTED
    return found.value
