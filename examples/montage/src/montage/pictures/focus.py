"""The point of a picture that a crop must keep."""

import os
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

INPUT = 320  # pixels a side that the saliency model takes
CENTRE = (0.5, 0.4)  # where the subject usually is: a little above the middle


@lru_cache(maxsize=1)
def model():
    """The saliency model named by MONTAGE_SALIENCY, or None."""
    path = os.environ.get("MONTAGE_SALIENCY")
    if not path:
        return None
    import onnxruntime

    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])


def point(path: Path) -> tuple[float, float]:
    """Share of width and height at which the subject lies."""
    session = model()
    if session is None:
        return CENTRE
    with Image.open(path) as image:
        pixels = np.asarray(image.convert("RGB").resize((INPUT, INPUT)), dtype=np.float32)
    batch = (pixels / 255).transpose(2, 0, 1)[None]
    (saliency, *_) = session.run(None, {session.get_inputs()[0].name: batch})
    return centre_of_mass(saliency.reshape(INPUT, INPUT))


def centre_of_mass(weights: np.ndarray) -> tuple[float, float]:
    """Mean position, each pixel counted by its weight."""
    total = float(weights.sum())
    if total <= 0:
        return CENTRE
    rows, columns = np.indices(weights.shape)
    height, width = weights.shape
    x = float((columns * weights).sum()) / total / (width - 1)
    return x, float((rows * weights).sum()) / total / (height - 1)
