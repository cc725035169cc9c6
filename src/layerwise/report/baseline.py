"""The file of findings that a team accepts: what it holds is not shown again."""

import json
from collections.abc import Iterable

from layerwise.errors import UsageError
from layerwise.report.fingerprint import Place, fingerprints
from layerwise.syntax.display import one_line

SCHEMA = "layerwise.baseline/1"


def render_baseline(places: Iterable[Place]) -> str:
    """Return the text of a baseline that accepts findings, for people to read in a review as well."""
    found = sorted(places)
    entries = [
        {
            "fingerprint": fingerprint,
            "name": place.name,
            "stage": _readable(place.stage),
            "instruction": _readable(place.instruction),
        }
        for place, fingerprint in zip(found, fingerprints(found), strict=True)
    ]
    return json.dumps({"schema": SCHEMA, "findings": entries}, indent=2) + "\n"


def read_baseline(text: str, path: str) -> frozenset[str]:
    """Return the fingerprints that a baseline accepts.

    Raises:
        UsageError: It is none.
    """
    try:
        document = json.loads(text)
    except ValueError as error:
        raise UsageError(f"{path} is no baseline: no JSON ({error}); {_AGAIN.format(path)}") from error
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise UsageError(f"{path} is no baseline: its schema is not {SCHEMA}; {_AGAIN.format(path)}")
    findings = document.get("findings")
    prints = [one.get("fingerprint") if isinstance(one, dict) else None for one in _list(findings)]
    if not isinstance(findings, list) or not all(isinstance(one, str) for one in prints):
        raise UsageError(f"{path} is no baseline: it has no findings with fingerprints; {_AGAIN.format(path)}")
    return frozenset(one for one in prints if isinstance(one, str))


_AGAIN = "`layerwise analyze --write-baseline {}` writes it anew"


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _readable(text: str) -> str:
    return one_line(text.removeprefix("instruction "))
