"""What a picture says of itself."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from PIL import Image, UnidentifiedImageError

ORIENTATION, TAKEN, CHANGED = 0x0112, 0x9003, 0x0132
DETAILS = 0x8769  # the directory that holds TAKEN
TURNED = {5, 6, 7, 8}


@dataclass(frozen=True)
class Facts:
    """Size as seen and date of a picture."""

    width: int
    height: int
    taken: datetime


def read(path: Path) -> Facts | None:
    """Read the header only; None for what is no picture."""
    try:
        with Image.open(path) as image:
            tags = image.getexif()
            width, height = image.size
    except (UnidentifiedImageError, OSError):
        return None
    if tags.get(ORIENTATION) in TURNED:
        width, height = height, width
    written = tags.get_ifd(DETAILS).get(TAKEN) or tags.get(CHANGED)
    return Facts(width, height, parsed(written) or changed(path))


def parsed(text: object) -> datetime | None:
    """A date as cameras write it; None if it is missing or nonsense."""
    try:
        return datetime.strptime(str(text), "%Y:%m:%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def changed(path: Path) -> datetime:
    """The file's own date, for pictures without one."""
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)
