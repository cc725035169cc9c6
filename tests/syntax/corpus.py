"""The Dockerfiles of tests/corpus, and those of a directory that LAYERWISE_CORPUS names."""

import os
from pathlib import Path

from layerwise.syntax.parser import decode

CORPUS = tuple(sorted((Path(__file__).parents[1] / "corpus").glob("*.Dockerfile")))
ENVIRONMENT = "LAYERWISE_CORPUS"


def text_of(path: Path) -> str:
    """Read a file as the parser does."""
    return decode(path.read_bytes())


def elsewhere() -> list[Path]:
    """The Dockerfiles below the directory that LAYERWISE_CORPUS names; none where it is not set."""
    directory = os.environ.get(ENVIRONMENT)
    if not directory:
        return []
    found = (path for path in Path(directory).rglob("*") if "dockerfile" in path.name.lower())
    return sorted(path for path in found if path.is_file() and ".git" not in path.parts)
