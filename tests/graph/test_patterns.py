import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerwise.graph.patterns import (
    BadPattern,
    PatternList,
    clean,
    compile_glob,
    compile_pattern,
    has_wildcards,
    split_wildcards,
)

ABOVE_AND_BELOW = [
    # pattern, path, whether the list of that one pattern matches the path
    ("**", "notes", True),
    ("**", "a/b/notes", True),
    ("**/", "a/notes", True),
    ("**/**", "a/notes", True),
    ("a/**", "a", False),
    ("a/**", "a/b", True),
    ("a/**", "a/b/c", True),
    ("a**", "apple/b", True),
    ("**/lib", "lib", True),
    ("**/lib", "x/y/lib", True),
    ("**/lib", "x/glib", False),
    ("**/lib", "lib/inside", True),
    ("**lib", "x/glib", True),
    ("**lib*", "x/glib", False),
    ("**/lib*", "x/library", True),
    ("**/lib/*", "x/lib/y", True),
    ("**/lib/**", "x/lib/y/z", True),
    ("**/lib/**", "x/lib", False),
    ("**/*.log", "app.log", True),
    ("**/*.log", "x/y/app.log", True),
    ("**/**/*.log", "x/app.log", True),
    ("**/*.log2", "x/app.log", False),
    ("a**/*.log", "a/x/y/app.log", True),
    ("a/*.log", "a/x/app.log", False),
    ("a/*.log**", "a/app.log.gz", True),
    ("a/**/b", "a/b", True),
    ("a/**/b", "a/x/y/b", True),
    ("a/**/b", "a/xb", False),
    ("x[b-d]z", "xcz", True),
    ("x[b-d]z", "xz", False),
    ("x[^b-d]z", "xaz", True),
    ("x[^b-d]z", "xcz", False),
    ("x[!b]z", "x!z", True),
    ("x[!b]z", "xaz", False),
    (".*", ".env", True),
    (".*", "env", False),
    ("v1.0", "v1x0", False),
    ("a?c", "abc", True),
    ("a?c", "a/c", False),
    ("a?c", "ac", False),
    ("a\\*c", "a*c", True),
    ("a\\*c", "abc", False),
    ("a\\\\", "a\\", True),
    ("a(b)+{c}$|d^", "a(b)+{c}$|d^", True),
    ("*.w+l", "x.w+l", True),
    ("a]b", "a]b", True),
    ("*]b", "a]b", True),
    ("docs/", "docs/index", True),
    ("./docs/../docs", "docs", True),
    ("[a-c&&b]", "b", True),
    ("[[a]", "[", True),
    ("é*", "été", True),
    ("dir name", "dir name/file", True),
]


@pytest.mark.parametrize(("pattern", "path", "expected"), ABOVE_AND_BELOW)
def test_one_pattern_matches_a_path_or_a_directory_above_it(pattern: str, path: str, expected: bool) -> None:
    assert PatternList.compile([pattern]).matches(path) is expected


def test_a_star_inside_a_class_becomes_what_moby_makes_of_it() -> None:
    assert PatternList.compile(["[*]"]).matches("^]")  # its expression is [[^/]*]
    assert not PatternList.compile(["[*]"]).matches("*")


def test_an_escaped_letter_is_a_class_of_characters() -> None:
    assert PatternList.compile(["\\d"]).matches("7")
    assert not PatternList.compile(["\\d"]).matches("d")


@pytest.mark.parametrize("pattern", ["[", "[]a]", "[a", "[a-]", "[-a]", "[^]a]", "a\\", "!", "[z-a]", "\\q", "x/["])
def test_what_docker_refuses_is_refused(pattern: str) -> None:
    with pytest.raises(BadPattern):
        compile_pattern(pattern)


def test_an_empty_pattern_is_left_out() -> None:
    assert PatternList.compile(["", "  ", "a"]).patterns == (compile_pattern("a"),)


def test_a_pattern_keeps_how_it_was_written() -> None:
    assert [pattern.written for pattern in PatternList.compile(["a/", "!b"]).patterns] == ["a", "!b"]


@pytest.mark.parametrize(
    ("patterns", "path", "expected"),
    [
        (["*.md", "!README.md"], "README.md", False),
        (["!README.md", "*.md"], "README.md", True),
        (["docs", "!docs/keep"], "docs/keep", False),
        (["docs", "!docs/keep"], "docs/keep/inside", False),
        (["docs", "!docs/keep"], "docs/other", True),
        (["**", "!src"], "src/deep/file", False),
        (["**", "!src", "src/deep"], "src/deep/file", True),
        (["*", "!.*"], ".git/config", False),
        (["foo", "!foo/x", "foo"], "foo/x", False),
        (["foo", "!foo/x", "foo"], "foo/y", True),
        ([], "anything", False),
    ],
)
def test_the_last_pattern_that_holds_decides(patterns: list[str], path: str, expected: bool) -> None:
    assert PatternList.compile(patterns).matches(path) is expected


@pytest.mark.parametrize(
    ("pattern", "directory", "expected"),
    [
        ("!a/b", "a", True),
        ("!a/b", "b", False),
        ("!a/*", "a", True),
        ("!a/**", "a", True),
        ("!*/x", "q", True),
        ("!ab", "a", False),
        ("a/b", "a", False),
    ],
)
def test_only_a_negated_pattern_releases_something_below(pattern: str, directory: str, expected: bool) -> None:
    assert PatternList.compile([pattern]).may_release_below(directory) is expected


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("*", "a", True),
        ("*", "a/b", False),
        ("*/b", "a/b", True),
        ("**/b", "b", False),
        ("**/b", "a/b", True),
        ("**/b", "x/a/b", False),
        ("a?c", "abc", True),
        ("[a-c]x", "bx", True),
        ("[^a]x", "bx", True),
        ("a[^b]c", "a/c", True),  # a class may match a slash in Go
        ("[!a]x", "bx", False),
        ("[z-a]x", "zx", False),
        ("[^z-a]x", "zx", True),
        ("[[]x]", "[x]", True),
        ("\\*", "*", True),
        ("\\*", "a", False),
        ("a.b", "axb", False),
    ],
)
def test_a_source_of_copy_is_matched_as_go_matches_file_names(pattern: str, path: str, expected: bool) -> None:
    assert (compile_glob(pattern).fullmatch(path) is not None) is expected


@pytest.mark.parametrize(
    ("text", "expected"), [("a*", True), ("a?", True), ("[a]", True), ("a\\*", False), ("a]", False), ("", False)]
)
def test_wildcards_are_seen_unless_escaped(text: str, expected: bool) -> None:
    assert has_wildcards(text) is expected


def test_a_path_is_split_before_its_first_wildcard() -> None:
    assert split_wildcards("a/b*/c") == ("a", "b*/c")
    assert split_wildcards("a/b") == ("a/b", "")
    assert split_wildcards("*") == ("", "*")


@pytest.mark.parametrize(
    ("path", "expected"), [("", "."), ("//a", "/a"), ("a//b/../c/.", "a/c"), ("/..", "/"), ("../a", "../a")]
)
def test_a_path_is_cleaned_as_go_cleans_it(path: str, expected: str) -> None:
    assert clean(path) == expected


@given(st.text(alphabet="ab*?[]^!-\\/.d", max_size=10))
def test_any_text_is_compiled_or_refused(text: str) -> None:
    try:
        pattern = compile_pattern(text)
    except BadPattern:
        return
    pattern.matches("a/b")


@given(st.text(alphabet="ab*?[]^!-\\/.", max_size=10))
def test_any_glob_is_compiled_or_refused(text: str) -> None:
    try:
        glob = compile_glob(text)
    except BadPattern:
        return
    glob.fullmatch("a/b")
