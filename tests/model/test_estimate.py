from dataclasses import replace

import pytest
from tests.analyses import PROJECT, PYTHON, analysis_of

from layerwise.model.change import Change
from layerwise.model.cost import cost_of
from layerwise.model.priors import priors
from layerwise.records import Basis

TEXT = """\
FROM python:3.12-slim
ARG GIT_COMMIT
RUN apt-get update && apt-get install -y ffmpeg sox
WORKDIR /app
COPY requirements.txt ./
RUN pip install -r requirements.txt
COPY . .
LABEL revision=$GIT_COMMIT
"""
ANALYSIS = analysis_of(TEXT, PYTHON)
GRAPH = ANALYSIS.graphs[0]


def test_emulation_makes_a_step_dearer_by_the_factor_of_its_class() -> None:
    native, emulated = analysis_of("FROM debian\nRUN apt-get update\n", platforms=("linux/amd64", "linux/arm64")).graphs
    costs = [
        cost_of(graph.steps[1], priors(), "linux/amd64").seconds - priors().run_overhead_s
        for graph in (native, emulated)
    ]
    assert costs[1] == pytest.approx(costs[0] * priors().work["apt.update"].emulation)


def test_bytes_of_a_layer_are_those_that_are_stored() -> None:
    graph = analysis_of("FROM debian\nRUN pip install flask\n").graphs[0]
    prior = priors().work["pip.install"]
    size = cost_of(graph.steps[1], priors(), "linux/amd64").size
    assert size == round((prior.base_bytes + prior.package_bytes) * priors().rates.compressed_share)


def test_a_command_nobody_knows_has_no_figure_of_its_own_but_counts_in_totals() -> None:
    graph = analysis_of("FROM debian\nRUN ./configure\n").graphs[0]
    cost = cost_of(graph.steps[1], priors(), "linux/amd64")
    assert (cost.basis, cost.shown) == (Basis.UNKNOWN, None)
    assert cost.seconds > 0


def test_an_argument_that_changes_now_and_then_is_weighed_by_its_share() -> None:
    seldom = analysis_of(TEXT, PYTHON, [[]], {"GIT_COMMIT": 0.25})
    always = analysis_of(TEXT, PYTHON, [[]], {"GIT_COMMIT": 1.0})
    never = analysis_of(TEXT, PYTHON, [[]], {})
    fixed = priors().fixed_s
    assert never.expected_s() == pytest.approx(fixed)
    assert seldom.expected_s() - fixed == pytest.approx((always.expected_s() - fixed) / 4)


def test_a_mean_weighs_each_change_by_how_often_it_happens() -> None:
    estimator, graphs = ANALYSIS.facts.estimator, ANALYSIS.graphs
    cold, nothing = Change("cold", everything=True), Change("nothing")
    seconds, least = (estimator.build(graphs, change).seconds for change in (cold, nothing))
    assert estimator.mean(graphs, (cold, nothing)) == pytest.approx((seconds + least) / 2)
    assert estimator.mean(graphs, (cold, replace(nothing, weight=3.0))) == pytest.approx((seconds + 3 * least) / 4)
    assert estimator.mean(graphs, ()) == 0


def test_changes_that_are_alike_cost_alike_whatever_was_priced_before() -> None:
    changes = [
        Change("1", files=frozenset({"app.py"})),
        Change("2", files=frozenset({"README.md", "app.py"})),
        Change("3", files=frozenset({"requirements.txt"}), weight=2.0),
        Change("4", arguments=frozenset({"GIT_COMMIT"})),
        Change("5", files=frozenset({"app.py"}), arguments=frozenset({"GIT_COMMIT"})),
        Change("6", bases=True),
    ]
    shares = {"GIT_COMMIT": 0.25}
    together = analysis_of(TEXT, PYTHON, [[]], shares)
    apart = [analysis_of(TEXT, PYTHON, [[]], shares) for _ in changes]
    found = [together.facts.estimator.expected(together.graphs, change) for change in changes]
    assert found == [one.facts.estimator.expected(one.graphs, two) for one, two in zip(apart, changes, strict=True)]
    plain = [replace(change, arguments=frozenset()) for change in changes]
    estimator, graphs = together.facts.estimator, together.graphs
    assert estimator.mean(graphs, changes, arguments=False) == estimator.mean(graphs, plain)


def test_every_kind_of_work_has_a_prior() -> None:
    kinds = {work.kind for step in GRAPH for work in step.effects.work}
    assert kinds <= set(priors().work)


def test_the_shares_of_commits_add_up() -> None:
    shares = priors().commits
    assert shares.nothing + shares.source_only + shares.manifest + shares.dockerfile == pytest.approx(1)


HOLLOW = """\
FROM python:3.12-slim AS names
WORKDIR /app
COPY . ./
RUN find . -type f ! -path ./pyproject.toml -exec truncate -s 0 {} +
FROM python:3.12-slim
WORKDIR /app
COPY --from=names /app/ ./
RUN pip install -e .
COPY . .
"""


@pytest.mark.parametrize("commits", [(["app/main.py"], ["pyproject.toml"]), (["pyproject.toml"], ["app/main.py"])])
def test_a_change_that_a_stage_hides_is_not_priced_as_one_that_shows(commits: tuple[list[str], ...]) -> None:
    analysis = analysis_of(HOLLOW, PROJECT, commits, {})
    estimator, graphs = analysis.facts.estimator, analysis.graphs
    alone = [estimator.build(graphs, change).seconds for change in analysis.facts.commits]
    assert analysis.expected_s() == pytest.approx(sum(alone) / 2)
    assert abs(alone[0] - alone[1]) > 2
