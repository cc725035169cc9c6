import pytest

from montage.errors import MontageError
from montage.pictures import library, order


def test_the_same_pictures_are_shuffled_the_same_way(pictures):
    found = library.scan(pictures)
    assert order.shuffled(found) == order.shuffled(list(reversed(found)))


def test_wide_and_upright_pictures_alternate(pictures):
    upright = [picture.upright for picture in order.alternating(library.scan(pictures))]
    assert upright == [False, True] * 3


def test_an_unknown_order_names_the_known_ones(pictures):
    with pytest.raises(MontageError, match="shuffle"):
        order.ordered(library.scan(pictures), "random")
