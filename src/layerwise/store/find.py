"""Which build a reference means: its id, the beginning of it, or how many builds it lies back."""

import sqlite3
from collections.abc import Sequence

from layerwise.errors import UsageError
from layerwise.store.sql import build, ids

_PREFIX = 3  # characters of an id that are enough
_NAMED = 5  # builds that a message names
_LONGEST = 9  # digits of ^N


def find(connection: sqlite3.Connection, reference: str, project: str | None) -> str:
    """Return the id of the build that ``reference`` means (``Store.find``).

    Raises:
        UsageError: Nothing or several match.
    """
    return (_back if reference.startswith("^") else _named)(connection, reference, project)


def _back(connection: sqlite3.Connection, reference: str, project: str | None) -> str:
    """Return the id of the build that ``^N`` means."""
    digits = reference.removeprefix("^") or "0"
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= _LONGEST):
        raise UsageError(f"{reference!r} names no build: write ^ for the latest, ^1 for the one before, and so on")
    found = ids(connection, project, limit=1, offset=int(digits))
    if not found:
        raise UsageError(f"there is no build {reference} ({_there(connection, project)})")
    return found[0]


def _named(connection: sqlite3.Connection, reference: str, project: str | None) -> str:
    """Return the id that a reference is, or the only one that begins with it."""
    if build(connection, reference) is not None:
        return reference
    if len(reference) < _PREFIX:
        raise UsageError(f"{reference!r} is too short: an id's first {_PREFIX} characters, or ^ for the latest build")
    found = _alike(connection, reference, project) or _alike(connection, reference, None)
    if not found:
        raise UsageError(f"no build's id begins with {reference!r} ({_there(connection, project)})")
    if len(found) > 1:
        raise UsageError(f"several builds' ids begin with {reference!r}: {_listed(found)}")
    return found[0]


def _alike(connection: sqlite3.Connection, reference: str, project: str | None) -> list[str]:
    return ids(connection, project, beginning=reference, limit=_NAMED + 1)


def _there(connection: sqlite3.Connection, project: str | None) -> str:
    """Return which builds there are, the newest few by name."""
    whose = "" if project is None else f" of {project}"
    found = ids(connection, project, limit=_NAMED + 1)
    return f"newest{whose}: {_listed(found)}" if found else f"no build{whose} is recorded yet"


def _listed(ids: Sequence[str]) -> str:
    return ", ".join([*ids[:_NAMED], *(["…"] if len(ids) > _NAMED else [])])
