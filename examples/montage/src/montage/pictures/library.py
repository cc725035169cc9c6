"""The pictures in a folder."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from montage.errors import NoPicturesError
from montage.pictures import exif

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp"}


@dataclass(frozen=True)
class Picture:
    """One picture as the timeline needs it."""

    path: Path
    width: int
    height: int
    taken: datetime

    @property
    def upright(self) -> bool:
        """Whether it is higher than wide."""
        return self.height > self.width


def scan(folder: Path) -> list[Picture]:
    """All readable pictures below a folder, by name."""
    found = [exif_picture for path in candidates(folder) if (exif_picture := probe(path))]
    if not found:
        raise NoPicturesError(folder)
    return found


def candidates(folder: Path) -> Iterator[Path]:
    """Files that look like pictures; hidden folders are left out."""
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.suffix.lower() in SUFFIXES and path.is_file() and not hidden:
            yield path


def probe(path: Path) -> Picture | None:
    """Size and date of a picture; None if it cannot be read."""
    facts = exif.read(path)
    return None if facts is None else Picture(path, facts.width, facts.height, facts.taken)
