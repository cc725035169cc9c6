import pytest

from layerwise.errors import DockerfileError
from layerwise.syntax.parser import parse


def directives(text: str) -> list[tuple[str, str]]:
    return [(directive.name, directive.value) for directive in parse(text + "FROM a\n").directives]


@pytest.mark.parametrize(
    ("top", "found"),
    [
        ("# syntax=docker/dockerfile:1\n", [("syntax", "docker/dockerfile:1")]),
        ("#SYNTAX = x \n", [("syntax", "x")]),
        ("# syntax=a\n# escape=`\n# check=skip=A,B;error=true\n",
         [("syntax", "a"), ("escape", "`"), ("check", "skip=A,B;error=true")]),
        ("  # syntax=a\n", [("syntax", "a")]),
        ("\ufeff# syntax=a\n", [("syntax", "a")]),
        ("# syntax=a\r\n", [("syntax", "a")]),
        ("# syntax=\n", []),
        ("\n# syntax=a\n", []),
        ("# hello\n# syntax=a\n", []),
        ("# foo=bar\n# syntax=a\n", []),
        ("# syntax=a\n\n# check=b\n", [("syntax", "a")]),
        ("#!/usr/bin/env buildx\n# syntax=a\n# escape=`\n", [("syntax", "a")]),
    ],
)  # fmt: skip
def test_directives_stand_at_the_very_top(top: str, found: list[tuple[str, str]]):
    assert directives(top) == found


def test_the_escape_character_is_a_backslash_unless_a_directive_says_otherwise():
    assert parse("FROM a\n").escape == "\\"
    assert parse("# escape=`\nFROM a\n").escape == "`"
    assert parse("# escape=\\\nFROM a\n").escape == "\\"


def test_below_a_hash_bang_the_escape_directive_has_no_effect():
    assert parse("#!x\n# escape=`\nFROM a\n").escape == "\\"


def test_the_escape_directive_rules_continuations():
    tree = parse("# escape=`\nFROM a\nRUN dir C:\\ `\n /s\n")
    assert tree.stages[0].instructions[0].text == "dir C:\\  /s"


def test_a_directive_has_its_place():
    tree = parse("  # syntax=a \r\nFROM a\n")
    assert tree.source(tree.directives[0].span) == "# syntax=a "


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("# escape=`\n# syntax=a\n  # Escape=`\nFROM a\n", (3, 3), "second escape directive"),
        ("# escape=x\nFROM a\n", (1, 1), "not x"),
    ],
)
def test_a_wrong_directive_is_refused_where_it_stands(text: str, place: tuple[int, int], words: str):
    with pytest.raises(DockerfileError) as raised:
        parse(text)
    (problem,) = raised.value.problems
    assert (problem.line, problem.column) == place
    assert words in problem.message


def test_a_directive_is_no_comment_of_the_instruction_below_it():
    tree = parse("# syntax=a\n# about a\nFROM a\n")
    assert tree.source(tree.stages[0].opening.block) == "# about a\nFROM a\n"
