from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.syntax.corpus import CORPUS, text_of
from tests.syntax.generated import dockerfiles, ordinary_dockerfiles

from layerwise.errors import DockerfileError
from layerwise.syntax.parser import parse
from layerwise.syntax.tree import Copy, Dockerfile, Instruction, Onbuild, Pairs


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_the_corpus_is_read_and_written_back_byte_for_byte(path: Path):
    tree = parse(text_of(path))
    assert str(tree).encode("utf-8", "surrogateescape") == path.read_bytes()
    check(tree)


@settings(max_examples=200, deadline=None)
@given(dockerfiles() | ordinary_dockerfiles() | st.text())
def test_any_text_is_refused_or_written_back_with_true_spans(text: str):
    try:
        tree = parse(text)
    except DockerfileError as error:
        for problem in error.problems:
            assert problem.excerpt == (text.split("\n") or [""])[problem.line - 1].rstrip("\r").removeprefix("\ufeff")
            assert 1 <= problem.column <= len(problem.excerpt) + 2
        return
    assert str(tree) == text
    check(tree)


def check(tree: Dockerfile) -> None:
    """Every span says what its node says, and the instructions come in order without overlap."""
    done = 0
    for instruction in tree.instructions():
        assert (
            done <= instruction.block.start <= instruction.span.start <= instruction.span.end <= instruction.block.end
        )
        done = instruction.block.end
        assert tree.position(instruction.span.end).line == instruction.end_line
        for one in (instruction, *([instruction.trigger] if isinstance(instruction, Onbuild) else [])):
            check_places(tree, one)


def check_places(tree: Dockerfile, instruction: Instruction) -> None:
    for index, char in enumerate(instruction.text):
        assert tree.text[instruction.source_offset(index)] == char
    for written, span in written_at(instruction):
        source = tree.source(span)
        assert source == written or "\n" in source
    for flag in instruction.flags:
        assert tree.source(flag.span).startswith("--") or "\n" in tree.source(flag.span)
    for heredoc in instruction.heredocs:
        assert heredoc.chomp or tree.source(heredoc.body) == heredoc.content
        assert "<<" in tree.source(heredoc.opener)


def written_at(instruction: Instruction) -> Iterator[tuple[str, tuple[int, int]]]:
    if isinstance(instruction, Copy) and instruction.exec_form is None:
        for word in (*instruction.sources, instruction.destination):
            yield word.text, word.span
    if isinstance(instruction, Pairs):
        for pair in instruction.pairs:
            if pair.name.isidentifier() and "=" in instruction.text:
                yield instruction.text[slice(*_logical(instruction, pair.span))], pair.span


def _logical(instruction: Instruction, span: tuple[int, int]) -> tuple[int, int]:
    places = [instruction.source_offset(index) for index in range(len(instruction.text))]
    return places.index(span[0]), places.index(span[1] - 1) + 1
