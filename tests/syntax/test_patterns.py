import pytest

from layerwise.syntax.patterns import PatternError, replaced, without_prefix, without_suffix


def test_a_star_takes_the_least_or_the_most():
    assert without_prefix("*/", "a/b/c", longest=False) == "b/c"
    assert without_prefix("*/", "a/b/c", longest=True) == "c"
    assert without_suffix("/*", "a/b/c", longest=False) == "a/b"
    assert without_suffix("/*", "a/b/c", longest=True) == "a"


def test_a_question_mark_takes_one_character():
    assert without_prefix("?", "abc", longest=False) == "bc"
    assert without_suffix("?", "abc", longest=False) == "ab"


def test_there_are_no_brackets_and_no_regular_expressions():
    assert without_prefix("[a]", "abc", longest=False) == "abc"
    assert without_prefix("[a].+", "[a].+c", longest=False) == "c"


def test_an_escape_takes_the_special_signs_literally():
    assert without_prefix("\\*", "*a", longest=False) == "a"
    assert without_suffix("\\?", "a?", longest=False) == "a"
    assert without_suffix("\\\\", "a\\", longest=False) == "a"
    assert replaced("\\/", "a/b", "-", every=False) == "a-b"
    assert replaced("\\}", "a}b", "-", every=False) == "a-b"


@pytest.mark.parametrize("pattern", ["\\a", "a\\"])
def test_an_escape_of_anything_else_is_refused(pattern: str):
    with pytest.raises(PatternError, match="no escape"):
        without_prefix(pattern, "a", longest=False)


def test_the_first_match_or_every_one_is_replaced():
    assert replaced("a", "banana", "o", every=False) == "bonana"
    assert replaced("a", "banana", "o", every=True) == "bonono"
    assert replaced("x", "banana", "o", every=False) == "banana"


def test_where_every_match_is_replaced_dollars_are_go_templates():
    assert replaced("a", "cat", "<$0>", every=True) == "c<a>t"
    assert replaced("a", "cat", "<${0}$$$1${name}>", every=True) == "c<a$>t"
    assert replaced("a", "cat", "<$0>", every=False) == "c<$0>t"


def test_an_empty_match_behind_another_is_passed_over():
    assert replaced("*", "abc", "x", every=True) == "x"
    assert replaced("", "ab", "-", every=True) == "-a-b-"
