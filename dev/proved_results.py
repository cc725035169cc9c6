"""What `python -m dev.proved --keep` found: dev/proved.results.json."""

import json
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_name("proved.results.json")


def results() -> list[dict[str, Any]]:
    """Return what was kept, by name."""
    found: list[dict[str, Any]] = json.loads(_FILE.read_text("utf-8")) if _FILE.exists() else []
    return found


def keep(result: dict[str, Any]) -> None:
    """Write a result in the place of the one of the same Dockerfile."""
    others = [one for one in results() if one["name"] != result["name"]]
    kept = sorted([*others, result], key=lambda one: str(one["name"]))
    _FILE.write_text(json.dumps(kept, indent=1) + "\n", "utf-8")
