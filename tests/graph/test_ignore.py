import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerwise.errors import SourceError
from layerwise.graph.ignore import IgnoreRules, exact_pattern, ignore_file

names = st.sampled_from(["a", "b", "ab", "ba", "c.py"])
paths = st.lists(names, min_size=1, max_size=4).map("/".join)
pieces = st.sampled_from(["a", "b", "ab", "*", "?", "*a", "a*", "**", "*.py", "c.py"])
lines = st.builds(
    lambda negated, parts: ("!" if negated else "") + "/".join(parts),
    st.booleans(),
    st.lists(pieces, min_size=1, max_size=3),
)


def slowly_matches(pattern: str, path: str) -> bool:
    """Try every way to read `pattern`, character by character; `**` stands for whole directories, or ends in anything."""
    if not pattern:
        return not path
    if pattern.startswith("**"):
        rest = pattern[2:].removeprefix("/")
        if not rest:
            return True
        starts = [0, *(index + 1 for index, char in enumerate(path) if char == "/")]
        return any(slowly_matches(rest, path[start:]) for start in starts)
    if pattern.startswith("*"):
        ends = range(len(path.partition("/")[0]) + 1)
        return any(slowly_matches(pattern[1:], path[end:]) for end in ends)
    if not path or (pattern[0] == "?" and path[0] == "/") or pattern[0] not in {"?", path[0]}:
        return False
    return slowly_matches(pattern[1:], path[1:])


def slowly_ignores(text: str, path: str) -> bool:
    """Walk down to `path` as the builder does, carrying along which lines took the directory above."""
    rules = [(line.startswith("!"), line.removeprefix("!")) for line in text.splitlines()]
    took = [False] * len(rules)
    ignored = False
    parts = path.split("/")
    for depth in range(1, len(parts) + 1):
        here = "/".join(parts[:depth])
        ignored = False
        for index, (negated, pattern) in enumerate(rules):
            could_change_it = negated == ignored
            took[index] = took[index] or (could_change_it and slowly_matches(pattern, here))
            ignored = (not negated) if took[index] else ignored
    return ignored


@given(st.lists(lines, max_size=5), paths)
def test_the_rules_agree_with_a_slow_walk(written: list[str], path: str) -> None:
    text = "\n".join(written)
    assert IgnoreRules.parse(text).ignores(path) is slowly_ignores(text, path)


@given(st.lists(lines, max_size=5), st.lists(paths, min_size=1, max_size=5))
def test_what_was_asked_before_changes_no_answer(written: list[str], asked: list[str]) -> None:
    text = "\n".join(written)
    rules = IgnoreRules.parse(text)
    answers = [rules.ignores(path) for path in asked]
    assert answers == [IgnoreRules.parse(text).ignores(path) for path in asked]


@given(st.lists(lines, max_size=5), paths)
def test_the_deciding_line_says_what_is_decided(written: list[str], path: str) -> None:
    rules = IgnoreRules.parse("\n".join(written))
    line = rules.why(path)
    assert rules.ignores(path) is (line is not None and not written[line - 1].startswith("!"))


@given(st.lists(lines, max_size=5), paths)
def test_nothing_is_visible_below_a_directory_that_hides_all(written: list[str], path: str) -> None:
    rules = IgnoreRules.parse("\n".join(written))
    parts = path.split("/")
    if any(rules.hides_all_below("/".join(parts[:depth])) for depth in range(1, len(parts))):
        assert rules.ignores(path)


def test_comments_and_empty_lines_are_no_patterns() -> None:
    rules = IgnoreRules.parse("# a\n\n   \na\n")
    assert rules.lines == (4,)


def test_a_comment_that_is_indented_is_a_pattern() -> None:
    assert IgnoreRules.parse("  # a").ignores("# a")


def test_a_byte_order_mark_is_dropped() -> None:
    assert IgnoreRules.parse("\ufeffa").ignores("a")


def test_windows_line_ends_are_dropped() -> None:
    assert IgnoreRules.parse("a\r\nb\r\n").ignores("b")


@pytest.mark.parametrize("line", ["/a/b", "a/b/", "./a//b", "  a/b  ", "x/../a/b", "//a/b"])
def test_a_line_is_cleaned(line: str) -> None:
    assert IgnoreRules.parse(line).ignores("a/b")


@pytest.mark.parametrize("line", ["!a/b", "! a/b", "!/a/b/", "!./a/b"])
def test_a_negated_line_is_cleaned(line: str) -> None:
    assert not IgnoreRules.parse(f"*\n{line}").ignores("a/b")


@pytest.mark.parametrize("line", [".", "/", "../a", "./"])
def test_a_line_that_leaves_the_context_or_names_its_root_does_nothing(line: str) -> None:
    assert not IgnoreRules.parse(line).ignores("a")


def test_a_double_exclamation_mark_negates_a_name_that_begins_with_one() -> None:
    rules = IgnoreRules.parse("*\n!!a")
    assert not rules.ignores("!a")
    assert rules.ignores("a")


def test_the_line_that_decides_is_told() -> None:
    rules = IgnoreRules.parse("# nothing\n*.md\n!README.md\nsrc/*\n")
    assert rules.why("x.md") == 2
    assert rules.why("README.md") == 3
    assert rules.why("src/x/y") == 4
    assert rules.why("x.py") is None


def test_each_bad_line_is_told_with_its_place() -> None:
    with pytest.raises(SourceError) as raised:
        IgnoreRules.parse("ok\n[\n!\n", "Dockerfile.dockerignore")
    assert [problem.line for problem in raised.value.problems] == [2, 3]
    assert "Dockerfile.dockerignore:2:1" in str(raised.value)


def test_without_a_file_nothing_is_ignored() -> None:
    assert not IgnoreRules().ignores(".git/config")


def test_the_ignore_file_of_the_dockerfile_wins() -> None:
    assert ignore_file("deploy/Dockerfile", lambda _: True) == "deploy/Dockerfile.dockerignore"


def test_the_ignore_file_of_the_context_counts_otherwise() -> None:
    assert ignore_file("deploy/Dockerfile", lambda path: path == ".dockerignore") == ".dockerignore"
    assert ignore_file("Dockerfile", lambda _: False) is None


def test_further_lines_come_below_a_comment_at_the_end_with_the_line_ends_of_the_file() -> None:
    for text, added in (
        ("", "# more\na\nb\n"),
        ("x\n", "\n# more\na\nb\n"),
        ("x", "\n\n# more\na\nb\n"),
        ("# y\r\nx\r\n", "\r\n# more\r\na\r\nb\r\n"),
        ("\ufeffx", "\n\n# more\na\nb\n"),
    ):
        assert IgnoreRules.parse(text).extended(["a", "b"], "more") == text + added


odd_names = st.text(st.sampled_from("ab*?[]\\!# .^-"), min_size=1, max_size=5).filter(
    lambda name: name.strip() == name and name not in (".", "..")
)


@given(
    st.lists(odd_names, min_size=1, max_size=3).map("/".join), st.lists(odd_names, min_size=1, max_size=3).map("/".join)
)
def test_the_pattern_of_a_path_means_it_and_what_is_below_and_nothing_else(path: str, other: str) -> None:
    rules = IgnoreRules.parse(f"{exact_pattern(path)}\n")
    assert rules.ignores(path)
    assert rules.ignores(f"{path}/below")
    assert rules.ignores(other) == f"{other}/".startswith(f"{path}/")


def test_a_line_that_brings_back_is_told_from_one_that_leaves_out() -> None:
    rules = IgnoreRules.parse("docs\n!docs/keep\n")
    assert rules.releases("docs/keep")
    assert not rules.releases("docs/other")
    assert not rules.releases("src")
