"""Forms of text files that package managers write."""

import json
import re

_MACHINE_ID = re.compile(rb"[0-9a-f]{32}\n?")
_DAY = re.compile(rb"(?m)^([^:\n]*:[^:\n]*:)[1-9]\d*:")
_BYTECODE = re.compile(rb"(?:.*/)?__pycache__/[^/]+\.pyc,,")
_UV_CACHE = re.compile(rb"([^/,]+\.dist-info/uv_cache\.json),sha256=[\w-]+,\d+")
_WHEN = re.compile(rb"(?m)^==> \d{4}-\d\d-\d\d \d\d:\d\d:\d\d <==$")
_PRUNED = re.compile(
    rb'(?m)^(?P<head>prunedAt: |  "prunedAt": ")\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT(?P<tail>"?,?)$'
)
_VALIDATED = re.compile(rb'(?m)^  "lastValidatedTimestamp": \d+(,?)$')


def stanzas(content: bytes) -> bytes | None:
    """Return the stanzas of a file like dpkg's status in the order of their bytes; their own lines keep theirs."""
    found = sorted(filter(None, (stanza.strip(b"\n") for stanza in re.split(rb"\n{2,}", content))))
    return b"\n\n".join(found)


def lines(content: bytes) -> bytes | None:
    """Return the lines of a file in the order of their bytes."""
    return b"\n".join(sorted(content.split(b"\n")))


def shadow(content: bytes) -> bytes | None:
    """Return /etc/shadow without the days of the last changes of passwords.

    Day 0 (change it at the next login) and none (no ageing) are no dates and stay.
    """
    return _DAY.sub(rb"\1day:", content)


def machine_id(content: bytes) -> bytes | None:
    """Return that there is a machine id; an empty file, or ``uninitialized``, makes systemd act and is none."""
    return b"machine id" if _MACHINE_ID.fullmatch(content) else None


def conda_history(content: bytes) -> bytes | None:
    """Return conda-meta/history without the moments at which its commands ran."""
    return _WHEN.sub(b"==> then <==", content)


def pnpm_modules(content: bytes) -> bytes | None:
    """Return pnpm's node_modules/.modules.yaml, which is YAML before pnpm 10 and JSON since, without ``prunedAt``."""
    return _PRUNED.sub(rb"\g<head>then\g<tail>", content)


def pnpm_workspace_state(content: bytes) -> bytes | None:
    """Return pnpm's node_modules/.pnpm-workspace-state*.json without ``lastValidatedTimestamp``."""
    return _VALIDATED.sub(rb'  "lastValidatedTimestamp": then\1', content)


def record(content: bytes) -> bytes | None:
    """Return the rows of a wheel's RECORD, sorted, without those of bytecode, which has no digest there.

    The row of uv_cache.json, which has a rule and form of its own, is without digest and size.
    """
    rows = (row for row in content.splitlines() if not _BYTECODE.fullmatch(row))
    return b"\n".join(sorted(_UV_CACHE.sub(rb"\1", row) for row in rows))


def uv_cache(content: bytes) -> bytes | None:
    """Return uv's uv_cache.json, what a project was when uv built it, without times and inodes of its files.

    Commit, tags, variables and names of directories stay (uv-cache-info, cache_info.rs: all times are ``ctime``).
    """
    try:
        found = json.loads(content)
    except ValueError:
        return None
    if not isinstance(found, dict) or not isinstance(directories := found.get("directories") or {}, dict):
        return None
    stamps = {
        "timestamp": _seen(found.get("timestamp")),
        "directories": {name: _seen(directories[name]) for name in directories},
    }
    return json.dumps(found | stamps, sort_keys=True).encode()


def _seen(stamp: object) -> object:
    """Return that there is a time of a file, or an inode where the file system tells no time; else what there is."""
    is_time = isinstance(stamp, dict) and stamp.keys() == {"secs_since_epoch", "nanos_since_epoch"}
    return "then" if is_time or (isinstance(stamp, int) and not isinstance(stamp, bool)) else stamp
