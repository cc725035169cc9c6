from hypothesis import given
from hypothesis import strategies as st

from layerwise.graph.context import ancestors
from layerwise.graph.path_set import PathSet

PATHS = st.lists(st.sampled_from(["a", "b", "a-", "a0", ".", "ab"]), min_size=1, max_size=3).map("/".join)


def test_what_lies_below_a_directory_is_found_with_the_directory_itself() -> None:
    paths = PathSet(["docs/a.md", "docs", "docs-old/a", "docs/b/c", "src/docs/x", "docs.md"])
    assert paths.below(["docs"]) == {"docs", "docs/a.md", "docs/b/c"}
    assert paths.any_below(["nothing", "src"])
    assert not paths.any_below(["doc", "docs/a.md/x", "docs-"])


@given(st.sets(PATHS), st.sets(PATHS))
def test_it_agrees_with_looking_at_every_path(paths: set[str], tops: set[str]) -> None:
    expected = {path for path in paths if path in tops or any(above in tops for above in ancestors(path))}
    assert PathSet(paths).below(tops) == expected
    assert PathSet(paths).any_below(tops) == bool(expected)
