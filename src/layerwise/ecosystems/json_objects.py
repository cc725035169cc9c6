"""JSON files of the project, read as objects; what is missing or of another type is empty."""

import json
from collections.abc import Mapping

Json = Mapping[str, object]
"""An object of JSON."""


def json_object(text: str | None) -> Json | None:
    """Return the object that a text of JSON is, None for anything else."""
    try:
        value = json.loads(text.lstrip("\ufeff")) if text is not None else None
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
