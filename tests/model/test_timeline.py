from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.analyses import analysis_of

from layerwise.graph.transfer import Transfer
from layerwise.graph.vertex import Graph
from layerwise.model.cost import Cost
from layerwise.model.priors import priors
from layerwise.model.timeline import Machine, Timeline, timeline, wall_s
from layerwise.records import Basis

CHAIN = "FROM debian\nRUN one\nRUN two\nRUN three\n"
FIXED = priors().fixed_s
FORK = "FROM debian AS a\nRUN one\nFROM debian AS b\nRUN two\nFROM debian\nCOPY --from=a /x /x\nCOPY --from=b /y /y\n"


def built(text: str, seconds: float | list[float] = 10.0, *, cores: int = 2, size: int = 0) -> tuple[Graph, Timeline]:
    (graph,) = analysis_of(text).graphs
    steps = [step for step in graph if not step.id.endswith(":1")] if text is CHAIN else list(graph)
    given_s = seconds if isinstance(seconds, list) else [seconds] * len(steps)
    costs = {step.digest: Cost(second, size, Basis.PRIOR) for step, second in zip(steps, given_s, strict=False)}
    costs |= {step.digest: Cost(0.0, 0, Basis.PRIOR) for step in graph if step.digest not in costs}
    running = {graph.platform: frozenset(step.id for step in steps if step.kind.value != "FROM")}
    machine = Machine(cores, priors().rates)
    made = timeline((graph,), running, costs, machine)
    assert wall_s((graph,), running, costs, machine) == made.wall_s
    return graph, made


def test_steps_of_a_chain_follow_each_other() -> None:
    _, made = built(CHAIN)
    assert made.wall_s == pytest.approx(FIXED + 30)
    assert [row.critical for row in made.rows if row.kind == "step"] == [True] * 3


def test_independent_stages_run_side_by_side() -> None:
    _, made = built(FORK)
    starts = {row.step: row.start_s for row in made.rows if row.kind == "step"}
    assert starts["a:2"] == starts["b:2"] == FIXED


def test_side_by_side_on_one_core_takes_as_long_as_one_after_the_other() -> None:
    _, two = built(FORK, cores=2)
    _, one = built(FORK, cores=1)
    steps = {made.wall_s: max(row.end_s for row in made.rows if row.step in ("a:2", "b:2")) for made in (one, two)}
    assert steps[one.wall_s] - FIXED == pytest.approx(2 * (steps[two.wall_s] - FIXED))


def test_only_layers_that_are_new_are_compressed_and_pushed() -> None:
    rates = priors().rates
    _, made = built(CHAIN, size=rates.compress)
    (export,) = (row for row in made.rows if row.kind == "export")
    (push,) = (row for row in made.rows if row.kind == "push")
    assert export.end_s - export.start_s == pytest.approx(3)
    assert push.start_s == pytest.approx(export.end_s)
    assert push.end_s - push.start_s == pytest.approx(3 * rates.compress / rates.push)


def test_a_step_that_two_platforms_share_is_done_once() -> None:
    text = "FROM --platform=$BUILDPLATFORM debian AS tools\nRUN one\nFROM debian\nCOPY --from=tools /x /x\n"
    analysis = analysis_of(text, platforms=("linux/amd64", "linux/arm64"))
    running = {graph.platform: frozenset({"tools:2"}) for graph in analysis.graphs}
    costs = {step.digest: Cost(10.0, 0, Basis.PRIOR) for graph in analysis.graphs for step in graph}
    made = timeline(analysis.graphs, running, costs, Machine(2, priors().rates))
    assert sum(row.kind == "step" for row in made.rows) == 1
    assert made.wall_s == pytest.approx(FIXED + 10)


def test_nothing_to_run_takes_what_a_build_always_takes() -> None:
    analysis = analysis_of(CHAIN, platforms=("linux/amd64", "linux/arm64"))
    nothing = {graph.platform: frozenset[str]() for graph in analysis.graphs}
    made = timeline(analysis.graphs, nothing, {}, Machine(2, priors().rates))
    assert made.wall_s == FIXED
    assert [row.kind for row in made.rows if row.end_s > row.start_s] == ["fixed"]


def test_what_follows_the_steps_is_what_the_builds_do_one_after_the_other() -> None:
    size = 37_000_000
    (graph,) = analysis_of("FROM debian AS a\nRUN one\nFROM debian\nCOPY --from=a /x /x\n").graphs
    costs = {step.digest: Cost(1.0, size, Basis.PRIOR) for step in graph}
    running = {graph.platform: frozenset({"a:2", "stage-1:2"})}
    rates = priors().rates
    for kinds in ((), ("export",), ("export", "unpack"), ("export", "unpack", "push", "cache-export")):
        made = timeline((graph,), running, costs, Machine(2, rates, FIXED, frozenset(kinds)))
        rows = [row for row in made.rows if row.kind not in ("fixed", "context", "step")]
        assert [row.kind for row in rows] == list(kinds)
        assert [row.start_s for row in rows[1:]] == [row.end_s for row in rows[:-1]]
    seconds = {row.kind: row.end_s - row.start_s for row in rows}
    assert seconds["unpack"] == pytest.approx(size / rates.unpack)
    # the cache has the layer of the stage that the image leaves out, too
    assert seconds["cache-export"] == pytest.approx(2 * size / rates.cache_export)


def test_the_context_takes_its_time_before_each_build_and_more_before_one_that_finds_nothing() -> None:
    (graph,) = analysis_of("FROM debian\nCOPY app /app\n").graphs
    costs = {step.digest: Cost(0.0, 0, Basis.PRIOR) for step in graph}
    rates = priors().rates
    context = Transfer(walked=rates.walk_files, compared=3 * rates.compare_files + 1000)
    ran = {True: frozenset({"stage-0:2"}), False: frozenset[str]()}
    for runs, more in ((False, 0.0), (True, 3 * rates.compare_files / rates.send_files)):
        made = timeline((graph,), {graph.platform: ran[runs]}, costs, Machine(2, rates), context=context)
        (row,) = (row for row in made.rows if row.kind == "context")
        assert row.end_s - row.start_s == pytest.approx(1 + 3 + more)


@given(st.lists(st.floats(0, 1000), min_size=3, max_size=3), st.integers(1, 8))
def test_a_build_is_no_shorter_than_its_longest_step_and_no_longer_than_their_sum(
    seconds: list[float], cores: int
) -> None:
    _, made = built(CHAIN, seconds, cores=cores)
    assert max(seconds) - 1e-6 <= made.wall_s - FIXED <= sum(seconds) + 1e-6


@given(st.integers(1, 8))
def test_more_cores_never_make_it_longer(cores: int) -> None:
    assert built(FORK, cores=cores + 1)[1].wall_s <= built(FORK, cores=cores)[1].wall_s + 1e-6


def test_rows_are_critical_from_the_start_to_the_end() -> None:
    _, made = built(FORK, [0, 0, 1.0, 0, 9.0, 1.0, 1.0])
    path = [row for row in made.rows if row.critical]
    assert max(row.end_s for row in path) == made.wall_s
    assert replace(path[0], critical=False) != path[0]
