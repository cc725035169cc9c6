from montage.timeline.cut import cuts, spaced


def test_every_second_beat_cuts():
    assert cuts([0.5, 1.0, 1.5, 2.0], 2, 3.0) == [0.0, 0.5, 1.5, 3.0]


def test_a_beat_right_before_the_end_is_left_out():
    assert cuts([1.0, 2.95], 1, 3.0) == [0.0, 1.0, 3.0]


def test_cuts_that_would_flicker_are_dropped():
    assert spaced([0.0, 0.1, 0.5, 0.6, 1.0]) == [0.0, 0.5, 1.0]
