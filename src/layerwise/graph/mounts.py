"""The ``--mount`` flags of a RUN."""

import csv
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mount:
    """One mount, keys lower-cased, defaults filled in as BuildKit fills them.

    Attributes:
        type: ``bind``, ``cache``, ``tmpfs``, ``secret`` or ``ssh``.
        target: Absolute, or relative to the working directory; "" where the type sets it.
        source: Path in ``origin``.
        origin: The ``from=`` value as written; "" for the build context (bind) or an empty directory (cache).
        id: Of a cache, secret or ssh mount.
        sharing: Of a cache mount.
        writable: Whether the step may write to it.
        environment: The variable a secret is put into, "" where it is a file.
    """

    type: str
    target: str
    source: str
    origin: str
    id: str
    sharing: str
    writable: bool
    environment: str


_TARGET_KEYS = ("target", "dst", "destination")
_TRUE = ("", "true", "1")


def parse_mount(flag: str) -> Mount:
    """Return the mount that a ``--mount=`` value describes, variables already expanded."""
    fields = dict(_pair(item) for item in next(csv.reader([flag]), []))
    kind = fields.get("type", "bind")
    target = next((fields[key] for key in _TARGET_KEYS if key in fields), "")
    read_only = fields.get("readonly", fields.get("ro"))
    read_write = fields.get("readwrite", fields.get("rw"))
    if read_write is not None:
        writable = read_write in _TRUE
    elif read_only is not None:
        writable = read_only not in _TRUE
    else:
        writable = kind in ("cache", "tmpfs")
    return Mount(
        type=kind,
        target=target,
        source=fields.get("source", fields.get("src", "/")),
        origin=fields.get("from", ""),
        id=fields.get("id", target if kind == "cache" else ""),
        sharing=fields.get("sharing", "shared" if kind == "cache" else ""),
        writable=writable,
        environment=fields.get("env", ""),
    )


def _pair(item: str) -> tuple[str, str]:
    key, _, value = item.partition("=")
    return key.strip().lower(), value
