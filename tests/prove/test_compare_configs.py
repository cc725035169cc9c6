import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerwise.errors import ImageError
from layerwise.prove.compare_configs import compare_configs, settings
from layerwise.prove.difference import Difference, Facet


@pytest.mark.parametrize("config", [b"", b"[]", b'"x"', b"{", b"\xff", b'{"config": 1}', b'{"config": "x"}'])
def test_what_is_no_config_is_refused(config: bytes) -> None:
    with pytest.raises(ImageError, match="the image config"):
        compare_configs(b"{}", config)


def test_a_config_without_settings_has_none() -> None:
    assert settings(b'{"config": null, "created": "now"}') == {}


def test_both_values_are_shown() -> None:
    left, right = b'{"config": {"Cmd": ["a"]}}', b'{"config": {"Cmd": ["a", "b"], "Env": ["A="]}}'
    assert compare_configs(left, right) == (
        Difference("Cmd", Facet.SETTING, '["a"]', '["a", "b"]'),
        Difference("Env A", Facet.SETTING, None, ""),
    )


def test_maps_of_another_kind_than_they_should_be_have_nothing_in_them() -> None:
    assert settings(b'{"config": {"Labels": [], "Env": {}, "Volumes": null}}') == {}


@given(
    st.lists(
        st.tuples(st.text(st.characters(codec="ascii", exclude_characters="="), min_size=1), st.text()),
        unique_by=lambda pair: pair[0],
    ),
    st.randoms(),
)
def test_the_order_of_variables_means_nothing(pairs: list[tuple[str, str]], chance) -> None:
    env = [f"{name}={value}" for name, value in pairs]
    turned = chance.sample(env, len(env))
    assert (
        compare_configs(json.dumps({"config": {"Env": env}}).encode(), json.dumps({"config": {"Env": turned}}).encode())
        == ()
    )
