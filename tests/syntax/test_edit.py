import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.syntax.generated import ordinary_dockerfiles

from layerwise.syntax import edit
from layerwise.syntax.edit import Edit
from layerwise.syntax.parser import parse
from layerwise.syntax.tree import Dockerfile, Instruction, Pairs, Span

TEXT = """\
# syntax=docker/dockerfile:1
FROM a

# the version
ARG V=1

RUN one
# two
RUN two \\
  # within
  more
RUN three
"""


def tree(text: str = TEXT) -> Dockerfile:
    return parse(text)


def named(dockerfile: Dockerfile, text: str) -> Instruction:
    return next(one for one in dockerfile.instructions() if one.text.startswith(text))


def test_edits_change_what_they_name_and_nothing_else():
    dockerfile = tree("FROM a\nRUN b\n")
    changed = edit.apply(dockerfile, [Edit(Span(11, 12), "c"), Edit(Span(5, 6), "image")])
    assert changed == "FROM image\nRUN c\n"


def test_no_edits_change_nothing():
    assert edit.apply(tree(), []) == TEXT


def test_insertions_at_one_place_come_in_the_order_given():
    dockerfile = tree("FROM a\n")
    assert (
        edit.apply(dockerfile, [Edit(Span(7, 7), "RUN b\n"), Edit(Span(7, 7), "RUN c\n")]) == "FROM a\nRUN b\nRUN c\n"
    )


@pytest.mark.parametrize("spans", [(Span(0, 3), Span(2, 4)), (Span(0, 3), Span(1, 1)), (Span(5, 99),), (Span(4, 3),)])
def test_edits_that_overlap_or_lie_outside_are_a_bug(spans: tuple[Span, ...]):
    with pytest.raises(AssertionError, match="overlap"):
        edit.apply(tree("FROM a\n"), [Edit(span, "") for span in spans])


def test_an_edit_replaces_a_span_and_says_why():
    assert edit.replace(Span(1, 2), "x", "because") == Edit(Span(1, 2), "x", "because")


def test_an_instruction_moves_down_with_its_comment_and_leaves_one_empty_line():
    dockerfile = tree()
    moved = edit.apply(dockerfile, edit.move(dockerfile, named(dockerfile, "V"), before=named(dockerfile, "three")))
    assert (
        moved
        == """\
# syntax=docker/dockerfile:1
FROM a

RUN one
# two
RUN two \\
  # within
  more
# the version
ARG V=1
RUN three
"""
    )


def test_an_instruction_moves_behind_the_last_one():
    dockerfile = tree()
    moved = edit.apply(dockerfile, edit.move(dockerfile, named(dockerfile, "one"), after=named(dockerfile, "three")))
    assert (
        moved
        == """\
# syntax=docker/dockerfile:1
FROM a

# the version
ARG V=1

# two
RUN two \\
  # within
  more
RUN three
RUN one
"""
    )


def test_an_instruction_moves_above_the_comment_of_another():
    dockerfile = tree()
    moved = edit.apply(dockerfile, edit.move(dockerfile, named(dockerfile, "three"), before=named(dockerfile, "two")))
    assert moved.endswith("RUN one\nRUN three\n# two\nRUN two \\\n  # within\n  more\n")


def test_a_here_document_moves_whole():
    dockerfile = tree("FROM a\nCOPY <<EOF /b\n\nc\nEOF\nRUN d\n")
    moved = edit.apply(dockerfile, edit.move(dockerfile, named(dockerfile, "<<EOF"), after=named(dockerfile, "d")))
    assert moved == "FROM a\nRUN d\nCOPY <<EOF /b\n\nc\nEOF\n"


@pytest.mark.parametrize(
    ("text", "moved"),
    [
        ("FROM a\nRUN b\nRUN c", "FROM a\nRUN c\nRUN b"),
        ("FROM a\r\nRUN b\r\nRUN c", "FROM a\r\nRUN c\r\nRUN b"),
        ("FROM a\r\n# b\r\nRUN b\r\n\r\nRUN c\r\n", "FROM a\r\n\r\nRUN c\r\n# b\r\nRUN b\r\n"),
        ("FROM a\nRUN b\n\nRUN c\n", "FROM a\n\nRUN c\nRUN b\n"),
        ("FROM a\n\nRUN b\n\n\nRUN c\n\n", "FROM a\n\nRUN c\nRUN b\n\n"),
    ],
)
def test_line_ends_and_the_end_of_the_file_stay_as_they_are(text: str, moved: str):
    dockerfile = tree(text)
    assert edit.apply(dockerfile, edit.move(dockerfile, named(dockerfile, "b"), after=named(dockerfile, "c"))) == moved


def test_the_last_line_without_line_end_moves_up():
    dockerfile = tree("FROM a\nRUN b\n\nRUN c")
    moved = edit.apply(dockerfile, edit.move(dockerfile, named(dockerfile, "c"), before=named(dockerfile, "b")))
    assert moved == "FROM a\nRUN c\nRUN b"


def test_a_continuation_into_nothing_stays_behind():
    dockerfile = tree("FROM a\nRUN b\nRUN c && \\\n# d\n\n")
    b, c = named(dockerfile, "b"), named(dockerfile, "c")
    assert edit.apply(dockerfile, edit.move(dockerfile, c, before=b)) == "FROM a\nRUN c &&\nRUN b\n"
    assert edit.apply(dockerfile, edit.move(dockerfile, b, after=c)) == "FROM a\nRUN c &&\nRUN b\n"


def test_an_instruction_cannot_move_into_itself():
    dockerfile = tree()
    one = named(dockerfile, "V")
    with pytest.raises(AssertionError):
        edit.move(dockerfile, one, after=one)


def test_a_move_needs_one_place():
    dockerfile = tree()
    one, two = named(dockerfile, "one"), named(dockerfile, "two")
    with pytest.raises(AssertionError):
        edit.move(dockerfile, one)
    with pytest.raises(AssertionError):
        edit.move(dockerfile, one, before=two, after=two)


def test_lines_are_inserted_above_an_instruction_and_its_comment():
    dockerfile = tree("FROM a\r\n# b\r\nRUN b\r\n")
    inserted = edit.insert_before(dockerfile, named(dockerfile, "b"), "ARG x\nARG y\n", "why")
    assert edit.apply(dockerfile, [inserted]) == "FROM a\r\nARG x\r\nARG y\r\n# b\r\nRUN b\r\n"
    assert inserted.reason == "why"


def test_lines_are_inserted_below_a_last_line_without_line_end():
    dockerfile = tree("FROM a\nRUN b")
    assert (
        edit.apply(dockerfile, [edit.insert_after(dockerfile, named(dockerfile, "b"), "RUN c")])
        == "FROM a\nRUN b\nRUN c"
    )


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("FROM a\n", "\n# check=skip=all\nARG b\nFROM a\n"),
        ("# syntax=x\nFROM a\n", "# syntax=x\n\n# check=skip=all\nARG b\nFROM a\n"),
        ("# note\n\nFROM a\n", "# note\n\n# check=skip=all\nARG b\nFROM a\n"),
    ],
)
def test_an_inserted_comment_never_becomes_a_directive(text: str, changed: str):
    dockerfile = tree(text)
    inserted = edit.insert_before(dockerfile, named(dockerfile, "a"), "# check=skip=all\nARG b")
    assert edit.apply(dockerfile, [inserted]) == changed
    assert parse(changed).directives == dockerfile.directives


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("FROM a\n\nRUN b\n\nRUN c\n", "FROM a\n\nRUN c\n"),
        ("FROM a\nRUN b\n\nRUN c\n", "FROM a\n\nRUN c\n"),
        ("FROM a\n\n# about b\nRUN b\nRUN c\n", "FROM a\n\nRUN c\n"),
        ("FROM a\n# apart\n\nRUN b\n", "FROM a\n# apart\n"),
        ("FROM a\n\n\nRUN b", "FROM a"),
        ("ARG b\n\nFROM a\n", "FROM a\n"),
        ("# syntax=x\nARG b\nFROM a\n", "# syntax=x\nFROM a\n"),
    ],
)
def test_an_instruction_goes_with_its_comment_and_one_of_its_gaps(text: str, left: str):
    dockerfile = tree(text)
    assert edit.apply(dockerfile, [edit.remove(dockerfile, named(dockerfile, "b"))]) == left


def test_instructions_directly_below_each_other_go_as_one():
    dockerfile = tree("FROM a\n\nARG b\n# c\nARG c\n\nRUN d\nARG e\nRUN f\n")
    gone = [named(dockerfile, text) for text in "bce"]
    assert edit.apply(dockerfile, edit.remove_all(dockerfile, gone)) == "FROM a\n\nRUN d\nRUN f\n"


@pytest.mark.parametrize(
    ("env", "gone", "left"),
    [
        ("ENV A=1 B=2 C=3", "A", "ENV B=2 C=3"),
        ("ENV A=1 B=2 C=3", "B", "ENV A=1 C=3"),
        ("ENV A=1 B=2 C=3", "C", "ENV A=1 B=2"),
        ("ENV A=1 B=2 C=3", "AB", "ENV C=3"),
        ("ENV A=1 B=2 C=3", "BC", "ENV A=1"),
        ("ENV A=1 B=2 C=3", "AC", "ENV B=2"),
        ("ARG A B=2  C", "B", "ARG A  C"),
        ("ENV A=1 \\\n    B=2 \\\n    C=3", "A", "ENV B=2 \\\n    C=3"),
        ("ENV A=1 \\\n    B=2 \\\n    C=3", "B", "ENV A=1 \\\n    C=3"),
        ("ENV A=1 \\\n    B=2 \\\n    C=3", "C", "ENV A=1 \\\n    B=2"),
        ("ENV A=1 \\\n    # b\n    B=2 \\\n    # c\n    C=3", "A", "ENV \\\n    # b\n    B=2 \\\n    # c\n    C=3"),
        ("ENV A=1 \\\n    # b\n    B=2 \\\n    # c\n    C=3", "B", "ENV A=1 \\\n    # c\n    C=3"),
        ("ENV A=1 \\\n    # b\n    B=2 \\\n    # c\n    C=3", "C", "ENV A=1 \\\n    # b\n    B=2"),
        ("ENV A=1 \\\n    # b\n    B=2 \\\n    # c\n    C=3", "AB", "ENV \\\n    # c\n    C=3"),
    ],
)  # fmt: skip
def test_pairs_go_with_their_comments_and_continuations(env: str, gone: str, left: str):
    dockerfile = tree(f"FROM a\n{env}\nRUN b\n")
    instruction = named(dockerfile, "A")
    assert isinstance(instruction, Pairs)
    pairs = [pair for pair in instruction.pairs if pair.name in gone]
    changed = edit.apply(dockerfile, edit.remove_pairs(dockerfile, instruction, pairs))
    assert changed == f"FROM a\n{left}\nRUN b\n"
    assert [pair.name for pair in parse(changed).stages[0].instructions[0].pairs] == [
        pair.name for pair in instruction.pairs if pair.name not in gone
    ]


def test_the_last_pair_takes_its_instruction_with_it():
    dockerfile = tree("FROM a\n# about\nENV A=1\nRUN b\n")
    instruction = named(dockerfile, "A")
    assert isinstance(instruction, Pairs)
    assert edit.apply(dockerfile, edit.remove_pair(dockerfile, instruction, instruction.pairs[0])) == "FROM a\nRUN b\n"


@given(ordinary_dockerfiles(), st.data())
def test_a_moved_instruction_is_the_same_one_elsewhere(text: str, data: st.DataObject):
    dockerfile = parse(text)
    before = list(dockerfile.instructions())
    moving, target = data.draw(st.permutations(before[1:]))[:2]
    place = data.draw(st.sampled_from(("before", "after")))
    changed = edit.apply(dockerfile, edit.move(dockerfile, moving, **{place: target}))
    order = [one for one in before if one is not moving]
    order.insert(order.index(target) + (place == "after"), moving)
    moved = parse(changed)
    assert [_what(one) for one in moved.instructions()] == [_what(one) for one in order]
    assert moved.directives == dockerfile.directives
    assert changed.endswith("\n") == text.endswith("\n")
    assert ("\r" in changed) == ("\r" in text)


@given(ordinary_dockerfiles(), st.data())
def test_a_removed_instruction_takes_nothing_else_with_it(text: str, data: st.DataObject):
    dockerfile = parse(text)
    before = list(dockerfile.instructions())
    gone = data.draw(st.sampled_from(before[1:]))
    left = parse(edit.apply(dockerfile, [edit.remove(dockerfile, gone)]))
    assert [_what(one) for one in left.instructions()] == [_what(one) for one in before if one is not gone]


def _what(instruction: Instruction) -> tuple[str, str, list[str]]:
    return instruction.keyword, instruction.text, [doc.content for doc in instruction.heredocs]
