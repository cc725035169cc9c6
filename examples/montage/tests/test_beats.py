import json
from itertools import pairwise

import pytest

from montage.audio import accelerated, beats, track


def test_beats_are_evenly_spaced(clicks, monkeypatch):
    monkeypatch.setattr(accelerated, "available", lambda: False)
    times = beats.find(track.read(clicks(120)))
    steps = [right - left for left, right in pairwise(times)]
    assert len(times) >= 20
    assert all(step == pytest.approx(0.5, abs=0.05) for step in steps)


def test_a_beat_file_is_taken_as_it_is(tmp_path):
    path = tmp_path / "beats.json"
    path.write_text(json.dumps([0.5, 1, 1.5]))
    assert beats.load(path) == [0.5, 1.0, 1.5]
