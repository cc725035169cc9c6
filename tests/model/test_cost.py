from dataclasses import replace

import pytest
from tests.analyses import analysis_of

from layerwise.analysis import Analysis
from layerwise.graph.state import instruction_key, origin
from layerwise.graph.vertex import Kind, Step
from layerwise.model.change import COLD, Change
from layerwise.model.cost import Cost, served_by_mounts
from layerwise.model.profile import Measured, Profile
from layerwise.records import Basis

MOUNTED = "FROM python:3.12\nCOPY . .\nRUN --mount=type=cache,target=/root/.cache/pip pip install -r requirements.txt\n"
PLAIN = MOUNTED.replace("--mount=type=cache,target=/root/.cache/pip ", "")


def run_of(analysis: Analysis, line: int = 3) -> Step:
    return next(step for step in analysis.graphs[0] if step.kind is Kind.RUN and step.line == line)


@pytest.mark.parametrize(
    ("text", "served"),
    [
        (MOUNTED, True),
        (MOUNTED.replace("/root/.cache/pip", "/root/.cache"), True),
        (MOUNTED.replace("/root/.cache/pip", "/var/cache/apt"), False),
        (PLAIN, False),
        (MOUNTED.replace("pip install", "make"), False),
    ],
)
def test_a_cache_mount_serves_what_keeps_its_downloads_there(text: str, served: bool) -> None:
    assert served_by_mounts(run_of(analysis_of(text))) is served


def test_empty_mounts_cost_as_much_as_none() -> None:
    mounted, plain = (analysis_of(text) for text in (MOUNTED, PLAIN))
    assert mounted.cost(run_of(mounted)).cold_s == pytest.approx(plain.cost(run_of(plain)).seconds)
    assert mounted.scenario_s(COLD) == pytest.approx(plain.scenario_s(COLD))


def test_a_full_mount_never_costs_more() -> None:
    changed = Change("deps:pip", files=frozenset({"requirements.txt"}))
    assert analysis_of(MOUNTED).scenario_s(changed) <= analysis_of(PLAIN).scenario_s(changed)


def measured(text: str, **seconds: float) -> Analysis:
    """Analyse ``text`` where each RUN that holds a word was measured to take so many seconds."""
    analysis = analysis_of(text)
    steps = {
        (step.platform, instruction_key(step.instruction)): Measured(taken, 1_000_000, 3)
        for step in analysis.graphs[0]
        if step.instruction
        for word, taken in seconds.items()
        if step.kind is Kind.RUN and word in step.display
    }
    facts = replace(analysis.facts, estimator=analysis.facts.estimator.measured(Profile(steps=steps)))
    return replace(analysis, facts=facts)


def test_a_rewritten_step_costs_what_it_was_measured_to_cost_before() -> None:
    before = measured(PLAIN, pip=40.0)
    after = before.rewritten(PLAIN.replace("pip install", "pip install --no-compile"))
    assert after.cost(run_of(after)) == Cost(40.0, 1_000_000, Basis.PREDICTED)


def test_steps_that_come_for_one_share_its_seconds_by_their_priors() -> None:
    before = measured("FROM debian\nRUN apt-get update && pip install flask\n", apt=50.0)
    after = before.rewritten("FROM debian\nRUN apt-get update\nRUN pip install flask\n")
    costs = [after.cost(step) for step in after.graphs[0] if step.kind is Kind.RUN]
    assert sum(cost.seconds for cost in costs) == pytest.approx(50.0, rel=0.1)
    assert {cost.basis for cost in costs} == {Basis.PREDICTED}
    assert costs[0].seconds != costs[1].seconds


def test_a_step_that_comes_for_two_costs_both() -> None:
    before = measured("FROM debian\nRUN apt-get update\nRUN pip install flask\n", apt=10.0, pip=30.0)
    after = before.rewritten("FROM debian\nRUN apt-get update && pip install flask\n")
    assert after.cost(run_of(after, 2)).seconds == pytest.approx(40.0, rel=0.1)


def test_what_was_never_measured_stays_a_prior() -> None:
    after = analysis_of(PLAIN).rewritten(PLAIN.replace("pip install", "pip install --no-compile"))
    assert after.cost(run_of(after)).basis is Basis.PRIOR


def test_what_was_measured_itself_is_not_derived() -> None:
    before = measured(PLAIN + "RUN pip install other\n", pip=40.0)
    after = before.rewritten(PLAIN)
    assert after.cost(run_of(after)).basis is Basis.MEASURED


def test_a_change_of_an_instruction_is_one_of_what_stands_in_its_place() -> None:
    before = analysis_of("FROM debian\nRUN apt-get update && pip install flask\n")
    run = run_of(before, 2)
    assert run.instruction
    change = Change("dockerfile", instructions=frozenset({origin(run.instruction)}))
    after = before.rewritten("FROM debian\nRUN apt-get update\nRUN pip install flask\n")
    later = after.rewritten("FROM debian\nRUN apt-get update\nRUN pip install --no-compile flask\n")
    for analysis in (after, later):
        ran = analysis.facts.estimator.running(analysis.graphs, change)["linux/amd64"]
        assert len(ran) == 2


APT = "FROM debian\nCOPY . .\nRUN apt-get update && apt-get install -y ffmpeg gcc"


@pytest.mark.parametrize(
    ("more", "smaller"),
    [
        (" && rm -rf /var/lib/apt/lists/*", True),
        (" && rm -rf /var/lib/apt", True),
        (" && apt-get purge -y gcc", True),
        (" && rm -rf /var/lib/apt/lists/deb*", False),
        (" && rm -rf /var/lib/apt/lists/* && apt-get update", False),
        (" && apt-get purge -y nano", False),
    ],
)
def test_what_a_run_removes_of_its_own_is_not_in_its_layer(more: str, smaller: bool) -> None:
    plain, cleaned = (analysis_of(f"{APT}{end}\n") for end in ("", more))
    assert (cleaned.cost(run_of(cleaned)).size < plain.cost(run_of(plain)).size) is smaller


def test_an_install_that_finds_packages_there_now_is_not_the_one_that_was_measured() -> None:
    text = "FROM python:3.12\nCOPY requirements.txt ./\nRUN pip install -r requirements.txt\n"
    mount = "--mount=type=bind,from=pinned,source=/pinned.txt,target=/pinned.txt"
    split = (
        "FROM python:3.12 AS pinned\nCOPY requirements.txt /\n"
        "RUN sed -nE '/^(numpy)==[0-9A-Za-z.+!-]+$/p' /requirements.txt > /pinned.txt\n"
        f"FROM python:3.12\nRUN {mount} pip install --no-deps -r /pinned.txt\n"
        "COPY requirements.txt ./\nRUN pip install -r requirements.txt\n"
    )
    before = measured(text, pip=68.0)  # ten times the prior of 3 s and 1.8 s a package, and 0.2 s of the RUN
    after = before.rewritten(split)
    sed, first, second = (step for step in after.graphs[0] if step.kind is Kind.RUN)
    assert before.cost(run_of(before)).basis is Basis.MEASURED
    assert [round(after.cost(step).seconds) for step in (sed, first, second)] == [2, 50, 50]
    assert after.cost(second).basis is Basis.PREDICTED
