from hypothesis import given
from hypothesis import strategies as st
from tests.inputs.samples import step

from layerwise.inputs.align import align

instructions = st.sampled_from(["RUN a", "RUN b", "COPY a /a", "COPY b /b", "WORKDIR /w"])
steps = st.lists(
    st.builds(
        step,
        instructions,
        stage=st.sampled_from(["one", "two"]),
        platform=st.sampled_from(["linux/amd64", "linux/arm64"]),
    ),
    max_size=6,
)


def test_a_step_is_found_where_it_has_moved_to() -> None:
    old = [step("RUN a"), step("RUN b"), step("RUN c")]
    new = [step("RUN new"), step("RUN a"), step("RUN c")]
    assert set(align(old, new)) == {(None, 0), (0, 1), (1, None), (2, 2)}


def test_a_step_with_another_text_is_the_one_between_the_same_neighbours() -> None:
    old = [step("RUN a"), step("COPY x /x"), step("RUN b"), step("RUN c")]
    new = [step("RUN a"), step("COPY y /y"), step("RUN b2"), step("RUN c")]
    assert align(old, new) == ((0, 0), (1, 1), (2, 2), (3, 3))


def test_steps_of_a_renamed_stage_are_those_of_the_old_one() -> None:
    old = [step("RUN a", stage="one"), step("RUN b", stage="one"), step("RUN c", stage="two")]
    new = [step("RUN a", stage="uno"), step("RUN b", stage="uno"), step("RUN c", stage="two")]
    assert set(align(old, new)) == {(0, 0), (1, 1), (2, 2)}


def test_an_instruction_of_another_kind_is_another_step() -> None:
    assert set(align([step("RUN a")], [step("COPY a /a")])) == {(0, None), (None, 0)}


def test_a_triggered_instruction_is_of_its_own_kind() -> None:
    assert align([step("ONBUILD RUN a")], [step("ONBUILD RUN b")]) == ((0, 0),)


def test_an_image_that_no_instruction_made_is_found_by_its_name() -> None:
    old = [step("FROM debian", key="", number=0), step("FROM node", key="", number=0)]
    assert set(align(old, old[1:])) == {(0, None), (1, 0)}


def test_steps_of_another_platform_are_others() -> None:
    assert set(align([step()], [step(platform="linux/arm64")])) == {(None, 0), (0, None)}


@given(steps, steps)
def test_every_step_of_both_is_there_once(old: list, new: list) -> None:
    pairs = align(old, new)
    assert sorted(place for place, _ in pairs if place is not None) == list(range(len(old)))
    assert sorted(place for _, place in pairs if place is not None) == list(range(len(new)))
    assert all(
        old[before].platform == new[after].platform
        for before, after in pairs
        if before is not None and after is not None
    )


@given(steps)
def test_the_same_steps_are_those_at_their_places(same: list) -> None:
    assert all(before == after for before, after in align(same, same))
