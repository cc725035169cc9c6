"""The ``--mount`` flags of a RUN (``parseMount`` in frontend/dockerfile/instructions/commands_runmount.go)."""

import posixpath
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from layerwise.graph.patterns import clean
from layerwise.syntax.flags import csv_fields


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
        options: What else was set, sorted: owner, mode, size, whether a secret must be there.
    """

    type: str
    target: str
    source: str
    origin: str
    id: str
    sharing: str
    writable: bool
    environment: str
    options: tuple[tuple[str, str], ...] = ()


_TARGET = ("target", "dst", "destination")
_SOURCE = ("source", "src")
_READ_ONLY = ("readonly", "ro")
_WRITABLE = ("readwrite", "rw")
_NAMED = frozenset({"type", "from", "id", "sharing", "env", *_TARGET, *_SOURCE, *_READ_ONLY, *_WRITABLE})
_TRUE = frozenset({"", "1", "t", "true"})
_SECRETS = frozenset({"secret", "ssh"})


def parse_mount(flag: str, expand: Callable[[str], str]) -> Mount:
    """Return the mount that a ``--mount=`` value describes; ``expand`` is used on each value but that of ``from=``."""
    fields = _fields(flag, expand)
    kind = fields.get("type", "bind")
    target = _first(fields, _TARGET)
    source = _first(fields, _SOURCE)
    return Mount(
        type=kind,
        target=target or _default_target(kind, source or fields.get("id", ""), fields.get("env", "")),
        source=source or "/",
        origin=fields.get("from", ""),
        id=_identity(kind, fields, target, source),
        sharing=fields.get("sharing", "shared" if kind == "cache" else ""),
        writable=_writable(fields, kind),
        environment=fields.get("env", ""),
        options=tuple(sorted((key, value) for key, value in fields.items() if key not in _NAMED)),
    )


def _fields(flag: str, expand: Callable[[str], str]) -> dict[str, str]:
    fields = {}
    for item in csv_fields(flag) or ():
        key, _, value = item.partition("=")
        name = key.lower()
        fields[name] = value if name == "from" else expand(value)
    return fields


def _first(fields: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((fields[name] for name in names if name in fields), "")


def _default_target(kind: str, name: str, environment: str) -> str:
    return f"/run/secrets/{posixpath.basename(name)}" if kind == "secret" and name and not environment else ""


def _identity(kind: str, fields: Mapping[str, str], target: str, source: str) -> str:
    if kind in _SECRETS:
        return source or fields.get("id", "") or posixpath.basename(target)
    return fields.get("id") or (clean(target) if kind == "cache" else "")


def _writable(fields: Mapping[str, str], kind: str) -> bool:
    for names, meaning in ((_WRITABLE, True), (_READ_ONLY, False)):
        for name in names:
            if name in fields:
                return (fields[name].lower() in _TRUE) is meaning
    return kind in {"cache", "tmpfs"}
