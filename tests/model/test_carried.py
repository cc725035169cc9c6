from tests.analyses import analysis_of

from layerwise.graph.vertex import Graph, Kind, Step
from layerwise.model.carried import with_carried
from layerwise.model.cost import Cost
from layerwise.model.priors import priors
from layerwise.records import Basis

RATES = priors().rates
BUILT = """\
FROM node:20 AS tool
RUN npm install -g --prefix=/tool parcel
RUN mkdir /other
FROM node:20
COPY --from=tool /tool/ /usr/local/
"""


def copy_of(text: str) -> tuple[Graph, Step]:
    (graph,) = analysis_of(text).graphs
    return graph, next(step for step in graph if step.kind is Kind.COPY)


def cost(step: Step) -> Cost:
    sizes = {Kind.RUN: 38_000_000, Kind.COPY: 0}
    return Cost(1.0, sizes.get(step.kind, 0), Basis.PRIOR)


def test_a_copy_from_a_stage_carries_the_bytes_of_the_run_that_wrote_there() -> None:
    found = with_carried(*copy_of(BUILT), cost, RATES)
    assert found.size == 38_000_000
    assert found.seconds == 1.0 + 38_000_000 / RATES.compressed_share / RATES.copy


def test_what_the_stage_starts_from_is_not_counted() -> None:
    text = BUILT.replace(
        "FROM node:20 AS tool\n", "FROM node:20 AS base\nRUN npm i -g --prefix=/tool npm\nFROM base AS tool\n"
    )
    assert with_carried(*copy_of(text), cost, RATES).size == 38_000_000


def test_a_copy_of_context_files_costs_what_it_did() -> None:
    graph, step = copy_of("FROM debian\nCOPY app /app\n")
    assert with_carried(graph, step, cost, RATES) == cost(step)


def test_measured_seconds_stand() -> None:
    graph, step = copy_of(BUILT)
    measured = Cost(2.0, 7, Basis.MEASURED)
    assert with_carried(graph, step, lambda _: measured, RATES) == measured


def test_a_tool_in_a_stage_of_its_own_is_exported_all_the_same() -> None:
    together = analysis_of("FROM node:20\nRUN npm install -g parcel\n")
    apart = analysis_of(BUILT)
    first, second = (one.facts.estimator.mean_bytes(one.graphs, one.facts.scenarios) for one in (together, apart))
    assert 0 < first <= second
