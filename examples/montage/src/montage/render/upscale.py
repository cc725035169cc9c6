"""Enlarging pictures that are smaller than the frame."""

import shutil
import subprocess
from pathlib import Path

from montage.pictures.library import Picture
from montage.settings import Settings

PROGRAM = "upscale"


def needed(picture: Picture, settings: Settings) -> bool:
    """Whether a picture would be blown up to more than 1.5 times its size."""
    scale = max(settings.width / picture.width, settings.height / picture.height)
    return scale > 1.5


def available() -> bool:
    """Whether the upscaler is there and runs on this processor."""
    if shutil.which(PROGRAM) is None:
        return False
    try:
        return subprocess.run([PROGRAM, "--version"], capture_output=True, check=False).returncode == 0
    except OSError:  # a binary for another processor
        return False


def enlarge(picture: Picture, folder: Path) -> Path:
    """An enlarged copy, or the picture itself where there is no upscaler."""
    if not available():
        return picture.path
    target = folder / f"{picture.path.stem}-large.png"
    done = subprocess.run([PROGRAM, "-i", str(picture.path), "-o", str(target)], capture_output=True, check=False)
    return target if done.returncode == 0 and target.exists() else picture.path
