import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.syntax.expansions import EXPANSIONS, SET

from layerwise.syntax.variables import (
    ExpansionError,
    expand,
    expand_words,
    references,
    shell_pieces,
    unquote,
    unquoted_words,
)


@pytest.mark.parametrize(("word", "expanded"), EXPANSIONS.items())
def test_words_expand_as_the_engine_does(word: str, expanded: str | None):
    if expanded is None:
        with pytest.raises(ExpansionError):
            expand(word, SET.get)
    else:
        assert expand(word, SET.get) == expanded


def test_an_unknown_operator_is_named_with_the_ones_there_are():
    with pytest.raises(ExpansionError, match=r"\$\{x:2…\} is not an expansion BuildKit knows: it has :- "):
        expand("${x:2:3}", SET.get)


def test_a_required_variable_tells_the_authors_message():
    with pytest.raises(ExpansionError, match="version: give one"):
        expand("${version:?give one}", SET.get)


def test_an_escape_that_ends_the_word_closes_no_quote():
    with pytest.raises(ExpansionError, match="double quote is not closed"):
        expand('"a\\', SET.get)


def test_the_backtick_escapes_where_the_directive_says_so():
    assert expand("`$x \\$x", SET.get, "`") == "$x \\value"


@pytest.mark.parametrize(
    ("word", "names"),
    [
        ("plain", set()),
        ("$a${b}-$c", {"a", "b", "c"}),
        ("'$a'$b", {"b"}),
        ("\"$a'$b'\"", {"a", "b"}),
        ("\\$a", set()),
        ("${a:-$b}", {"a", "b"}),
        ("${a:+${b#$c}}", {"a", "b", "c"}),
        ("${a:?no $b}", {"a", "b"}),
        ("${a/$b/$c}", {"a", "b", "c"}),
        ("$1$é", {"1", "é"}),
        ("$a²", {"a"}),
    ],
)
def test_references_are_the_names_a_word_reads(word: str, names: set[str]):
    assert references(word) == names


def test_references_of_a_word_that_buildkit_refuses_are_refused():
    with pytest.raises(ExpansionError):
        references("$a ${b^^}")


def test_a_name_set_to_a_value_with_dollars_is_not_expanded_again():
    assert expand("$a", {"a": "$b 'c'"}.get) == "$b 'c'"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("80 443/tcp", ("80", "443/tcp")),
        ("$ports", ("80", "81")),
        ("'$ports' \"$ports\"", ("$ports", "80 81")),
        ("a\\ b c", ("a b", "c")),
        ("8$none 0", ("8", "0")),
        ("'' a", ("a",)),
        (" \u3000a\xa0b ", ("a", "b")),
        ("x$ports y", ("x80", "81", "y")),
        ("a < b << c", ("a", "<", "b", "<< c")),
    ],
)
def test_words_are_split_after_expansion_outside_quotes(text: str, words: tuple[str, ...]):
    assert expand_words(text, {"ports": "80 81"}.get) == words


def test_what_stands_before_an_operator_is_lost_from_the_words_as_in_buildkit():
    assert expand_words("8${none:-0}", SET.get) == ("0",)
    assert expand("8${none:-0}", SET.get) == "80"


def test_unquote_keeps_variables():
    assert unquote("\"a b\"'c'\\d$e${f:-g}${h}${i/j/k}") == "a bcd$e${f:-g}${h}${i/j/k}"


def test_unquote_keeps_a_word_that_it_cannot_read():
    assert unquote("'open") == "'open"


def test_a_delimiter_loses_its_quotes_and_keeps_its_variables():
    assert unquoted_words("'E O'F") == ("E OF",)
    assert unquoted_words("$x") == ("$x",)


def test_shell_pieces_keep_quotes_and_escapes_and_say_where_they_stand():
    text = 'cat  <<\'E O\' "a\\"b\\c" d\\ e $x ${y:-<<z} 3<<- F'
    assert [(piece.text, text[piece.start : piece.end]) for piece in shell_pieces(text)] == [
        ("cat", "cat"),
        ("<<'E O'", "<<'E O'"),
        ('"a\\"b\\\\c"', '"a\\"b\\c"'),  # BuildKit doubles an escape that escapes nothing between double quotes
        ("d\\ e", "d\\ e"),
        ("$x", "$x"),
        ("${y:-<<z}", "${y:-<<z}"),
        ("3<<-", "3<<-"),
        ("F", "F"),
    ]


@given(st.text(st.characters(exclude_characters="$'\"\\", exclude_categories=["Cs"])))
def test_a_text_without_special_characters_expands_to_itself(text: str):
    assert expand(text, SET.get) == text


@given(st.text(alphabet="$x{}:-+?#%/\\'\"<a b`*"))
def test_only_the_references_of_a_word_decide_what_it_expands_to(word: str):
    values = {"x": "1", "a": "22", "xa": "3", "ax": "4", "#": "5", "-": "6", "*": "7", "?": "8"}
    try:
        expanded = expand(word, values.get)
    except ExpansionError:
        return
    read = {name: value for name, value in values.items() if name in references(word)}
    assert expand(word, read.get) == expanded
