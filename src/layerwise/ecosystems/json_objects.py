"""JSON files of the project, read as objects; what is missing or of another type is empty."""

import json
from collections.abc import Mapping
from functools import lru_cache

Json = Mapping[str, object]
"""An object of JSON."""


def json_object(text: str | None) -> Json | None:
    """Return the object that a text of JSON is, None for anything else."""
    return None if text is None else _parsed(text)


@lru_cache(maxsize=256)
def _parsed(text: str) -> Json | None:
    """Parse a text once: a plan asks for the same manifests and locks for each of its texts."""
    try:
        value = json.loads(text.lstrip("\ufeff"))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def table(content: Json, key: str) -> Json:
    """Return the object at ``key``, an empty one where there is none."""
    value = content.get(key)
    return value if isinstance(value, dict) else {}


def strings(value: object) -> tuple[str, ...]:
    """Return the strings of a list, nothing for anything else."""
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()
