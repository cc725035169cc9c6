"""TOML files of the project, read as tables; what is missing or of another type is empty.

The tables are for reading: whoever asks for the same text gets the same ones.
"""

import tomllib
from functools import lru_cache
from typing import Any

from layerwise.ecosystems.effects import Files


def read_toml(path: str, files: Files) -> dict[str, Any] | None:
    """Return the content of a file of the project, None where it cannot be read or is no TOML."""
    text = files.read(path)
    return None if text is None else _parsed(text)


@lru_cache(maxsize=64)
def _parsed(text: str) -> dict[str, Any] | None:
    """Parse a text once: a plan asks for the same lock for each of its texts."""
    try:
        return tomllib.loads(text.lstrip("\ufeff"))
    except (tomllib.TOMLDecodeError, RecursionError):
        return None


def table(content: dict[str, Any], *keys: str) -> dict[str, Any]:
    """Return the table that lies below ``keys``."""
    found: Any = content
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def tables(content: dict[str, Any], *keys: str) -> list[dict[str, Any]]:
    """Return the tables of the array that lies below ``keys``; a single table counts as an array of one."""
    found: Any = table(content, *keys[:-1]).get(keys[-1])
    rows = found if isinstance(found, list) else [found]
    return [one for one in rows if isinstance(one, dict)]


def strings(content: dict[str, Any], *keys: str) -> tuple[str, ...]:
    """Return the strings of the array, or the one string, that lies below ``keys``."""
    found: Any = table(content, *keys[:-1]).get(keys[-1])
    rows = found if isinstance(found, list) else [found]
    return tuple(one for one in rows if isinstance(one, str))


def text(content: dict[str, Any], *keys: str) -> str | None:
    """Return the string that lies below ``keys``, None where there is none."""
    return next(iter(strings(content, *keys)), None)
