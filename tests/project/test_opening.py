import pathlib

import pytest

from layerwise.project import Wanted, open_project


@pytest.fixture
def place(tmp_path: pathlib.Path) -> pathlib.Path:
    (tmp_path / "Dockerfile").write_text("FROM debian\nCOPY a /a\nRUN true\n")
    (tmp_path / "other.Dockerfile").write_text("FROM debian\nCOPY b /b\n")
    for name in ("a", "b"):
        (tmp_path / name).write_text("1")
    return tmp_path


def test_other_dockerfiles_are_read_when_somebody_asks_and_once(place: pathlib.Path) -> None:
    elsewhere = open_project(Wanted(str(place))).analysis.facts.elsewhere
    (place / "other.Dockerfile").write_text("FROM debian\nCOPY a /b\n")
    (taken,) = elsewhere().selections
    assert (taken.covers("a"), taken.covers("b")) == (True, False)
    (place / "other.Dockerfile").unlink()
    assert elsewhere().selections == (taken,)
