import pytest

from layerwise.errors import DockerfileError
from layerwise.syntax.parser import parse
from layerwise.syntax.tree import Instruction


def only(body: str, top: str = "") -> Instruction:
    (instruction,) = parse(f"{top}FROM a\n{body}\n").stages[0].instructions
    return instruction


def flags(body: str, top: str = "") -> list[tuple[str, str | None]]:
    return [(flag.name, flag.value) for flag in only(body, top).flags]


@pytest.mark.parametrize(
    ("body", "found", "text"),
    [
        ("RUN --network=none a --b", [("network", "none")], "a --b"),
        ("COPY --link --from=b c d", [("link", None), ("from", "b")], "c d"),
        ("COPY --from= c d", [("from", "")], "c d"),
        ("COPY --li'nk'=\"tr\"ue a b", [("link", "true")], "a b"),
        ("COPY --chown='a b' \"--chmod=1\" c", [("chown", "a b")], '"--chmod=1" c'),
        ('COPY --chown="a\\"b" c d', [("chown", 'a"b')], "c d"),
        ("COPY --chown='a\\'b' c d", [("chown", "a'b")], "c d"),
        ("COPY --chown=a\\ b c d", [("chown", "a b")], "c d"),
        ("COPY -- --link b", [], "--link b"),
        ("COPY --'' --link b", [], "--link b"),
        ("CMD --foo=a=b", [("foo", "a=b")], ""),
        ("CMD --foo\\", [("foo", None)], ""),
        ("CMD --foo='a b", [("foo", "a b")], ""),
        ("CMD --foo=ß", [("foo", "Ã\x9f")], ""),
        ("ENV --foo a=b", [("foo", None)], "a=b"),
        ("NEWER --foo a", [("foo", None)], "a"),
        ("RUN - --network=none a", [], "- --network=none a"),
        ("RUN --network=none\x0b\x0ca", [("network", "none")], "a"),
        ("RUN --network=none \\\n  # c\n  --security=sandbox \\\n  a", [("network", "none"), ("security", "sandbox")], "a"),
    ],
)  # fmt: skip
def test_flags_are_the_words_with_two_dashes_behind_the_keyword(body: str, found: list[object], text: str):
    assert flags(body) == found
    assert only(body).text == text


def test_the_escape_directive_rules_flags_too():
    assert flags("COPY --chown=a`b\\c d e", "# escape=`\n") == [("chown", "ab\\c")]


def test_a_character_outside_ascii_comes_out_as_its_bytes_as_in_buildkit():
    assert flags("COPY --chown=ü a b") == [("chown", "Ã¼")]


def test_the_byte_a0_of_a_character_ends_a_flag_as_in_buildkit():
    tree = parse("FROM a\nCMD --b=à --c é\n")
    (cmd,) = tree.stages[0].instructions
    assert [(flag.name, flag.value, tree.source(flag.span)) for flag in cmd.flags] == [
        ("b", "Ã", "--b=à"),
        ("c", None, "--c"),
    ]
    assert cmd.text == "é"


def test_a_flag_has_its_place_across_continuations():
    tree = parse('FROM a\nRUN --mount=type=bind,\\\ntarget=/a --mount="type=tmpfs" b\n')
    (run,) = tree.stages[0].instructions
    assert [tree.source(flag.span) for flag in run.flags] == ["--mount=type=bind,\\\ntarget=/a", '--mount="type=tmpfs"']


def test_a_flag_is_looked_up_by_its_name():
    run = only("RUN --mount=type=tmpfs,target=/a --mount=type=tmpfs,target=/b --network=none c")
    assert run.flag("network") == "none"
    assert run.flag("security") is None
    assert run.flag_values("mount") == ("type=tmpfs,target=/a", "type=tmpfs,target=/b")
    assert only("COPY --link a b").flag("link") == ""


def test_an_unknown_flag_makes_an_instruction_opaque():
    copy = only("COPY --link --newer=x a b")
    assert [flag.name for flag in copy.opaque_flags] == ["newer"]
    assert copy.opaque
    assert not only("COPY --link a b").opaque
    assert not only("COPY a b").opaque


def test_an_unknown_instruction_is_opaque():
    assert only("NEWER a").opaque


def test_onbuild_is_as_opaque_as_what_it_triggers():
    assert only("ONBUILD COPY --newer a b").opaque
    assert only("ONBUILD --newer COPY a b").opaque
    assert not only("ONBUILD COPY a b").opaque


def test_a_mount_from_a_number_keeps_the_number():
    assert only("RUN --mount=type=bind,from=0,target=/x a").flag("mount") == "type=bind,from=0,target=/x"


@pytest.mark.parametrize(
    ("body", "column", "words"),
    [
        ("COPY --link=maybe a b", 6, "true or false, not 'maybe'"),
        ("COPY --from a b", 6, "--from=VALUE"),
        ("COPY --from=a --from=b c d", 15, "given twice"),
        ("RUN --mount=type=cache,target=/x,from=$y a", 5, "FROM $IMAGE AS name"),
        ("RUN --mount='a\"b' a", 5, "not valid CSV"),
        ("RUN --device='a\"b' a", 5, "not valid CSV"),
        ("RUN --network=bridge a", 5, "default, none or host"),
        ("RUN --security=no a", 5, "sandbox or insecure"),
        ("HEALTHCHECK --interval=30 CMD a", 13, "write it like 30s"),
        ("HEALTHCHECK --timeout=10us CMD a", 13, "shortest duration"),
        ("HEALTHCHECK --retries=-1 CMD a", 13, "whole number"),
    ],
)
def test_a_wrong_value_is_refused_with_the_way_out(body: str, column: int, words: str):
    with pytest.raises(DockerfileError) as raised:
        only(body)
    (problem,) = raised.value.problems
    assert (problem.line, problem.column, problem.excerpt) == (2, column, body)
    assert words in problem.message
