import pytest
from tests.builder.recorded import observed, text

from layerwise.builder.assemble import unprefixed
from layerwise.builder.names import StepName, context_name, step_name
from layerwise.builder.placing import Layout, graphs_of, layout, shown_key
from layerwise.graph.context import Context
from layerwise.graph.state import instruction_key
from layerwise.syntax.parser import parse

STAGES = """\
FROM debian AS tools
WORKDIR /src
RUN --mount=type=cache,target=/var/cache make \\
    tools

FROM debian AS app
WORKDIR /
ARG VERSION
COPY --from=tools /src /src
RUN echo $VERSION
RUN <<EOF
echo done
EOF
"""


def shown(instruction: str, number: int, stage: str = "app") -> StepName:
    return StepName("", "", stage, number, 9, instruction)


def names(shape: str) -> list[str]:
    return [vertex.name for vertex in unprefixed(observed(shape)).vertices]


def steps(shape: str) -> list[StepName]:
    return [name for one in names(shape) if (name := step_name(one))]


def placed(shape: str, dockerfile: str | None = None) -> Layout:
    contexts = {context for name in names(shape) if (context := context_name(name))}
    return layout(text(shape) if dockerfile is None else dockerfile, contexts)


def test_a_step_is_found_by_its_line() -> None:
    position = layout(STAGES).at_line(3, "RUN --mount=type=cache,target=/var/cache make tools")
    assert position is not None
    assert (position.stage, position.number, position.line) == ("tools", 3, 3)
    assert position.key == instruction_key(parse(STAGES, "Dockerfile").stages[0].instructions[1])


def test_a_step_is_found_by_its_stage_and_number() -> None:
    position = layout(STAGES).numbered("app", 4, "RUN echo 1.0")
    assert position is not None
    assert (position.line, position.written) == (10, "RUN echo $VERSION")


def test_a_workdir_that_makes_no_step_counts_all_the_same() -> None:
    assert layout(STAGES).numbered("app", 2, "WORKDIR /") is None
    assert layout(STAGES).numbered("app", 3, "COPY --from=tools /src /src") is not None


def test_another_kind_of_instruction_at_the_same_place_is_another_step() -> None:
    assert layout(STAGES).at_line(3, "COPY a b") is None
    assert layout(STAGES).numbered("app", 4, "COPY a b") is None


def test_the_case_of_a_keyword_does_not_matter() -> None:
    assert layout("from debian\nrun make\n").at_line(2, "RUN make") is not None


def test_an_instruction_keeps_its_key_where_it_moves() -> None:
    moved = layout("FROM debian AS app\nRUN echo $VERSION\n").numbered("app", 2, "RUN echo 1")
    stayed = layout(STAGES).numbered("app", 4, "RUN echo 1")
    assert moved is not None
    assert stayed is not None
    assert moved.key == stayed.key


def test_an_instruction_that_changes_has_another_key() -> None:
    one, other = (layout(f"FROM debian\nRUN {word}\n").at_line(2, "RUN x") for word in ("make", "make it"))
    assert one is not None
    assert other is not None
    assert one.key != other.key


def test_buildkit_leaves_the_name_of_an_only_stage_out() -> None:
    position = layout("FROM debian AS app\nRUN make\n").numbered("stage-0", 2, "RUN make")
    assert position is not None
    assert position.stage == "app"
    assert layout(STAGES).numbered("stage-0", 3, "RUN make") is None


def test_triggered_instructions_stand_in_the_stage_that_triggers_them() -> None:
    found = layout("FROM debian AS base\nONBUILD RUN one\nONBUILD RUN two\nFROM base\nRUN three\n")
    lines = [found.numbered("stage-1", number, "ONBUILD RUN x") for number in (1, 2)]
    assert [position and (position.line, position.written) for position in lines] == [
        (2, "ONBUILD RUN one"),
        (3, "ONBUILD RUN two"),
    ]
    three = found.numbered("stage-1", 3, "RUN three")
    assert three is not None
    assert three.line == 5


def test_a_base_that_only_an_argument_names_is_no_hindrance() -> None:
    assert layout("ARG BASE\nFROM $BASE\nRUN make\n").at_line(3, "RUN make") is not None


def test_a_stage_that_can_not_be_built_does_not_hide_the_others() -> None:
    found = layout("FROM debian AS broken\nCOPY --from=7 / /\nFROM debian\nRUN make\n")
    assert found.numbered("stage-1", 2, "RUN make") is not None
    assert found.at_line(2, "COPY --from=7 / /") is None


@pytest.mark.parametrize("dockerfile", [None, "", "RUN make\n", "FROM debian\nFLY\nRUN <<EOF\n"])
def test_a_text_that_is_no_dockerfile_has_no_places(dockerfile: str | None) -> None:
    assert layout(dockerfile) == Layout()


def test_a_named_context_in_place_of_a_base_takes_its_number() -> None:
    found = layout(STAGES.replace("debian AS app", "busybox AS app"), {"busybox"})
    position = found.numbered("app", 3, "RUN echo 1.0")
    assert position is not None
    assert (position.line, position.number) == (10, 4)
    untouched = found.numbered("tools", 3, "RUN x")
    assert untouched is not None
    assert untouched.line == 3


def test_steps_fit_the_dockerfile_that_they_are_of() -> None:
    found = layout(STAGES)
    assert found.fits([shown("FROM debian@sha256:0a", 1), shown("RUN echo 1.0", 4), shown("RUN <<EOF (echo done)", 5)])
    assert found.fits([shown("RUN --mount=type=cache,target=/var/cache make tools", 3, "tools")])


def test_steps_do_not_fit_a_dockerfile_of_other_steps() -> None:
    found = layout(STAGES)
    assert not found.fits([shown("RUN --mount=type=cache,target=/var/cache make all", 3, "tools")])
    assert not found.fits([shown("RUN echo 1.0", 4, "other")])
    assert not found.fits([shown("RUN echo 1.0", 5), shown("RUN echo 1.0", 6)])


def test_no_steps_fit_nothing() -> None:
    assert not layout(STAGES).fits([])
    assert not Layout().fits([shown("RUN echo", 2)])


@pytest.mark.parametrize("shape", ["bake", "download", "exported", "failed", "killed", "named", "platforms", "stages"])
def test_recorded_steps_fit_the_dockerfile_that_they_were_made_of(shape: str) -> None:
    assert placed(shape).fits(steps(shape))


@pytest.mark.parametrize("shape", ["download", "failed", "killed", "named", "platforms", "stages"])
def test_recorded_steps_do_not_fit_another_dockerfile(shape: str) -> None:
    assert not placed(shape, text("exported")).fits(steps(shape))


def test_without_its_named_contexts_a_recorded_build_does_not_fit() -> None:
    assert not layout(text("named")).fits(steps("named"))


def test_what_is_shown_gives_a_key_where_nothing_else_is_known() -> None:
    assert shown_key("RUN make") == shown_key("RUN make") != shown_key("RUN make all")
    assert shown_key("RUN make").startswith("shown:")


def test_each_target_has_its_graph_and_the_last_stage_comes_last() -> None:
    graphs = tuple(graphs_of(parse(STAGES, "Dockerfile"), Context.from_paths(())))
    assert [[step.id for step in graph][-1] for graph in graphs] == ["tools:3", "app:5"]
