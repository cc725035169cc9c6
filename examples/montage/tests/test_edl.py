from pathlib import Path

from montage.timeline import edl
from montage.timeline.clip import Clip, Motion, Timeline

MOVE = Motion(1.0, 1.1, (0.5, 0.5), (0.4, 0.5))
TIMELINE = Timeline((Clip(Path("a.jpg"), 0.0, 1.5, MOVE), Clip(Path("b.jpg"), 1.5, 2.0, MOVE)))


def test_a_timeline_survives_json():
    assert edl.from_json(edl.to_json(TIMELINE)) == TIMELINE


def test_timecodes_count_frames():
    assert edl.timecode(3661.5, 30) == "01:01:01:15"


def test_cmx_has_two_lines_a_clip():
    assert len(edl.to_cmx(TIMELINE, 25).splitlines()) == 3 + 2 * 2
