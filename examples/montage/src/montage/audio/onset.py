"""How strongly something begins at each moment of a track."""

import numpy as np

from montage.audio.envelope import frames
from montage.audio.track import Track


def strength(track: Track) -> np.ndarray:
    """Spectral flux: by how much each frame is louder than the one before, over all frequencies."""
    spectrum = magnitudes(track.samples)
    rises = np.maximum(0.0, np.diff(spectrum, axis=0))
    flux = np.concatenate([[0.0], rises.sum(axis=1)])
    return normalised(flux)


def magnitudes(samples: np.ndarray) -> np.ndarray:
    """Compressed magnitudes of a windowed Fourier transform of each frame."""
    cut = frames(samples)
    window = np.hanning(cut.shape[1])
    return np.log1p(100 * np.abs(np.fft.rfft(cut * window, axis=1)))


def normalised(curve: np.ndarray) -> np.ndarray:
    """The curve above its moving mean, scaled to one."""
    if not len(curve):
        return curve
    width = min(len(curve), 43)
    mean = np.convolve(curve, np.ones(width) / width, mode="same")
    above = np.maximum(0.0, curve - mean)
    peak = above.max()
    return above / peak if peak > 0 else above
