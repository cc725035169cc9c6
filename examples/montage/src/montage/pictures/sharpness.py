"""Telling sharp pictures from blurred ones."""

from pathlib import Path

import numpy as np
from PIL import Image

EDGE = 512  # pixels; larger pictures are judged on a smaller copy


def score(path: Path) -> float:
    """Variance of the Laplacian: higher is sharper."""
    grey = load(path)
    try:
        import cv2
    except ImportError:
        return float(laplacian(grey).var())
    return float(cv2.Laplacian(grey, cv2.CV_64F).var())


def load(path: Path) -> np.ndarray:
    """A grey copy of at most EDGE pixels a side."""
    with Image.open(path) as image:
        image.thumbnail((EDGE, EDGE))
        return np.asarray(image.convert("L"), dtype=np.float64)


def laplacian(grey: np.ndarray) -> np.ndarray:
    """The second difference in both directions."""
    inner = grey[1:-1, 1:-1]
    return grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:] - 4 * inner


def sharpest(paths: list[Path], share: float) -> list[Path]:
    """The sharper part of the pictures, in their own order."""
    count = max(1, round(len(paths) * share))
    best = set(sorted(paths, key=score, reverse=True)[:count])
    return [path for path in paths if path in best]
