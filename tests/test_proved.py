from dev.proved_results import results
from dev.proved_table import Guess, error_of, guesses, markdown_of, text
from dev.public_repositories import read

RESULT = {
    "name": "a/shop",
    "commit": "0123456789abcdef",
    "date": "2026-11-26",
    "load": [0.5, 3.25],
    "priors": {"edits": ["cache-mounts:3", "late-args:4"], "scenarios": {"cold": [20.0, 10.0], "code": [1.0, 1.0]}},
    "recorded": {"edits": ["cache-mounts:3"], "scenarios": {"cold": [9.0, 7.0]}},
    "proof": {
        "verdict": "One edit stays.",
        "builds": 9,
        "kept": [{"pass": "cache-mounts", "line": 3, "why": "keeps"}],
        "dropped": [{"pass": "late-args", "line": 4, "fault": "slower", "reason": "<step> takes 2 s | more"}],
    },
    "scenarios": [
        {"name": "cold", "before_s": 10.0, "after_s": 5.0},
        {"name": "code", "before_s": 2.0, "after_s": None},
    ],
}


def test_an_after_is_compared_only_with_a_prediction_for_the_edits_that_were_kept():
    assert list(guesses(RESULT)) == [
        Guess("cold", "before", 10.0, {"priors": 20.0, "recorded": 9.0}),
        Guess("cold", "after", 5.0, {"recorded": 7.0}),
        Guess("code", "before", 2.0, {"priors": 1.0}),
    ]


def test_an_error_is_a_share_of_the_measured_seconds_and_unknown_without_a_prediction():
    found = list(guesses(RESULT))
    assert [guess.error("priors") for guess in found] == [1.0, None, 0.5]
    assert error_of(found, "priors") == 0.75
    assert error_of(found[2:], "recorded") is None


def test_the_tables_hold_errors_load_and_what_was_dropped():
    said = markdown_of([RESULT, {"name": "b/b", "commit": "0", "date": "2026-11-26", "failed": "no"}])
    proof = "One edit stays. dropped `late-args`, slower: &lt;step> takes 2 s / more"
    assert f"| a/shop `01234567` | 3 | 75% | 25% | 0.5 to 3.2 | {proof} |\n| all | 3 | 75% | 25% |  |  |\n" in said
    assert "|  | cold | after | 5.0 |  | 7.0 |\n" in said
    assert "b/b" not in said
    assert markdown_of([]) == "Nothing has been kept yet."


def test_a_terminal_is_told_the_same():
    said = text(RESULT)
    assert "  dropped: late-args, line 4, slower: <step> takes 2 s | more\n" in said
    assert said.endswith("  median error: priors 75%, recorded 25%")
    assert "  not proved: no" in text(RESULT | {"failed": "no"})


def test_what_was_kept_is_of_the_commits_that_are_listed():
    listed = {subject.name: subject.commit for subject in read()[1]}
    assert [one["name"] for one in results() if one["commit"] != listed.get(one["name"])] == []
