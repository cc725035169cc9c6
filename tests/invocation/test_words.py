import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerwise.invocation.words import commands


def read(text: str) -> list[list[str]]:
    return [[word.text for word in words] for words in commands(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a b\nc", [["a", "b"], ["c"]]),
        ("a && b || c; d | e & f", [["a"], ["b"], ["c"], ["d"], ["e"], ["f"]]),
        ("a 'b c' \"d e\"f", [["a", "b c", "d ef"]]),
        ("a \\\n  b\\\nc", [["a", "bc"]]),
        ("a # b c\nd #e", [["a"], ["d"]]),
        ("a b#c", [["a", "b#c"]]),
        ("a > out 2>&1 b < in", [["a", "b"]]),
        ("a &> out", [["a"]]),
        (r"a b\ c \$d", [["a", "b c", "$d"]]),
        (r'a "b\"c\$d\e"', [["a", 'b"c$d\\e']]),
        ("a ''", [["a", ""]]),
        ("(a b)", [["a", "b"]]),
        ("", []),
    ],
)
def test_words_are_split_as_the_shell_does(text, expected):
    assert read(text) == expected


@pytest.mark.parametrize(
    "word",
    [
        "$(git rev-parse HEAD)",
        "${{ github.event_name == 'push' && 'a' || 'b' }}",
        "${NAME:-a b}",
        '$(echo ")" "(")',
        "$(a $(b c) ${d e})",
    ],
)
def test_a_substitution_stays_one_word(word):
    assert read(f"a x={word} b") == [["a", f"x={word}", "b"]]
    assert read(f'a "x={word}" b') == [["a", f"x={word}", "b"]]


def test_backticks_become_the_modern_form():
    assert read("a `b c`") == [["a", "$(b c)"]]


def test_an_array_is_one_word():
    assert read('a=(b "c d") e') == [['a=(b "c d")', "e"]]


def test_a_here_document_is_no_command():
    assert read("cat <<EOF >x\ndocker build .\nEOF\nb\n") == [["cat"], ["b"]]
    assert read("cat <<-'EOF'\n\ta\n\tEOF\nb") == [["cat"], ["b"]]


def test_a_word_knows_its_line():
    (words,) = commands("\n\na \\\n 'b\nc' \\\n d", line=10)
    assert [(word.text, word.line) for word in words] == [("a", 12), ("b\nc", 13), ("d", 15)]


def test_unclosed_quotes_and_substitutions_end_with_the_text():
    assert read("a 'b") == [["a", "b"]]
    assert read('a "b $(c') == [["a", "b $(c"]]


@given(st.text(st.sampled_from("ab \n\\\"'`$(){}<>|&;#=E"), max_size=40))
def test_every_text_is_read_and_lines_never_go_back(text):
    lines = [word.line for words in commands(text) for word in words]
    assert lines == sorted(lines)
    assert all(1 <= line <= text.count("\n") + 1 for line in lines)


@given(st.lists(st.text(min_size=1, max_size=6), min_size=1, max_size=5))
def test_single_quotes_keep_any_word(words):
    quoted = " ".join("'" + word.replace("'", "'\\''") + "'" for word in words)
    assert read(f"x {quoted}") == [["x", *words]]
