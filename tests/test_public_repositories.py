import re

import pytest
from dev.public_build import RECIPES, Variant, options_of
from dev.public_repositories import Change, Subject, read
from dev.public_table import markdown, refusals, text

STAND_INS, SUBJECTS = read()
RESULT = {
    "name": "a/shop",
    "commit": "0123456789abcdef",
    "date": "2026-11-25",
    "kept": [{"pass": "late-args", "safety": "identical", "line": 3, "why": "`ARG V` moves"}],
    "offered": [],
    "refused": [{"pass": "link-copies", "line": 4, "why": "`COPY . .` is not linked"}],
    "predicted": [{"name": "cold", "before_s": 20.0, "after_s": 10.0}],
    "measured": [{"scenario": "cold", "before_s": 8.0, "after_s": 6.0}],
    "noise": 2,
    "paths": 1000,
    "real": [],
    "real_differences": 0,
    "own": [],
    "own_differences": 0,
    "alone": {},
}


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda one: one.name)
def test_each_base_has_a_stand_in_that_can_be_made(subject):
    assert re.fullmatch("[0-9a-f]{40}", subject.commit)
    for base in subject.bases.values():
        if base in STAND_INS:
            assert (RECIPES / STAND_INS[base].recipe / "Dockerfile").is_file()
        else:
            assert re.fullmatch(r"(debian|node|python):[\w.-]+", base)


def test_scenarios_start_cold_and_unchanged():
    assert all(subject.scenarios[:2] == ("cold", "unchanged") for subject in SUBJECTS)
    assert all("code" in subject.scenarios for subject in SUBJECTS)


def test_a_change_replaces_text_once_and_adds_some(tmp_path):
    (tmp_path / "package.json").write_text("one two\n")

    Change("package.json", old="two", new="three", append="four\n").make(tmp_path)

    assert (tmp_path / "package.json").read_text() == "one three\nfour\n"


@pytest.mark.parametrize("old", ["zero", "one"])
def test_a_change_that_does_not_fit_is_an_error(tmp_path, old):
    (tmp_path / "package.json").write_text("one one\n")

    with pytest.raises(ValueError, match=r"package\.json holds"):
        Change("package.json", old=old, new="two").make(tmp_path)


def test_two_variants_share_no_cache_scope(tmp_path):
    options = options_of(
        Subject(repository="a/b", commit="0" * 40, target="app", bases={"python:3": "py"}), {"py": "p"}
    )

    left, right = (Variant(name, tmp_path / "Dockerfile", tmp_path, options) for name in ("original", "rewritten"))

    assert "--build-context=python:3=docker-image://p" in options
    assert "--target=app" in options
    assert set(left.isolation) & set(right.isolation) == {"--network=host"}


def test_measured_and_predicted_seconds_stand_beside_each_other():
    assert (
        "| a/shop `01234567` | `late-args` | cold | 8.0 | 6.0 | 25% | 20.0 | 10.0 | equal (1,000 paths, 2 noise) |"
        in (markdown([RESULT]))
    )
    assert "| `link-copies` | 0 | 0 | 1 |" in refusals([RESULT])


def test_an_image_that_differs_is_said_with_the_edit_that_did_it():
    unequal = RESULT | {
        "real": ["/app/x: content"],
        "real_differences": 1,
        "alone": {"late-args": ["/app/x: content"]},
    }

    said = text(unequal)

    assert "DIFFER in 1" in said
    assert "differs: /app/x: content" in said
    assert "with late-args alone: ['/app/x: content']" in said


def test_a_build_that_fails_has_no_row():
    failed = {"name": "a/b", "commit": "0" * 40, "date": "2026-11-25", "failed": "no space"}

    assert "does not build: no space" in text(failed)
    assert "a/b" not in markdown([failed])
