"""The packages in a database of rpm, whichever of its three kinds it is of."""

import sqlite3
import struct

from layerwise.prove.rpm import berkeley, ndb, sqlite

UNREADABLE = (ValueError, IndexError, struct.error, sqlite3.Error)
"""What the readers of the three raise for a content that they can't read."""
_KINDS = {"rpmdb.sqlite": sqlite.headers, "Packages.db": ndb.headers, "Packages": berkeley.headers}
PATHS = tuple(f"/{folder}/{name}" for folder in ("usr/lib/sysimage/rpm", "var/lib/rpm") for name in _KINDS)
"""Where such a database can be; one of the two directories is often a link to the other."""


def headers(path: str, content: bytes) -> tuple[bytes, ...]:
    """Return the headers in the database of a path, none where it can't be read."""
    try:
        return tuple(_KINDS[path.rpartition("/")[2]](content))
    except UNREADABLE:
        return ()
