import pkgutil
from collections.abc import Mapping, Sequence

import pytest
from tests.analyses import NODE, OLDER, PROJECT, PYTHON, analysis_of
from tests.pages import ignored, samples

import layerwise.passes
from layerwise import catalogue
from layerwise.analysis import Analysis
from layerwise.passes import PASSES, names_first, split_requirements
from layerwise.passes.base import Pass, Proposal, Refusal
from layerwise.plan import Options, plan
from layerwise.syntax.edit import apply

NAMES = dict(catalogue.by_name(*PASSES))
FILES = {**PYTHON, **NODE, "app/configure": "#!/bin/sh\n", "docs/guide.md": ""}
COMMITS = (("app/main.py",), ("src/index.js",), ("app/main.py",), ("docs/guide.md",))
PLATFORMS = ("linux/amd64", "linux/arm64")
EAGER = Options(threshold_s=0.0001)


def files_of(module: Pass) -> dict[str, str]:
    return {**FILES, **PROJECT} if module is names_first else FILES


def versions_of(module: Pass) -> Mapping[str, Sequence[str]]:
    return OLDER if module is split_requirements else {}


def side(module: Pass, name: str) -> Analysis:
    ignore = ignored(module) if name == "After" else ""
    text, files = samples(module)[name], files_of(module)
    return analysis_of(text, files, COMMITS, ignore=ignore, platforms=PLATFORMS, versions=versions_of(module))


def proposals(module: Pass, analysis: Analysis) -> list[Proposal]:
    return [found for found in module.propose(analysis) if isinstance(found, Proposal)]


def test_every_pass_module_is_listed() -> None:
    modules = {name for _, name, _ in pkgutil.iter_modules(layerwise.passes.__path__)} - {
        "base",
        "digest",
        "pip_install",
        "seldom",
    }
    assert {name.replace("_", "-") for name in modules} == set(NAMES)


@pytest.mark.parametrize("module", NAMES.values(), ids=NAMES)
def test_before_becomes_after_to_the_byte(module: Pass) -> None:
    page = samples(module)
    before = side(module, "Before")
    (proposal,) = proposals(module, before)
    assert apply(before.dockerfile, proposal.edits) == page["After"]
    assert not ignored(module) or proposal.ignore == ignored(module)


@pytest.mark.parametrize("module", NAMES.values(), ids=NAMES)
def test_a_second_run_proposes_nothing(module: Pass) -> None:
    assert proposals(module, side(module, "After")) == []


@pytest.mark.parametrize("module", NAMES.values(), ids=NAMES)
def test_the_expected_rebuild_does_not_rise(module: Pass) -> None:
    before, after = (side(module, name) for name in ("Before", "After"))
    assert after.expected_s() <= before.expected_s()
    pairs = [(before.scenario_s(one), after.scenario_s(one)) for one in before.facts.scenarios]
    assert after.expected_s() < before.expected_s() or any(later < earlier for earlier, later in pairs)


@pytest.mark.parametrize("module", NAMES.values(), ids=NAMES)
def test_a_proposal_is_no_safer_than_its_pass_says(module: Pass) -> None:
    (proposal,) = proposals(module, side(module, "Before"))
    order = list(type(proposal.safety))
    assert order.index(proposal.safety) >= order.index(module.SAFETY)


@pytest.mark.parametrize("module", NAMES.values(), ids=NAMES)
def test_an_ignore_comment_silences_it(module: Pass) -> None:
    page = samples(module)["Before"]
    name = next(name for name, listed in NAMES.items() if listed is module)
    (proposal,) = proposals(module, side(module, "Before"))
    lines = page.splitlines(keepends=True)
    lines.insert(proposal.line - 1, f"# layerwise: ignore={name}\n")
    facts = {"platforms": PLATFORMS, "versions": versions_of(module)}
    made = plan(analysis_of("".join(lines), files_of(module), COMMITS, **facts), EAGER, (module,))
    assert not made.changed


def refusals(text: str, module: Pass, **facts: object) -> list[Refusal]:
    return [found for found in module.propose(analysis_of(text, **facts)) if isinstance(found, Refusal)]
