import pytest

from layerwise.syntax.parser import parse
from layerwise.syntax.tree import Instruction, Span

TEXT = "FROM a\nRUN --network=none one \\\n# comment\n\n  two\\\nthree \\\n  \\\nfour  \n"


def run() -> Instruction:
    return parse(TEXT).stages[0].instructions[0]


def test_every_character_of_a_continued_text_has_its_place():
    instruction = run()
    assert instruction.text == "one   twothree   four"
    for index, char in enumerate(instruction.text):
        assert TEXT[instruction.source_offset(index)] == char


@pytest.mark.parametrize(
    ("word", "source"),
    [
        ("one", "one"),
        ("two", "two"),
        ("three", "three"),
        ("twothree", "two\\\nthree"),
        ("four", "four"),
        ("one   two", "one \\\n# comment\n\n  two"),
    ],
)
def test_a_stretch_of_a_continued_text_has_its_span(word: str, source: str):
    instruction = run()
    start = instruction.text.index(word)
    span = instruction.source_span(start, start + len(word))
    assert TEXT[span.start : span.end] == source


def test_the_end_of_a_text_is_just_behind_its_last_character():
    instruction = run()
    assert instruction.source_offset(len(instruction.text)) == TEXT.index("four") + 4


def test_an_empty_stretch_has_an_empty_span():
    instruction = run()
    start = TEXT.index("one \\")
    assert instruction.source_span(0, 0) == Span(start, start)


def test_a_text_of_one_line_begins_at_its_start():
    instruction = parse("FROM a\n  RUN  b c\n").stages[0].instructions[0]
    assert instruction.segments == ()
    assert instruction.source_span(2, 3) == Span(16, 17)


def test_an_empty_text_begins_behind_the_keyword():
    assert parse("FROM a\nRUN  \n").stages[0].instructions[0].text_start == 10
    assert parse("FROM a\nRUN \\\n\n").stages[0].instructions[0].text_start == 10
