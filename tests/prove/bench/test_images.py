"""Images of a file and of its rewrites, which a session of the tests writes by hand."""

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.analyses import analysis_of
from tests.oci.layouts import File, image, layout, write_tar

from layerwise.analysis import Analysis
from layerwise.errors import BuildFailed
from layerwise.prove.bench.images import Images
from layerwise.prove.bench.result import Side

TEXT = "FROM scratch\nCOPY src /\n"


@dataclass
class Session:
    """Writes an archive with the text of the Dockerfile in it, or does not build."""

    said: list[str] = field(default_factory=list)
    built: list[tuple[Side, str, tuple[str, ...]]] = field(default_factory=list)
    fails: str = "bad"
    subject: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(named="app/Dockerfile"))

    def say(self, text: str) -> None:
        self.said.append(text)

    def image(
        self, side: Side, analysis: Analysis, scope: str, archive: Path, what: str, options: tuple[str, ...]
    ) -> None:
        self.built.append((side, scope, options))
        text = analysis.dockerfile.text + " ".join(options)
        if self.fails in text:
            raise BuildFailed(
                f"{what} does not build: docker ended with 1\n    > [2/2] RUN {self.fails}\n    not found"
            )
        write_tar(archive, layout(image([File("etc/text", text.encode())])))


def made(tmp_path: Path, session: Session, text: str = TEXT, options: tuple[str, ...] = ()) -> Images:
    return Images(session, analysis_of(text), tmp_path, "lw1", options)  # type: ignore[arg-type]


def test_the_file_as_it_stands_is_built_once_and_only_its_image_stays(tmp_path):
    session = Session()
    images = made(tmp_path, session)
    assert images.compared(analysis_of(TEXT), "with 1 edit").equal
    found = images.compared(analysis_of("FROM scratch\nCOPY src /x\n"), "with 2 edits")
    assert not found.equal
    assert found.why == "/etc/text differs in content on linux/amd64"
    assert found.verdict is not None
    assert found.images[0] != found.images[1]
    assert session.built == [(Side.BEFORE, "lw1", ()), (Side.AFTER, "lw1", ()), (Side.AFTER, "lw1", ())]
    assert images.builds == 3
    assert len(list(tmp_path.iterdir())) == 1
    assert session.said == [
        "building app/Dockerfile as it stands",
        "building app/Dockerfile with 1 edit",
        "building app/Dockerfile with 2 edits",
    ]


def test_a_rewritten_file_that_does_not_build_is_told_on_one_line(tmp_path):
    found = made(tmp_path, Session()).compared(analysis_of("FROM scratch\nRUN bad\n"), "with 1 edit")
    assert (found.equal, found.verdict, found.images[1]) == (False, None, "")
    assert found.why == "the rewritten file does not build: > [2/2] RUN bad / not found"


def test_a_file_that_does_not_build_as_it_stands_is_a_failed_build(tmp_path):
    with pytest.raises(BuildFailed, match="app/Dockerfile as it stands does not build: docker ended with 1"):
        made(tmp_path, Session(), "FROM scratch\nRUN bad\n").compared(analysis_of(TEXT), "with 1 edit")


def test_values_of_build_arguments_are_taken_back_where_the_file_does_not_build_with_them(tmp_path):
    session = Session()
    images = made(tmp_path, session, options=("--build-arg=bad=1",))
    assert images.compared(analysis_of(TEXT), "with 1 edit").equal
    assert [options for _, _, options in session.built] == [("--build-arg=bad=1",), (), ()]
    assert session.said[1] == "building app/Dockerfile as it stands, without values for build arguments"
