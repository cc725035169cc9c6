from layerwise.model.change import Change
from layerwise.model.touched import Parted, Touched

DOCS = Change("1", files=frozenset({"docs/a.md", "app.py"}))
CODE = Change("2", files=frozenset({"app.py"}))
DOCKERFILE = Change("3", files=frozenset({"docs/b.md"}), instructions=frozenset({"instruction RUN true"}))
ONLY_DOCS = Change("4", files=frozenset({"docs/c.md"}))


def test_a_pattern_is_touched_where_a_commit_changes_something_below_it() -> None:
    touched = Touched((DOCS, CODE))
    assert touched.any_of("docs")
    assert touched.any_of("**/*.md")
    assert not touched.any_of("tests")
    assert not Touched(()).any_of("docs")


def test_commits_are_parted_in_order_and_those_that_change_the_dockerfile_are_left_out() -> None:
    touched = Touched((ONLY_DOCS, CODE, DOCKERFILE, DOCS))
    assert touched.parted(["docs"]) == (
        Parted(frozenset(), frozenset({"docs/c.md"})),
        Parted(frozenset({"app.py"}), frozenset({"docs/a.md", "app.py"})),
    )
    assert touched.parted(["app.py", "docs"])[1] == Parted(frozenset(), CODE.files)
