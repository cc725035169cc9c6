"""Beat tracking by librosa, compiled by numba: slower to import, better on soft music."""

from importlib.util import find_spec

from montage.audio.track import Track


def available() -> bool:
    """Whether librosa is installed."""
    return find_spec("librosa") is not None


def beats(track: Track) -> list[float]:
    """Seconds of each beat."""
    import librosa

    _, times = librosa.beat.beat_track(y=track.samples, sr=track.rate, units="time")
    return [float(time) for time in times]
