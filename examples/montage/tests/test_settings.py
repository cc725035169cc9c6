import pytest

from montage.errors import MontageError
from montage.settings import load, preset_names


def test_every_preset_loads():
    assert {load(name).beats_per_picture for name in preset_names()} == {1, 2, 8}


def test_a_misspelt_setting_is_an_error(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text("widht = 3\n")
    with pytest.raises(MontageError, match="widht"):
        load(str(path))
