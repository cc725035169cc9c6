import pytest
from tests.builder.drive.inspected import builder
from tests.builder.drive.lines import asked

from layerwise.builder.drive.files import files_of
from layerwise.builder.redact import Redactor
from layerwise.recording.build_study import Study, study


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Dockerfile").write_text(
        "# syntax=docker/dockerfile:1.7\nFROM debian\nARG TOKEN\nRUN make\nCOPY file /\n"
    )
    (tmp_path / "file").write_text("one\n")
    return tmp_path


def studied(text: str, place, *platforms: str, name: str = "container") -> Study:
    wanted = asked(text)
    return study(wanted, files_of(wanted), platforms, builder(name), Redactor(b"key"), place / "digests")


def test_the_steps_have_their_places_and_the_pieces_of_their_keys(place):
    found = studied(".", place, "linux/amd64", "linux/arm64")
    assert found.layout.numbered("stage-0", 2, "RUN make").line == 4
    assert found.inputs is not None
    assert [(step.platform, step.line) for step in found.inputs.steps] == [
        (platform, line) for platform in ("linux/amd64", "linux/arm64") for line in (2, 4, 5)
    ]
    assert found.inputs.steps[2].files
    assert (found.inputs.versions.frontend, found.inputs.versions.buildkit) == ("docker/dockerfile:1.7", "v0.16.0")


def test_secret_values_are_not_among_them(place):
    found = studied("--build-arg TOKEN=swordfish-0451 .", place)
    assert found.inputs is not None
    assert any(piece.name == "TOKEN" for step in found.inputs.steps for piece in step.pieces)
    assert "swordfish" not in repr(found.inputs)


def test_a_builder_that_does_not_say_what_it_is_builds_all_the_same(place):
    found = studied(".", place, name="stopped")
    assert found.inputs is not None
    assert {step.platform for step in found.inputs.steps} == {"linux/amd64"}


def test_files_that_are_not_here_say_nothing(place):
    for text in ("-", "-f - .", "https://example.org/a.git"):
        found = studied(text, place)
        assert (found.inputs, dict(found.layout.by_line)) == (None, {})


def test_a_dockerfile_that_buildkit_would_refuse_is_buildx_s_to_refuse(place):
    (place / "Dockerfile").write_text("FRUM debian\n")
    assert studied(".", place).inputs is None
