"""The times of the beats."""

import json
from pathlib import Path

import numpy as np

from montage.audio import accelerated, onset, tempo, track
from montage.audio.envelope import HOP, frame_time

TIGHTNESS = 100.0  # how much an uneven step costs against a strong onset


def find(source: track.Track) -> list[float]:
    """Seconds of each beat; by librosa where it is installed."""
    if accelerated.available():
        return accelerated.beats(source)
    onsets = onset.strength(source)
    period = 60 / tempo.estimate(onsets, source.rate) * source.rate / HOP
    return [frame_time(index, source.rate) for index in follow(onsets, period)]


def follow(onsets: np.ndarray, period: float) -> list[int]:
    """The chain of frames that collects the most onset strength in even steps."""
    if not onsets.any():
        return [int(index) for index in np.arange(0, len(onsets), max(1.0, period))]
    score, before = onsets.copy(), np.full(len(onsets), -1)
    steps = np.arange(-round(2 * period), -max(1, round(period / 2)) + 1)
    penalty = -TIGHTNESS * np.log(-steps / period) ** 2
    for index in range(-int(steps[0]), len(onsets)):
        candidates = score[index + steps] + penalty
        best = int(candidates.argmax())
        score[index] += max(0.0, candidates[best])
        before[index] = index + steps[best] if candidates[best] > 0 else -1
    return chain(before, int(score.argmax()))


def chain(before: np.ndarray, last: int) -> list[int]:
    """Walk back from the last beat."""
    found = [last]
    while before[found[-1]] >= 0:
        found.append(int(before[found[-1]]))
    return found[::-1]


def load(path: Path) -> list[float]:
    """Beats from a beat file (JSON list or one time a line), else found in the audio."""
    if path.suffix == ".json":
        return [float(value) for value in json.loads(path.read_text())]
    if path.suffix in {".txt", ".beats"}:
        return [float(line.split()[0]) for line in path.read_text().splitlines() if line.strip()]
    return find(track.read(path))
