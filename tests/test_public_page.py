import pytest
from dev.public_page import differences_of, measured_of, not_applied_of, repository, stand_ins_of
from dev.public_repositories import Change, StandIn, Subject, read
from dev.public_results import results
from tests.test_public_repositories import RESULT

LEFT = {
    key: value for key, value in RESULT.items() if key not in ("noise", "paths", "real", "real_differences", "alone")
}
OWN = RESULT | {
    "name": "b/site web/Dockerfile",
    "own": ["/srv/id: content"],
    "own_differences": 3,
    "date": "2026-11-27",
}
UNEQUAL = RESULT | {
    "name": "c/api",
    "real": ["/app/x: content"],
    "real_differences": 1,
    "alone": {"late-args": [], "link-copies": ["/app/x: content"]},
}
FAILED = {"name": "d/d", "commit": "0" * 40, "date": "2026-11-25", "failed": "ERROR: a\nno `space`\n\n"}


def test_the_summary_counts_what_was_built_what_was_rewritten_and_what_is_equal():
    said = measured_of([RESULT, OWN, UNEQUAL, LEFT | {"name": "a/shop other"}, FAILED])
    assert said.startswith(
        "4 Dockerfiles of 3 repositories were built, from 2026-11-25 to 2026-11-27. "
        "3 of them were rewritten; of these, 2 make the same image as before.\n\n| Dockerfile |"
    )
    assert said.endswith("\n\n- d/d does not build here: `no 'space'`")
    assert measured_of([RESULT]).startswith("1 Dockerfiles of 1 repositories were built, on 2026-11-25. ")


def test_without_results_the_page_says_so():
    assert measured_of([]) == "Nothing has been kept yet."
    assert differences_of([]) == differences_of([FAILED]) == "Nothing has been compared yet."
    assert not_applied_of([]).count("\n") == 1


def test_a_difference_is_listed_with_the_pass_that_makes_it_and_those_of_the_original_apart():
    said = differences_of([RESULT, OWN, UNEQUAL])
    assert "- c/api: the rewritten image differs in 1:\n  - `/app/x: content`\n" in said
    assert "  - with `late-args` alone: the same image\n  - with `link-copies` alone: `/app/x: content`\n" in said
    assert said.endswith("- b/site web/Dockerfile: `/srv/id: content` and 2 more")
    assert differences_of([RESULT]) == "No rewritten image differs from the original's."


def test_refusals_are_counted_by_cause_without_the_names_of_a_file():
    other = RESULT | {"refused": [{"pass": "link-copies", "line": 9, "why": "`COPY a b` is not linked"}]}
    said = not_applied_of([RESULT, other])
    assert "The 1 most frequent of 1 causes:\n\n- 2 times `link-copies`: &lt;step> is not linked" in said
    assert "| `link-copies` | 0 | 0 | 2 |" in said


def test_each_image_of_a_from_has_a_row_with_what_stands_in_for_it():
    subject = Subject(
        repository="a/b",
        commit="0" * 40,
        bases={"node:20@sha256:0123456789abcdef": "n", "python:3.12-slim": "python:3.12-slim"},
        adapted=(Change("a", old="x", new="y"), Change("c", append="\nz\n")),
    )
    assert stand_ins_of({"n": StandIn("n", "nginx")}, [subject]).splitlines()[2:] == [
        "| a/b | `node:20@sha256:0123456` | [n](../dev/standins/nginx/Dockerfile) | `x` by `y` in a, `z` at the end of c |",
        "|  | `python:3.12-slim` | [python:3.12-slim](engine.md#what-is-made) |  |",
    ]


@pytest.mark.parametrize("name", ["a/shop", "a/shop web/Dockerfile"])
def test_a_result_is_of_the_repository_that_its_name_begins_with(name):
    assert repository({"name": name}) == "a/shop"


def test_eight_public_repositories_were_built_and_no_image_of_theirs_differs_for_a_rewrite():
    listed = {subject.name: subject.commit for subject in read()[1]}
    kept = results()
    assert [one["name"] for one in kept if one["commit"] != listed.get(one["name"])] == []
    assert [one["name"] for one in kept if one.get("real_differences")] == []
    assert all(one["real_differences"] == 0 for one in kept if one.get("kept"))
    assert len({repository(one) for one in kept if "measured" in one}) >= 8
