"""Cutting a track into overlapping frames."""

import numpy as np

FRAME = 1024
HOP = 256


def frames(samples: np.ndarray, size: int = FRAME, hop: int = HOP) -> np.ndarray:
    """Overlapping frames, one a row; the tail that fills no frame is dropped."""
    if len(samples) < size:
        samples = np.pad(samples, (0, size - len(samples)))
    view = np.lib.stride_tricks.sliding_window_view(samples, size)
    return view[::hop]


def loudness(samples: np.ndarray) -> np.ndarray:
    """Root mean square of each frame."""
    return np.sqrt(np.mean(frames(samples) ** 2, axis=1))


def frame_time(index: float, rate: int, hop: int = HOP) -> float:
    """Seconds at which a frame begins."""
    return index * hop / rate
