import pytest

from layerwise.syntax.words import blank_separated, quoted


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a b\tc", ["a", "b", "c"]),
        ("a=b\\ c d", ["a=b\\ c", "d"]),
        ("a='b c' d", ["a='b c'", "d"]),
        ('a="b \\" c" d', ['a="b \\" c"', "d"]),
        ("a='b\\' c", ["a='b\\'", "c"]),
        ("a=\\' b", ["a=\\'", "b"]),
        ('a=\\" b', ['a=\\"', "b"]),
        ("'' \"\"", ["''", '""']),
        ("a='b c", ["a='b c"]),
        ('a="b c', ['a="b c']),
        ("a=b\\", ["a=b"]),
        ('a="b\\', ['a="b']),
        ("a=b\\\\", ["a=b\\\\"]),
        ("a=b\\\\\\", ["a=b\\\\"]),
        ("\\", []),
        ("a \\", ["a"]),
        ("\u3000a\x85b\xa0", ["a", "b"]),
        ("", []),
    ],
)
def test_quotes_and_escapes_group_and_stay(text: str, words: list[str]):
    pieces = list(quoted(text, "\\"))
    assert [piece.text for piece in pieces] == words
    assert [text[piece.start : piece.end] for piece in pieces] == words


def test_the_backtick_escapes_where_the_directive_says_so():
    assert [piece.text for piece in quoted("a=C:\\ b=` c", "`")] == ["a=C:\\", "b=` c"]


def test_only_blanks_separate_where_quotes_do_not_group():
    pieces = list(blank_separated("a  'b c'\x0b\x0c\\ \xa0d"))
    assert [piece.text for piece in pieces] == ["a", "'b", "c'", "\\", "\xa0d"]
    assert pieces[1] == ("'b", 3, 5)
