from pathlib import Path

import pytest
from hypothesis import given, settings
from tests.oracles.buildkit_parser import deviation, difference, theirs
from tests.syntax.corpus import CORPUS, elsewhere, text_of
from tests.syntax.generated import dockerfiles

from layerwise.errors import DockerfileError
from layerwise.syntax.parser import parse


@pytest.mark.parametrize("path", [*CORPUS, *elsewhere()], ids=lambda path: path.name)
def test_buildkits_parser_reads_the_corpus_as_we_do(path: Path):
    assert difference(text_of(path)) is None


def test_few_files_of_the_corpus_are_beyond_the_package():
    assert [path.name for path in CORPUS if deviation(text_of(path))] == [
        "heredoc-shebang.Dockerfile",
        "latin-1.Dockerfile",
        "shells.Dockerfile",
    ]


@pytest.mark.parametrize("path", elsewhere(), ids=str)
def test_what_we_refuse_elsewhere_is_refused_by_buildkit_or_is_no_dockerfile(path: Path):
    text = text_of(path)
    try:
        accepted = str(parse(text)) == text
    except DockerfileError:
        accepted = path.suffix in {".j2", ".yml", ".yaml", ".md", ".sh", ".tmpl"} or theirs(text) is None
    assert accepted


@settings(max_examples=300, deadline=None)
@given(dockerfiles())
def test_buildkits_parser_reads_what_we_accept_as_we_do(text: str):
    assert difference(text) is None
