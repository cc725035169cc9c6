"""What came of faults, as a table: a row for each outcome, with the phases and faults that lead to it."""

import re
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import NamedTuple, TypeVar

Key = TypeVar("Key", bound=Hashable)

_WORDS = (
    (re.compile(r"sha256:[0-9a-f]{64}"), "sha256:…"),
    (re.compile(r"(?:127\.0\.0\.1|localhost):\d+"), "registry"),
    (re.compile(r" \([^()]*\)"), ""),  # the registry's own words
    (re.compile(r"registry/shop(?::latest|@sha256:…): (?=registry )"), "registry/shop: "),
    (re.compile(r"fails with 50\d"), "fails with 5xx"),
    (re.compile(r"(is not kept under previous|could not be read again): .*"), r"\1: …"),  # as in other rows
)


class Row(NamedTuple):
    """What came of one fault: which version the tag named, what the user read, what a second call said."""

    phase: str
    fault: str
    once: bool
    """Whether it struck one request of the phase, not each."""
    named: str
    said: str
    second: str


class Outcome(NamedTuple):
    """What comes of faults, in words that do not depend on where exactly they struck."""

    named: str
    said: str
    second: str


def outcome_of(row: Row) -> Outcome:
    """Return what came of a fault."""
    return Outcome(f"version {row.named}, whole", _general(row.said), _general(row.second))


def _general(said: str) -> str:
    for pattern, word in _WORDS:
        said = pattern.sub(word, said)
    return said


def joined(pairs: Iterable[tuple[Key, str]]) -> dict[Key, list[str]]:
    """Return the names that go with each key, in order."""
    found: dict[Key, list[str]] = {}
    for key, name in pairs:
        found.setdefault(key, []).append(name)
    return found


def table(rows: Sequence[Row]) -> Iterator[str]:
    """Yield the lines of the table."""
    yield "| phase | fault, each time | fault, once | the tag names | the user reads | a second call says |"
    yield "|---|---|---|---|---|---|"
    names = tuple(dict.fromkeys(row.fault for row in rows))
    met = [(outcome_of(row), row.phase) for row in rows]
    always = joined((key, row.fault) for key, row in zip(met, rows, strict=True) if not row.once)
    once = joined((key, row.fault) for key, row in zip(met, rows, strict=True) if row.once)
    phases = joined(
        ((key[0], ", ".join(always.get(key, ())), _briefly(once.get(key, ()), names)), key[1])
        for key in dict.fromkeys(met)
    )
    for (outcome, stays, passes), where in sorted(phases.items(), key=lambda one: one[0][0].named, reverse=True):
        yield f"| {' | '.join((', '.join(where), stays, passes, *outcome))} |"


def _briefly(faults: Sequence[str], names: Sequence[str]) -> str:
    others = [name for name in names if name not in faults]
    return f"all but {', '.join(others)}" if 0 < len(others) < len(faults) else ", ".join(faults)
