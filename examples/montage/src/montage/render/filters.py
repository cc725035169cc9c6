"""ffmpeg's filter graph for a timeline."""

from collections.abc import Iterator

from montage.settings import Settings
from montage.timeline.clip import Clip, Timeline

HEADROOM = 2  # zoompan moves in whole pixels: render larger and scale down, or it shakes


def graph(timeline: Timeline, settings: Settings) -> str:
    """The whole graph; its last label is [video]."""
    steps = [picture(index, clip, settings) for index, clip in enumerate(timeline.clips)]
    return ";".join([*steps, *joins(timeline, settings)])


def picture(index: int, clip: Clip, settings: Settings) -> str:
    """Crop one picture to the frame and move the camera over it."""
    width, height = settings.width * HEADROOM, settings.height * HEADROOM
    fill = f"scale={width}:{height}:force_original_aspect_ratio=increase,crop={width}:{height}"
    rate, size = settings.frames_per_second, f"{settings.width}x{settings.height}"
    tail = f"setsar=1,format=yuv420p,settb=1/{rate}"
    return f"[{index}:v]{fill},{move(clip, settings)}:s={size}:fps={rate},{tail}[v{index}]"


def move(clip: Clip, settings: Settings) -> str:
    """zoompan's expressions for a camera move."""
    count = frames(clip, settings)
    motion, share = clip.motion, f"on/{max(1, count - 1)}"
    zoom = line(motion.start_scale, motion.end_scale, share)
    x = line(motion.start[0], motion.end[0], share)
    y = line(motion.start[1], motion.end[1], share)
    return f"zoompan=z='{zoom}':x='(iw-iw/zoom)*({x})':y='(ih-ih/zoom)*({y})':d={count}"


def frames(clip: Clip, settings: Settings) -> int:
    """Frames of a clip with the crossfade that follows it."""
    return max(1, round((clip.duration + settings.crossfade) * settings.frames_per_second))


def line(start: float, end: float, share: str) -> str:
    """A straight line as ffmpeg's expressions write it."""
    return f"{start:.4f}+{end - start:.4f}*{share}"


def joins(timeline: Timeline, settings: Settings) -> Iterator[str]:
    """Crossfade each clip into the next."""
    last = "v0"
    for index, clip in enumerate(timeline.clips[1:], start=1):
        label = f"x{index}"
        fade = f"xfade=duration={settings.crossfade}:offset={clip.begin:.3f}"
        yield f"[{last}][v{index}]{fade}[{label}]"
        last = label
    yield f"[{last}]null[video]"
