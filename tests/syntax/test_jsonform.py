import pytest

from layerwise.syntax.jsonform import NotStringsError, decode, literals


@pytest.mark.parametrize(
    ("text", "strings"),
    [
        ("[]", ()),
        ('["a", "b c"]', ("a", "b c")),
        ('[ "a"\t,\r"b" ]', ("a", "b")),
        ('["\\u00e9\\n\\"\\\\"]', ('é\n"\\',)),
        ('["\\ud83d\\ude00"]', ("😀",)),
        ('["\\ud83d"]', ("\ufffd",)),
    ],
)
def test_an_array_of_strings_is_decoded(text: str, strings: tuple[str, ...]):
    assert decode(text) == strings


@pytest.mark.parametrize(
    "text",
    ["a", "['a']", '["a"] b', '["a",]', '["a', '["a\tb"]', '["\\x"]', "[NaN]", "[-Infinity]", "[1e999]",
     "[" + "1" * 400 + "]", "[" * 100_000],
)  # fmt: skip
def test_anything_else_is_the_shell_form(text: str):
    assert decode(text) is None


@pytest.mark.parametrize("text", ["[1]", '["a", null]', "[true]", '[["a"]]', '[{"a": 1}]', "[1.5e3]"])
def test_an_element_that_is_no_string_is_refused(text: str):
    with pytest.raises(NotStringsError):
        decode(text)


def test_literals_stand_where_the_strings_do():
    text = '[ "a", "b\\"]" ]'
    assert [text[start:end] for start, end in literals(text)] == ['"a"', '"b\\"]"']
