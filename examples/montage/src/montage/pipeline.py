"""From a folder and a track to a timeline and a video."""

import tempfile
from dataclasses import replace
from pathlib import Path

from montage.audio import beats, track
from montage.pictures import library, order, similar
from montage.pictures.library import Picture
from montage.render import command, runner, titles, upscale
from montage.settings import Settings
from montage.timeline.clip import Clip, Timeline
from montage.timeline.cut import lay

TITLE_SECONDS = 2.0


def plan(folder: Path, music: Path, settings: Settings, beat_file: Path | None = None) -> Timeline:
    """The timeline of a montage."""
    pictures = order.ordered(library.scan(folder), settings.order)
    chosen = similar.without_repeats(pictures)
    times = beats.load(beat_file or music)
    return lay(chosen, times, settings, track.read(music).duration)


def titled(timeline: Timeline, card: Path, settings: Settings) -> Timeline:
    """The timeline with the title card over its first clips."""
    if not settings.title or not timeline.clips:
        return timeline
    end = next((clip.end for clip in timeline.clips if clip.end >= TITLE_SECONDS), timeline.duration)
    first = replace(timeline.clips[0], picture=card, end=end)
    return Timeline((first, *(clip for clip in timeline.clips if clip.begin >= end)))


def enlarged(timeline: Timeline, pictures: dict[Path, Picture], settings: Settings, folder: Path) -> Timeline:
    """The timeline with small pictures replaced by larger copies."""

    def larger(clip: Clip) -> Clip:
        picture = pictures.get(clip.picture)
        if picture is None or not upscale.needed(picture, settings):
            return clip
        return replace(clip, picture=upscale.enlarge(picture, folder))

    return Timeline(tuple(larger(clip) for clip in timeline.clips))


def render(timeline: Timeline, music: Path, target: Path, settings: Settings, progress: runner.Progress) -> None:
    """Write the video."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = dict.fromkeys(clip.picture for clip in timeline.clips)
        pictures = {path: found for path in paths if (found := library.probe(path))}
        whole = enlarged(timeline, pictures, settings, folder)
        if settings.title:
            whole = titled(whole, titles.draw(settings, folder / "title.png"), settings)
        target.parent.mkdir(parents=True, exist_ok=True)
        runner.run(command.build(whole, music, target, settings), whole.duration, progress)
