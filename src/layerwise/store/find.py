"""Which build a reference means: its id, the beginning of it, or how many builds it lies back."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from layerwise.errors import UsageError
from layerwise.store.schema import NEWEST, builds

_PREFIX = 3  # characters of an id that are enough
_NAMED = 5  # builds that a message names
_LONGEST = 9  # digits of ^N


def within(project: str | None, query: sa.Select[Any]) -> sa.Select[Any]:
    """Return a query of builds, of those of a project where one is named."""
    return query if project is None else query.where(builds.c.project == project)


def find(connection: sa.Connection, reference: str, project: str | None) -> str:
    """Return the id of the build that ``reference`` means (``Store.find``).

    Raises:
        UsageError: Nothing or several match.
    """
    return (_back if reference.startswith("^") else _named)(connection, reference, project)


def _back(connection: sa.Connection, reference: str, project: str | None) -> str:
    """Return the id of the build that ``^N`` means."""
    digits = reference.removeprefix("^") or "0"
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= _LONGEST):
        raise UsageError(f"{reference!r} names no build: write ^ for the latest, ^1 for the one before, and so on")
    query = within(project, sa.select(builds.c.id)).order_by(*NEWEST).offset(int(digits)).limit(1)
    found: str | None = connection.execute(query).scalar()
    if found is None:
        raise UsageError(f"there is no build {reference} ({_there(connection, project)})")
    return found


def _named(connection: sa.Connection, reference: str, project: str | None) -> str:
    """Return the id that a reference is, or the only one that begins with it."""
    ids = sa.select(builds.c.id).order_by(*NEWEST)
    if connection.execute(ids.where(builds.c.id == reference)).scalar() is not None:
        return reference
    if len(reference) < _PREFIX:
        raise UsageError(f"{reference!r} is too short: an id's first {_PREFIX} characters, or ^ for the latest build")
    alike = ids.where(sa.func.substr(builds.c.id, 1, len(reference)) == reference).limit(_NAMED + 1)
    found = connection.execute(within(project, alike)).scalars().all() or connection.execute(alike).scalars().all()
    if not found:
        raise UsageError(f"no build's id begins with {reference!r} ({_there(connection, project)})")
    if len(found) > 1:
        raise UsageError(f"several builds' ids begin with {reference!r}: {_listed(found)}")
    only: str = found[0]
    return only


def _there(connection: sa.Connection, project: str | None) -> str:
    """Return which builds there are, the newest few by name."""
    whose = "" if project is None else f" of {project}"
    query = within(project, sa.select(builds.c.id)).order_by(*NEWEST).limit(_NAMED + 1)
    found = connection.execute(query).scalars().all()
    return f"newest{whose}: {_listed(found)}" if found else f"no build{whose} is recorded yet"


def _listed(ids: Sequence[str]) -> str:
    return ", ".join([*ids[:_NAMED], *(["…"] if len(ids) > _NAMED else [])])
