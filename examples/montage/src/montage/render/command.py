"""The ffmpeg command line for a montage."""

from pathlib import Path

from montage.render.filters import graph
from montage.settings import Settings
from montage.timeline.clip import Timeline

ALWAYS = ("ffmpeg", "-hide_banner", "-nostdin", "-y", "-progress", "pipe:1")


def build(timeline: Timeline, track: Path, target: Path, settings: Settings) -> list[str]:
    """The command as a list, ready for subprocess."""
    inputs = [word for clip in timeline.clips for word in ("-i", str(clip.picture))]
    sound = f"{len(timeline.clips)}:a"
    return [
        *ALWAYS,
        *inputs,
        *("-i", str(track)),
        *("-filter_complex", graph(timeline, settings)),
        *("-map", "[video]", "-map", sound),
        *encoding(settings),
        *("-t", f"{timeline.duration:.3f}", "-movflags", "+faststart"),
        str(target),
    ]


def encoding(settings: Settings) -> tuple[str, ...]:
    """Codecs that every browser plays."""
    video = ("-c:v", "libx264", "-preset", "medium", "-crf", str(settings.quality))
    audio = ("-c:a", "aac", "-b:a", "192k")
    return (*video, "-r", str(settings.frames_per_second), *audio)
