import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.analyses import PYTHON, analysis_of
from tests.records import build
from tests.records import step as recorded

from layerwise.graph.state import instruction_key
from layerwise.graph.vertex import Graph, Step
from layerwise.model.cost import Cost, cost_of
from layerwise.model.estimate import Estimator
from layerwise.model.priors import priors
from layerwise.model.profile import EMPTY, Profile, profile_of
from layerwise.model.timeline import Machine
from layerwise.records import Basis, Execution, Seen

AMD64, ARM64 = "linux/amd64", "linux/arm64"
BOTH = (AMD64, ARM64)
TEXT = """\
FROM debian
RUN apt-get update
WORKDIR /app
COPY . .
RUN pip install -r requirements.txt
RUN ./configure
RUN ./build
"""


def execution(
    build_id: str, seconds: float, *, size: int | None = None, platform: str = AMD64, emulated: bool | None = None
) -> Execution:
    return Execution(
        platform=platform,
        key="",
        build=build_id,
        started_at=None,
        duration_s=seconds,
        size_bytes=size,
        emulated=emulated,
    )


def on(step: Step, *seconds: float, platform: str = AMD64, **rest: object) -> dict[tuple[str, str], list[Execution]]:
    """Executions of a step, the newest first, each in a build of its own."""
    assert step.instruction
    found = [execution(f"b{n}", second, platform=platform, **rest) for n, second in enumerate(seconds)]  # type: ignore[arg-type]
    return {(platform, instruction_key(step.instruction)): found}


def at(line: int, graph: Graph) -> Step:
    return next(step for step in graph if step.line == line)


def cost(step: Step, profile: Profile, build_platform: str = AMD64) -> Cost:
    return cost_of(step, priors(), build_platform, profile)


AMD, ARM = analysis_of(TEXT, platforms=BOTH).graphs


def test_a_measured_step_costs_the_median_of_its_executions() -> None:
    pip = at(5, AMD)
    assert cost(pip, profile_of((), on(pip, 12.0, 60.0, 10.0, size=7_000_000))) == Cost(
        12.0, 7_000_000, Basis.MEASURED, 3
    )


def test_only_the_ten_newest_executions_count() -> None:
    pip = at(5, AMD)
    measured = cost(pip, profile_of((), on(pip, *[1.0] * 10, *[50.0] * 90)))
    assert (measured.seconds, measured.builds) == (1.0, 10)


def test_builds_are_counted_and_not_executions() -> None:
    pip = at(5, AMD)
    (place,) = on(pip, 1.0)
    assert cost(pip, profile_of((), {place: [execution("b1", 1.0), execution("b1", 3.0)]})).builds == 1


def test_a_size_that_no_build_knows_is_the_prior_s() -> None:
    pip = at(5, AMD)
    (place,) = on(pip, 1.0)
    some = {place: [execution("b3", 1.0), execution("b2", 1.0, size=5), execution("b1", 1.0, size=8)]}
    assert cost(pip, profile_of((), some)).size == round((5 + 8) / 2)
    assert cost(pip, profile_of((), on(pip, 1.0))).size == cost(pip, EMPTY).size > 0


def test_a_command_nobody_knows_has_a_figure_once_it_was_measured() -> None:
    configure = at(6, AMD)
    assert cost(configure, EMPTY).shown is None
    assert cost(configure, profile_of((), on(configure, 40.0))).shown == 40.0


def test_an_instruction_keeps_its_figure_where_it_moves_to() -> None:
    (moved,) = analysis_of("FROM alpine\nENV A=1\nRUN   ./configure\n").graphs
    profile = profile_of((), on(at(6, AMD), 40.0))
    assert cost(at(3, moved), profile).basis is Basis.MEASURED
    (edited,) = analysis_of("FROM alpine\nRUN ./configure --fast\n").graphs
    assert cost(at(2, edited), profile).basis is Basis.UNKNOWN


def test_what_a_base_stage_triggers_is_not_looked_up() -> None:
    (graph,) = analysis_of("FROM debian AS base\nONBUILD RUN ./configure\nFROM base\nRUN ./configure\n").graphs
    triggered, own = (step for step in graph if step.kind.value == "RUN")
    profile = profile_of((), on(own, 40.0))
    assert triggered.display.startswith("ONBUILD ")
    assert (profile.step(triggered), profile.elsewhere(triggered)) == (None, None)
    assert cost(own, profile).seconds == 40.0


def test_an_image_that_only_a_copy_names_is_not_looked_up() -> None:
    (graph,) = analysis_of("FROM debian\nCOPY --from=alpine /x /x\n").graphs
    (image,) = (step for step in graph if step.instruction is None)
    profile = profile_of((), on(at(2, graph), 40.0))
    assert (profile.step(image), profile.elsewhere(image)) == (None, None)


def test_a_base_is_free_whatever_was_recorded() -> None:
    base = at(1, AMD)
    assert cost(base, profile_of((), on(base, 9.0))).seconds == 0


def test_a_step_measured_on_another_platform_is_predicted_by_the_median_of_three_steps_measured_on_both() -> None:
    measured = {}
    for line, factor in ((2, 3.0), (5, 4.0), (6, 9.0)):
        measured |= on(at(line, AMD), 10.0) | on(at(line, ARM), 10.0 * factor, platform=ARM64)
    profile = profile_of((), measured | on(at(7, AMD), 20.0, 20.0, size=3))
    assert cost(at(7, ARM), profile) == Cost(80.0, 3, Basis.PREDICTED, 2)
    back = profile_of((), measured | on(at(7, ARM), 80.0, platform=ARM64))
    assert cost(at(7, AMD), back).seconds == pytest.approx(20.0)


def test_with_fewer_steps_on_both_the_prior_emulation_of_its_work_predicts() -> None:
    apt = at(2, AMD)
    emulation = priors().work["apt.update"].emulation
    assert cost(at(2, ARM), profile_of((), on(apt, 10.0))).seconds == pytest.approx(10.0 * emulation)
    there = profile_of((), on(apt, 71.0, platform=ARM64))
    assert cost(apt, there).seconds == pytest.approx(71.0 / emulation)


def test_the_emulation_of_several_kinds_of_work_is_weighed_by_their_prior_seconds() -> None:
    native, emulated = analysis_of("FROM debian\nRUN apt-get update && npm ci\n", platforms=BOTH).graphs
    apt, npm = priors().work["apt.update"], priors().work["npm.ci"]
    predicted = cost(at(2, emulated), profile_of((), on(at(2, native), 10.0))).seconds
    assert 10 * apt.emulation < predicted < 10 * npm.emulation


def test_work_without_prior_seconds_is_emulated_too() -> None:
    native, emulated = analysis_of("FROM debian\nRUN mkdir /a\n", platforms=BOTH).graphs
    predicted = cost(at(2, emulated), profile_of((), on(at(2, native), 2.0)))
    assert predicted.seconds == pytest.approx(2.0 * priors().work["shell"].emulation)


def test_what_ran_elsewhere_without_emulation_needs_it_here() -> None:
    pip, emulation = at(5, ARM), priors().work["pip.install"].emulation
    riscv = profile_of((), on(pip, 10.0, platform="linux/riscv64", emulated=False))
    assert cost(pip, riscv).seconds == pytest.approx(10.0 * emulation)
    assert cost(pip, riscv, ARM64).seconds == 10.0


def test_a_platform_that_a_log_does_not_name_is_taken_for_the_builder_s() -> None:
    unnamed = profile_of((), on(at(5, AMD), 10.0, platform=""))
    assert cost(at(5, AMD), unnamed) == Cost(10.0, cost(at(5, AMD), EMPTY).size, Basis.PREDICTED, 1)
    assert cost(at(5, ARM), unnamed).seconds == pytest.approx(10.0 * priors().work["pip.install"].emulation)


def test_a_copy_is_not_slower_where_programs_are() -> None:
    measured = {}
    for line in (2, 5, 6):
        measured |= on(at(line, AMD), 10.0) | on(at(line, ARM), 70.0, platform=ARM64)
    profile = profile_of((), measured | on(at(4, AMD), 1.5))
    assert cost(at(4, ARM), profile).seconds == 1.5


def test_copies_and_shared_vertices_say_nothing_of_how_slow_programs_are() -> None:
    measured = {}
    for line, factor in ((2, 4.0), (5, 4.0), (6, 1.0), (4, 1.1)):
        measured |= on(at(line, AMD), 10.0) | on(at(line, ARM), 10.0 * factor, platform=ARM64)
    copy = at(4, AMD).instruction
    assert copy
    record = build(recorded("COPY . .", key=instruction_key(copy)))
    assert profile_of((record,), measured).ratios == {}


def test_of_several_platforms_the_one_with_most_builds_is_taken() -> None:
    pip = at(5, AMD)
    profile = profile_of((), on(pip, 10.0, platform="linux/386") | on(pip, 70.0, 90.0, platform=ARM64, emulated=False))
    assert profile.elsewhere(pip) == (ARM64, profile.steps[ARM64, instruction_key(pip.instruction)])  # type: ignore[arg-type]


def test_a_project_without_records_has_the_empty_profile() -> None:
    assert profile_of((), {}) == EMPTY


def test_builds_of_records_and_executions_are_counted_once() -> None:
    assert profile_of((build(id="b0"), build(id="b7")), on(at(5, AMD), 1.0, 2.0)).builds == 3


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=30))
def test_a_measured_figure_lies_within_what_was_measured(seconds: list[float]) -> None:
    pip = at(5, AMD)
    found = cost(pip, profile_of((), on(pip, *seconds)))
    assert min(seconds[:10]) <= found.seconds <= max(seconds[:10])
    assert found.builds == min(len(seconds), 10)


def estimator(profile: Profile) -> Estimator:
    return Estimator(priors(), Machine(2, priors().rates), AMD64).measured(profile)


def test_a_total_is_predicted_where_measured_steps_make_95_of_100_seconds() -> None:
    analysis = analysis_of("FROM debian\nCOPY app /app\nRUN ./one\nRUN ./two\n", PYTHON)
    (graph,) = analysis.graphs
    copied = on(at(2, graph), 0.1)
    most = profile_of((), copied | on(at(3, graph), 500.0))
    some = profile_of((), copied | on(at(3, graph), 100.0))
    (cold, unchanged, code) = (
        next(one for one in analysis.facts.scenarios if one.name == name) for name in ("cold", "unchanged", "code")
    )
    only = profile_of((), copied)
    assert [estimator(profile).basis((graph,), cold) for profile in (EMPTY, only, some, most)] == [
        Basis.PRIOR,
        Basis.PRIOR,
        Basis.PRIOR,
        Basis.PREDICTED,
    ]
    assert estimator(some).basis((graph,), unchanged) is Basis.PRIOR
    assert estimator(some).basis((graph,), code) is Basis.PRIOR


def test_only_the_steps_that_run_count_for_what_stands_behind_a_scenario() -> None:
    analysis = analysis_of("FROM debian\nRUN ./dear\nCOPY app /app\n", PYTHON)
    (graph,) = analysis.graphs
    profile = profile_of((), on(at(3, graph), 0.1))
    named = {one.name: one for one in analysis.facts.scenarios}
    assert estimator(profile).basis((graph,), named["code"]) is Basis.PREDICTED
    assert estimator(profile).basis((graph,), named["cold"]) is Basis.PRIOR


def test_where_nothing_runs_recorded_builds_of_that_kind_stand_behind_it() -> None:
    analysis = analysis_of("FROM debian\nRUN ./dear\n")
    unchanged = next(one for one in analysis.facts.scenarios if one.name == "unchanged")
    idle = build(wall_s=0.7, change=Seen(kind="unchanged", evidence="the same digests"))
    measured = estimator(profile_of((idle,), {}))
    assert measured.basis(analysis.graphs, unchanged) is Basis.PREDICTED
    assert measured.build(analysis.graphs, unchanged).seconds == pytest.approx(0.7)
    assert estimator(EMPTY).basis(analysis.graphs, unchanged) is Basis.PRIOR
