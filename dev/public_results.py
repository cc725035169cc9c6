"""What `python -m dev.public --keep` found: dev/public.results.json."""

import json
import re
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_name("public.results.json")

_REGISTRY = re.compile(r"\bregistry\.[\w.-]+")  # package managers name directories of their caches so


def results() -> list[dict[str, Any]]:
    """Return what was kept, by name."""
    found: list[dict[str, Any]] = json.loads(_FILE.read_text("utf-8")) if _FILE.exists() else []
    return found


def keep(result: dict[str, Any]) -> None:
    """Write a result in the place of the one of the same Dockerfile."""
    others = [one for one in results() if one["name"] != result["name"]]
    text = json.dumps(sorted([*others, result], key=_name), indent=1)
    _FILE.write_text(_REGISTRY.sub("REGISTRY", text) + "\n", "utf-8")


def _name(result: dict[str, Any]) -> str:
    return str(result["name"])
