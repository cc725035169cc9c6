"""Forms of text files that package managers write."""

import re

_MACHINE_ID = re.compile(rb"[0-9a-f]{32}\n?")
_DAY = re.compile(rb"(?m)^([^:\n]*:[^:\n]*:)[1-9]\d*:")
_BYTECODE = re.compile(rb"(?:.*/)?__pycache__/[^/]+\.pyc,,")
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
    """Return the rows of a wheel's RECORD, sorted, without those of bytecode, which has no digest there."""
    return b"\n".join(sorted(row for row in content.splitlines() if not _BYTECODE.fullmatch(row)))
