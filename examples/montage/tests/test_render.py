from pathlib import Path

from montage.render import command, runner
from montage.settings import Settings
from montage.timeline.clip import Clip, Motion, Timeline

MOVE = Motion(1.0, 1.1, (0.5, 0.5), (0.5, 0.5))
TIMELINE = Timeline((Clip(Path("a.jpg"), 0.0, 1.0, MOVE), Clip(Path("b.jpg"), 1.0, 2.0, MOVE)))


def test_each_picture_is_an_input_and_the_track_the_last():
    built = command.build(TIMELINE, Path("t.wav"), Path("o.mp4"), Settings())
    assert [built[at + 1] for at, word in enumerate(built) if word == "-i"] == ["a.jpg", "b.jpg", "t.wav"]


def test_neighbours_fade_at_the_cut():
    built = command.build(TIMELINE, Path("t.wav"), Path("o.mp4"), Settings(crossfade=0.25))
    assert "[v0][v1]xfade=duration=0.25:offset=1.000[x1]" in built[built.index("-filter_complex") + 1]


def test_progress_is_read_from_ffmpeg():
    assert list(runner.positions(["frame=3\n", "out_time_us=1500000\n", "out_time_us=N/A\n"])) == [1.5]
