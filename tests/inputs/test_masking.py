import pytest

from layerwise.inputs.masking import masked, may_be_same


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("plain", "plain", True),
        ("plain", "other", False),
        (masked("use ***", "hmac:ab"), masked("use ***", "hmac:ab"), True),
        (masked("use ***", "hmac:ab"), masked("use ***", "hmac:cd"), False),
        (masked("use *** now", "hmac:ab"), "use opensesame now", True),
        ("use opensesame\nnow", masked("use ***\nnow", "hmac:ab"), True),
        (masked("use ***", "hmac:ab"), "do opensesame", False),
        (masked("use ***", "hmac:ab"), "use ", False),
        (masked("a.b ***", "hmac:ab"), "axb opensesame", False),
    ],
)
def test_texts_are_compared_as_far_as_they_are_shown(one: str, other: str, same: bool) -> None:
    assert may_be_same(one, other) is same
    assert may_be_same(other, one) is same
