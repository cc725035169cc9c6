from pathlib import Path

from tests.builder.inputs.trees import manifest

from layerwise.builder.inputs.bases import with_bases
from layerwise.inputs.manifest import Part


def found(tmp_path: Path, dockerfile: str, *bases: tuple[str, str]) -> list[str]:
    made = manifest(tmp_path, tmp_path / "state", dockerfile)
    steps = with_bases(made, bases).steps
    return [piece.value for step in steps for piece in step.pieces if piece.part is Part.BASE]


def test_a_base_has_the_digest_that_the_build_found(tmp_path: Path) -> None:
    known = ("docker.io/library/debian:bookworm", "sha256:1")
    assert found(tmp_path, "FROM debian:bookworm\nRUN make\n", known) == ["sha256:1"]
    assert found(tmp_path, "FROM debian:bookworm@sha256:" + 64 * "1" + "\nRUN make\n", known) == ["sha256:1"]
    assert found(tmp_path, "FROM docker.io/library/debian:bookworm\n", known) == ["sha256:1"]
    assert found(tmp_path, "FROM debian:trixie\n", known) == ["debian:trixie"]


def test_a_base_of_which_no_digest_is_known_stays(tmp_path: Path) -> None:
    assert found(tmp_path, "FROM debian\n", ("docker.io/library/debian:latest", "")) == ["debian"]


def test_what_is_no_reference_is_taken_by_its_name(tmp_path: Path) -> None:
    assert found(tmp_path, "FROM Base\n", ("Base", "sha256:1")) == ["sha256:1"]
