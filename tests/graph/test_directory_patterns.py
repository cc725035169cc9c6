import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from layerwise.graph.directory_patterns import DirectoryPatterns
from layerwise.graph.patterns import BadPattern, PatternList, compile_pattern

names = st.sampled_from(["a", "b", "ab", "a.py", "b.md", "[x]", "a*"])
paths = st.lists(names, min_size=1, max_size=3).map("/".join)
pieces = st.sampled_from(["a", "b", "*", "**", "?", "*.py", "a*", "[ab]", "\\*", "ab", "[x]", "^a", "**a"])
written = st.tuples(st.sampled_from(["", "!"]), st.lists(pieces, min_size=1, max_size=3).map("/".join)).map("".join)


def compiled(texts: list[str]) -> PatternList:
    found = []
    for text in texts:
        try:
            found.append(compile_pattern(text))
        except BadPattern:
            continue
    return PatternList(tuple(found))


@given(st.lists(written, max_size=4), paths)
@example(["a", "!a/b"], "a/b")
@example(["*", "!a/b"], "a/b")
@example(["**/b", "!b"], "a/b")
def test_a_name_is_matched_as_its_whole_path_is(texts: list[str], path: str) -> None:
    directory, _, name = path.rpartition("/")
    verdict = DirectoryPatterns.of(compiled(texts)).verdict(directory)
    found = verdict if isinstance(verdict, bool) else verdict(name)
    assert found == compiled(texts).matches(path)


@pytest.mark.parametrize(
    ("texts", "directory", "expected"),
    [
        (["node_modules", ".git"], "src", False),
        (["node_modules", ".git"], "node_modules", True),
        (["docs/*.md"], "docs/deep", False),
        (["docs", "!docs/a"], "docs/deep", True),
        ([], "", False),
    ],
)
def test_where_no_pattern_can_match_a_name_all_are_alike(texts: list[str], directory: str, expected: bool) -> None:
    assert DirectoryPatterns.of(PatternList.compile(texts)).verdict(directory) is expected
