"""The tempo of a track."""

import numpy as np

from montage.audio.envelope import HOP

SLOWEST, FASTEST = 60.0, 200.0  # beats a minute
USUAL = 120.0


def estimate(onsets: np.ndarray, rate: int) -> float:
    """Beats a minute, from the lag at which the onsets resemble themselves most."""
    second = rate / HOP
    first, last = int(60 / FASTEST * second), int(60 / SLOWEST * second) + 1
    if len(onsets) <= last or not onsets.any():
        return USUAL
    lags = np.arange(first, last)
    likeness = autocorrelation(onsets, last)[lags] * preference(60 * second / lags)
    return float(60 * second / refined(likeness, lags))


def autocorrelation(curve: np.ndarray, lags: int) -> np.ndarray:
    """Likeness of a curve to itself moved by 0, 1, ... frames."""
    size = 2 ** int(np.ceil(np.log2(2 * len(curve))))
    power = np.abs(np.fft.rfft(curve - curve.mean(), size)) ** 2
    return np.fft.irfft(power)[: lags + 1]


def preference(tempo: np.ndarray) -> np.ndarray:
    """People tap near 120 a minute: a bell over the octaves around it."""
    return np.exp(-0.5 * (np.log2(tempo / USUAL) / 0.9) ** 2)


def refined(likeness: np.ndarray, lags: np.ndarray) -> float:
    """The best lag between the frames, by a parabola through its neighbours."""
    best = int(likeness.argmax())
    if not 0 < best < len(likeness) - 1:
        return float(lags[best])
    left, middle, right = likeness[best - 1 : best + 2]
    bend = left - 2 * middle + right
    return float(lags[best]) + (0.5 * (left - right) / bend if bend else 0.0)
