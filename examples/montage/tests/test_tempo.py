import numpy as np
import pytest

from montage.audio import onset, tempo, track


@pytest.mark.parametrize("wanted", [90, 120, 150])
def test_the_tempo_of_a_click_track_is_found(clicks, wanted):
    source = track.read(clicks(wanted))
    assert tempo.estimate(onset.strength(source), source.rate) == pytest.approx(wanted, rel=0.03)


def test_silence_has_the_usual_tempo():
    assert tempo.estimate(np.zeros(1000), 22050) == tempo.USUAL
