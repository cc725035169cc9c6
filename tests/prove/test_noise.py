import pytest
from tests.prove.images import image
from tests.prove.noise_cases import CASES, FURTHER, Case

from layerwise.prove.forms import FORMS
from layerwise.prove.noise import RuleKind, policy
from layerwise.prove.verdict import Judged, Standing
from layerwise.prove.verify import verify

RULES = {rule.name: rule for rule in policy().rules}


def judged(case: Case) -> tuple[Judged, ...]:
    (platform,) = verify([image(case.left)], [image(case.right)]).platforms
    return platform.judged


@pytest.mark.parametrize("name", RULES)
def test_a_rule_excuses_what_it_is_about(name: str) -> None:
    applies, _ = CASES[name]
    found = judged(applies)
    assert name in {one.rule for one in found}
    assert [one.difference for one in found if one.standing is Standing.REAL] == []


@pytest.mark.parametrize("name", RULES)
def test_a_rule_excuses_no_more(name: str) -> None:
    _, misses = CASES[name]
    assert misses.real in {one.difference.where for one in judged(misses) if one.standing is Standing.REAL}


def test_each_rule_has_its_cases_and_each_case_its_rule() -> None:
    assert list(CASES) == [rule.name for rule in policy().rules]


@pytest.mark.parametrize("case", FURTHER.values(), ids=FURTHER)
def test_further_cases(case: Case) -> None:
    real = {one.difference.where for one in judged(case) if one.standing is Standing.REAL}
    assert case.real in real if case.real else not real


def test_a_form_is_named_by_the_rules_that_need_one_and_by_no_other() -> None:
    used = {rule.form for rule in RULES.values() if rule.kind is RuleKind.FORM}
    assert used | {"stamped-bytecode"} == set(FORMS)
    assert not any(rule.form for rule in RULES.values() if rule.kind is not RuleKind.FORM)


def test_each_rule_says_who_writes_the_files_and_why_they_mean_nothing() -> None:
    for rule in RULES.values():
        assert rule.writer
        assert len(rule.reason) > 20
        assert not rule.reason.endswith(".")
