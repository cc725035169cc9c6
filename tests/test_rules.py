import pkgutil

import pytest
from tests.analyses import PYTHON, analysis_of
from tests.pages import samples

import layerwise.rules
from layerwise import catalogue
from layerwise.passes import PASSES
from layerwise.plan import Options, plan
from layerwise.rules import RULES, diagnose
from layerwise.rules.base import Rule

NAMES = dict(catalogue.by_name(*RULES))


def found(text: str, name: str) -> list[int]:
    return [diagnosis.line for rule, _, diagnosis in diagnose(analysis_of(text, PYTHON)) if rule == name]


def test_every_rule_module_is_listed() -> None:
    modules = {name for _, name, _ in pkgutil.iter_modules(layerwise.rules.__path__)} - {"base"}
    assert {name.replace("_", "-") for name in modules} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_bad_is_found_on_the_line_that_is_at_fault(name: str) -> None:
    bad, good = samples(NAMES[name])["Bad"].splitlines(), samples(NAMES[name])["Good"].splitlines()
    moved = next(number for number, (old, new) in enumerate(zip(bad, good, strict=False), 1) if old != new)
    assert found("\n".join(bad), name) == [moved]


@pytest.mark.parametrize("name", NAMES)
def test_good_is_not_found(name: str) -> None:
    assert found(samples(NAMES[name])["Good"], name) == []


@pytest.mark.parametrize("name", NAMES)
def test_an_ignore_comment_silences_it(name: str) -> None:
    bad = samples(NAMES[name])["Bad"]
    (line,) = found(bad, name)
    lines = bad.splitlines(keepends=True)
    lines.insert(line - 1, f"# layerwise: ignore={name}\n")
    assert found("".join(lines), name) == []


MENDED = {name: rule for name, rule in NAMES.items() if rule.MENDED_BY is not None}


def test_only_what_an_author_must_mend_names_no_pass() -> None:
    assert NAMES.keys() - MENDED.keys() == {"emptied-sources"}


@pytest.mark.parametrize("rule", MENDED.values(), ids=MENDED)
def test_after_the_pass_that_mends_it_bad_is_found_no_more(rule: Rule) -> None:
    assert rule.MENDED_BY in catalogue.by_name(*PASSES)
    only = Options(threshold_s=0.0001, only=frozenset({rule.MENDED_BY or ""}))
    made = plan(analysis_of(samples(rule)["Bad"], PYTHON), only)
    name = next(name for name, listed in NAMES.items() if listed is rule)
    assert made.changed
    assert found(made.after.dockerfile.text, name) == []
    assert made.after.dockerfile.text == samples(rule)["Good"]
