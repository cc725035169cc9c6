"""Laying pictures on beats."""

from collections.abc import Sequence
from itertools import pairwise

from montage.pictures import focus
from montage.pictures.library import Picture
from montage.settings import Settings
from montage.timeline import motion
from montage.timeline.clip import Clip, Timeline

SHORTEST = 0.2  # seconds; shorter pictures flicker


def cuts(beats: Sequence[float], beats_per_picture: int, duration: float) -> list[float]:
    """The times at which the picture changes, the beginning and the end included."""
    chosen = list(beats[::beats_per_picture])
    times = [0.0, *(time for time in chosen if SHORTEST <= time < duration - SHORTEST), duration]
    return spaced(times)


def spaced(times: Sequence[float]) -> list[float]:
    """The times without those that follow too soon; the last one stays."""
    kept = [times[0]]
    for time in times[1:-1]:
        if time - kept[-1] >= SHORTEST:
            kept.append(time)
    return [*kept, times[-1]]


def lay(pictures: Sequence[Picture], beats: Sequence[float], settings: Settings, duration: float) -> Timeline:
    """A timeline over the whole track; the pictures begin again where they run out."""
    clips = []
    spans = pairwise(cuts(beats, settings.beats_per_picture, duration))
    for index, (begin, end) in enumerate(spans):
        picture = pictures[index % len(pictures)]
        move = motion.choose(index, settings.zoom, focus.point(picture.path))
        clips.append(Clip(picture.path, begin, end, move))
    return Timeline(tuple(clips))
