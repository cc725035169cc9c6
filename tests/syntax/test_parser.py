from pathlib import Path

import pytest

from layerwise.errors import DockerfileError
from layerwise.syntax.parser import parse, read
from layerwise.syntax.tree import Copy, From, Instruction, Onbuild, Pairs, Run, Unknown


def only(body: str) -> Instruction:
    (instruction,) = parse(f"FROM a\n{body}\n").stages[0].instructions
    return instruction


def problems(text: str) -> list[tuple[int, int, str]]:
    with pytest.raises(DockerfileError) as raised:
        parse(text, "some/Dockerfile")
    return [(problem.line, problem.column, problem.message) for problem in raised.value.problems]


def test_stages_hold_the_instructions_below_their_from():
    tree = parse("ARG V=1\nARG W\nFROM a:$V AS one\nRUN b\nUSER c\nFROM one\nFROM scratch AS Two\nRUN d\n")
    assert [instruction.keyword for instruction in tree.preamble] == ["ARG", "ARG"]
    assert [(stage.index, stage.name, stage.opening.image) for stage in tree.stages] == [
        (0, "one", "a:$V"),
        (1, "stage-1", "one"),
        (2, "two", "scratch"),
    ]
    assert [[one.text for one in stage.instructions] for stage in tree.stages] == [["b", "c"], [], ["d"]]
    assert [one.text for one in tree.instructions()] == [
        "V=1", "W", "a:$V AS one", "b", "c", "one", "scratch AS Two", "d",
    ]  # fmt: skip


def test_a_stage_name_is_lower_cased_and_an_image_is_verbatim():
    opening = parse("FROM Foo AS Build.X\n").stages[0].opening
    assert (opening.image, opening.name) == ("Foo", "build.x")


def test_the_platform_of_a_from_is_a_flag():
    opening = parse("FROM --platform=$BUILDPLATFORM a as b\n").stages[0].opening
    assert (opening.flag("platform"), opening.image, opening.name) == ("$BUILDPLATFORM", "a", "b")


def test_stages_of_one_name_are_both_kept():
    assert [stage.name for stage in parse("FROM a AS x\nFROM b AS X\n").stages] == ["x", "x"]


@pytest.mark.parametrize(
    ("body", "kind", "form"),
    [
        ("RUN a", Run, None),
        ('RUN ["a", "b"]', Run, ("a", "b")),
        ("RUN ['a']", Run, None),
        ('CMD ["a"] b', Instruction, None),
        ("CMD []", Instruction, ()),
        ('ENTRYPOINT ["\\u0061"]', Instruction, ("a",)),
        ('SHELL ["a", "-c"]', Instruction, ("a", "-c")),
        ('VOLUME ["/a b"]', Instruction, ("/a b",)),
        ("VOLUME /a /b", Instruction, None),
        ('HEALTHCHECK CMD ["a"]', Instruction, ("a",)),
        ("HEALTHCHECK cmd a", Instruction, None),
        ("HEALTHCHECK none", Instruction, None),
        ("EXPOSE 80 443", Instruction, None),
        ("WORKDIR /a b", Instruction, None),
        ("NEWER a", Unknown, None),
        ('NEWER ["a"]', Unknown, None),
    ],
)
def test_the_json_form_is_decoded_where_there_is_one(body: str, kind: type, form: tuple[str, ...] | None):
    instruction = only(body)
    assert type(instruction) is kind
    assert instruction.exec_form == form
    assert instruction.text == body.split(" ", 1)[1]


@pytest.mark.parametrize("keyword", ["COPY", "ADD"])
def test_the_words_of_a_copy_are_parted_by_blanks_alone(keyword: str):
    tree = parse(f"FROM a\n{keyword} --from=b 'c d' $e\\ f \\\n  # g\n  /h/\n")
    (copy,) = tree.stages[0].instructions
    assert isinstance(copy, Copy)
    words = [*copy.sources, copy.destination]
    assert [word.text for word in words] == ["'c", "d'", "$e\\", "f", "/h/"]
    assert [tree.source(word.span) for word in words] == [word.text for word in words]


def test_the_words_of_a_copy_in_json_form_are_decoded():
    tree = parse('FROM a\nCOPY ["b c", \\\n "d\\"", "\\u002fe"]\n')
    (copy,) = tree.stages[0].instructions
    assert isinstance(copy, Copy)
    words = [*copy.sources, copy.destination]
    assert [word.text for word in words] == ["b c", 'd"', "/e"]
    assert [tree.source(word.span) for word in words] == ['"b c"', '"d\\""', '"\\u002fe"']


@pytest.mark.parametrize(
    ("body", "pairs"),
    [
        ("ENV a=b c='d e' f=\"g h\" i=", [("a", "b"), ("c", "'d e'"), ("f", '"g h"'), ("i", "")]),
        ("ENV a=b=c", [("a", "b=c")]),
        ("ENV a b c=d  e", [("a", "b c=d  e")]),
        ("ENV a\t  'b'", [("a", "'b'")]),
        ("ENV \"a\"=b 'c'=d e\\f=g", [("a", "b"), ("c", "d"), ("ef", "g")]),
        ("LABEL a b", [("a", "b")]),
        ('LABEL "x.y z"="v"', [("x.y z", '"v"')]),
        ("ARG a b=c d=", [("a", None), ("b", "c"), ("d", "")]),
        ("ARG a='b c'", [("a", "'b c'")]),
    ],
)
def test_pairs_have_bare_names_and_raw_values(body: str, pairs: list[tuple[str, str | None]]):
    instruction = only(body)
    assert isinstance(instruction, Pairs)
    assert [(pair.name, pair.value) for pair in instruction.pairs] == pairs


def test_pairs_have_their_places_across_continuations():
    tree = parse('FROM a\nENV A=1 \\\n  # b\n  B="2 \\\n 3" \\\n\n C=4\n')
    (env,) = tree.stages[0].instructions
    assert isinstance(env, Pairs)
    assert [tree.source(pair.span) for pair in env.pairs] == ["A=1", 'B="2 \\\n 3"', "C=4"]
    assert env.pairs[1].value == '"2  3"'


def test_what_onbuild_triggers_is_an_instruction_of_the_same_text():
    tree = parse("FROM a\n# c\nONBUILD  COPY --from=b \\\n c d\n")
    (onbuild,) = tree.stages[0].instructions
    assert isinstance(onbuild, Onbuild)
    copy = onbuild.trigger
    assert isinstance(copy, Copy)
    assert onbuild.text == "COPY --from=b  c d"
    assert tree.source(copy.span) == "COPY --from=b \\\n c d"
    assert tree.source(copy.flags[0].span) == "--from=b"
    assert [tree.source(word.span) for word in (*copy.sources, copy.destination)] == ["c", "d"]
    assert copy.block == onbuild.block


def test_a_trigger_that_its_build_will_refuse_is_opaque():
    onbuild = only("ONBUILD COPY a")
    assert isinstance(onbuild, Onbuild)
    assert isinstance(onbuild.trigger, Unknown)
    assert onbuild.opaque


def test_comments_directly_above_belong_to_an_instruction():
    tree = parse("# top\n\n  # one\n# two\nFROM a\n# apart\n\nRUN b \\\n# inside\n\n# three\n RUN c")
    opening, run = tree.instructions()
    assert tree.source(opening.block) == "  # one\n# two\nFROM a\n"
    assert run.text == "b  RUN c"
    assert tree.source(run.block) == "RUN b \\\n# inside\n\n# three\n RUN c"


def test_every_problem_of_a_file_is_told_in_one_run_and_in_order():
    text = "FROM a b\nENV x\n RUN --network=n c\nCOPY d\nUSER\nCMD [1]\nENV a=b c\n# escape=`\nRUN <<EOF\n"
    assert [(line, column) for line, column, _ in problems(text)] == [
        (1, 1), (2, 5), (3, 6), (4, 1), (5, 1), (6, 5), (7, 9), (9, 5),
    ]  # fmt: skip


def test_a_problem_tells_path_line_and_column_with_the_excerpt():
    with pytest.raises(DockerfileError) as raised:
        parse("FROM a\n\tCOPY b\r\n", "some/Dockerfile")
    assert str(raised.value) == (
        "some/Dockerfile:2:2: COPY takes one source or more and a destination\n     COPY b\n     ^"
    )


def test_a_problem_on_a_continuation_line_is_told_there():
    assert [(line, column) for line, column, _ in problems("FROM a\nENV b=c \\\n  d e=f\n")] == [(3, 3)]


def test_instructions_before_the_first_from_are_told_once():
    assert problems("NEWER a\nRUN b\nFROM c\n") == [(1, 1, "NEWER stands before the first FROM: only ARG may")]


def test_a_refused_from_leaves_nothing_before_the_first_from():
    assert [line for line, _, _ in problems("FROM a b\nRUN c\n")] == [1]


def test_a_file_without_a_stage_is_told_so():
    assert problems("") == [(1, 1, "there is no stage: a Dockerfile needs a FROM")]
    assert problems("ARG a\n") == [(1, 1, "there is no stage: a Dockerfile needs a FROM")]


def test_a_line_too_long_is_told_where_it_stands():
    assert problems("FROM a\n# " + "é" * 32767 + "\n") == [
        (2, 1, "a line has more than the 65535 bytes that BuildKit reads: break it up")
    ]


@pytest.mark.parametrize(
    ("body", "way_out"),
    [
        ("ENV a", "write a=value"),
        ("LABEL a=b c", "quote the value before it"),
        ("ENV =a", "no name before"),
        ("ENV", "name=value"),
        ("ARG", "name=default"),
        ("SHELL a -c", 'SHELL ["/bin/bash", "-c"]'),
        ("CMD [1]", "double quotes"),
        ("ADD a", "a destination"),
        ("VOLUME", "one path or more"),
        ('VOLUME [""]', "is empty"),
        ("EXPOSE", "one port or more"),
        ("WORKDIR", "one value"),
        ("HEALTHCHECK", "CMD and a command, or NONE"),
        ("HEALTHCHECK CMD", "takes a command"),
        ("HEALTHCHECK CMD []", "takes a command"),
        ("HEALTHCHECK NONE a", "no arguments"),
        ("ONBUILD", "takes an instruction"),
        ("ONBUILD ONBUILD RUN a", "can't be triggered"),
        ("FROM a AS 1", "a letter first"),
        ("FROM", "FROM image AS name"),
        ("\\", "continues nothing"),
    ],
)
def test_a_refusal_tells_the_way_out(body: str, way_out: str):
    ((_, _, message),) = problems(f"FROM a\n{body}\n")
    assert way_out in message


def test_a_name_that_is_none_is_pointed_at():
    assert [column for _, column, _ in problems("FROM 1b AS 1b\n")] == [12]


def test_a_file_is_read_as_bytes(tmp_path: Path):
    path = tmp_path / "Dockerfile"
    content = b"\xef\xbb\xbfFROM a\r\nLABEL b=\xff\r\n"
    path.write_bytes(content)
    tree = read(path)
    assert tree.path == str(path)
    assert str(tree).encode("utf-8", "surrogateescape") == content
    assert isinstance(tree.stages[0].opening, From)
