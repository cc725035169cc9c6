"""Timelines as files: JSON for ourselves, CMX 3600 for editing programs."""

import json
from dataclasses import asdict
from pathlib import Path

from montage.timeline.clip import Clip, Motion, Timeline


def to_json(timeline: Timeline) -> str:
    """The whole timeline."""
    return json.dumps([asdict(clip) for clip in timeline.clips], default=str, indent=2)


def from_json(text: str) -> Timeline:
    """The timeline that `to_json` wrote."""
    return Timeline(tuple(clip(entry) for entry in json.loads(text)))


def clip(entry: dict) -> Clip:
    """One clip from its JSON object."""
    move = entry["motion"]
    motion = Motion(move["start_scale"], move["end_scale"], tuple(move["start"]), tuple(move["end"]))
    return Clip(Path(entry["picture"]), entry["begin"], entry["end"], motion)


def timecode(seconds: float, frames_per_second: int) -> str:
    """Hours, minutes, seconds and frames."""
    frames = round(seconds * frames_per_second)
    whole, frame = divmod(frames, frames_per_second)
    minutes, second = divmod(whole, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour:02}:{minute:02}:{second:02}:{frame:02}"


def to_cmx(timeline: Timeline, frames_per_second: int, title: str = "MONTAGE") -> str:
    """An edit decision list."""
    lines = [f"TITLE: {title}", "FCM: NON-DROP FRAME", ""]
    for number, item in enumerate(timeline.clips, start=1):
        length = timecode(item.duration, frames_per_second)
        begin, end = (timecode(time, frames_per_second) for time in (item.begin, item.end))
        lines.append(f"{number:03}  AX       V     C        00:00:00:00 {length} {begin} {end}")
        lines.append(f"* FROM CLIP NAME: {item.picture.name}")
    return "\n".join(lines) + "\n"
