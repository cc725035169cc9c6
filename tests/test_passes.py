import pkgutil

import pytest
from tests.analyses import NODE, PYTHON, analysis_of
from tests.pages import samples

import layerwise.passes
from layerwise import catalogue
from layerwise.analysis import Analysis
from layerwise.passes import PASSES
from layerwise.passes.base import Pass, Proposal, Refusal
from layerwise.plan import Options, plan
from layerwise.syntax.edit import apply

NAMES = dict(catalogue.by_name(*PASSES))
FILES = {**PYTHON, **NODE, "app/configure": "#!/bin/sh\n"}
EAGER = Options(threshold_s=0.0001)


def proposals(module: Pass, analysis: Analysis) -> list[Proposal]:
    return [found for found in module.propose(analysis) if isinstance(found, Proposal)]


def test_every_pass_module_is_listed() -> None:
    modules = {name for _, name, _ in pkgutil.iter_modules(layerwise.passes.__path__)} - {"base"}
    assert {name.replace("_", "-") for name in modules} == set(NAMES)


@pytest.mark.parametrize("module", NAMES.values(), ids=NAMES)
def test_before_becomes_after_to_the_byte(module: Pass) -> None:
    page = samples(module)
    (proposal,) = proposals(module, analysis_of(page["Before"], FILES))
    assert apply(analysis_of(page["Before"], FILES).dockerfile, proposal.edits) == page["After"]


@pytest.mark.parametrize("module", NAMES.values(), ids=NAMES)
def test_a_second_run_proposes_nothing(module: Pass) -> None:
    assert proposals(module, analysis_of(samples(module)["After"], FILES)) == []


@pytest.mark.parametrize("module", NAMES.values(), ids=NAMES)
def test_the_expected_rebuild_does_not_rise(module: Pass) -> None:
    page = samples(module)
    before, after = (analysis_of(page[side], FILES) for side in ("Before", "After"))
    assert after.expected_s() <= before.expected_s()
    pairs = [(before.scenario_s(one), after.scenario_s(one)) for one in before.facts.scenarios]
    assert after.expected_s() < before.expected_s() or any(later < earlier for earlier, later in pairs)


@pytest.mark.parametrize("module", NAMES.values(), ids=NAMES)
def test_a_proposal_is_no_safer_than_its_pass_says(module: Pass) -> None:
    (proposal,) = proposals(module, analysis_of(samples(module)["Before"], FILES))
    order = list(type(proposal.safety))
    assert order.index(proposal.safety) >= order.index(module.SAFETY)


@pytest.mark.parametrize("module", NAMES.values(), ids=NAMES)
def test_an_ignore_comment_silences_it(module: Pass) -> None:
    page = samples(module)["Before"]
    name = next(name for name, listed in NAMES.items() if listed is module)
    (proposal,) = proposals(module, analysis_of(page, FILES))
    lines = page.splitlines(keepends=True)
    lines.insert(proposal.line - 1, f"# layerwise: ignore={name}\n")
    made = plan(analysis_of("".join(lines), FILES), EAGER, (module,))
    assert not made.changed


def refusals(text: str, module: Pass, **facts: object) -> list[Refusal]:
    return [found for found in module.propose(analysis_of(text, **facts)) if isinstance(found, Refusal)]
