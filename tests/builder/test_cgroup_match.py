import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerwise.builder.cgroup_match import Executed, matched
from layerwise.builder.cgroups import Sample

MAKE = ("/bin/sh", "-c", "make")
TEST = ("/bin/sh", "-c", "make test")
QEMU = ("/usr/bin/qemu-aarch64", "/bin/sh")


def sample(command: tuple[str, ...], began: float, ended: float) -> Sample:
    return Sample(command, began, ended, ended - began, 1000)


def test_a_sample_goes_to_the_step_whose_command_ran_then() -> None:
    make, test = sample(MAKE, 10.1, 14.9), sample(TEST, 15.1, 19.9)
    runs = {"a": Executed(MAKE, 10, 15), "b": Executed(TEST, 15, 20)}
    assert matched([test, make], runs) == {"a": make, "b": test}


@pytest.mark.parametrize(
    "other",
    [
        sample(TEST, 10.1, 14.9),
        sample(MAKE, 2.0, 6.0),
        sample(MAKE, 9.0, 14.0),
        sample(MAKE, 12.0, 17.0),
        sample((), 10.1, 14.9),
    ],
    ids=["another command", "before", "began before", "ended after", "no command"],
)
def test_a_sample_that_need_not_be_the_steps_is_not_taken(other: Sample) -> None:
    assert matched([other], {"a": Executed(MAKE, 10, 15)}) == {}


def test_two_samples_that_fit_one_step_are_nobodys() -> None:
    assert matched([sample(MAKE, 10.1, 12), sample(MAKE, 11, 14)], {"a": Executed(MAKE, 10, 15)}) == {}


def test_a_sample_that_fits_two_steps_is_nobodys() -> None:
    runs = {"a": Executed(MAKE, 10, 15), "b": Executed(MAKE, 10, 16)}
    assert matched([sample(MAKE, 10.1, 14.9)], runs) == {}


def test_equal_commands_one_after_the_other_are_told_apart_by_their_time() -> None:
    first, second = sample(MAKE, 10.1, 14.9), sample(MAKE, 20.1, 24.9)
    runs = {"a": Executed(MAKE, 10, 15), "b": Executed(MAKE, 20, 25)}
    assert matched([first, second], runs) == {"a": first, "b": second}


def test_the_same_command_on_two_platforms_is_told_apart_by_the_emulator() -> None:
    native, emulated = sample(MAKE, 10.1, 12), sample(QEMU + MAKE, 10.1, 30)
    runs = {"amd64": Executed(MAKE, 10, 31, emulated=False), "arm64": Executed(MAKE, 10, 31, emulated=True)}
    assert matched([native, emulated], runs) == {"amd64": native, "arm64": emulated}


@pytest.mark.parametrize("front", [QEMU, ("/usr/bin/qemu-aarch64-static",)], ids=["with flag P", "without"])
def test_an_emulator_in_front_of_the_command_is_no_part_of_it(front: tuple[str, ...]) -> None:
    one = sample(front + MAKE, 10.1, 12)
    assert matched([one], {"a": Executed(MAKE, 10, 15)}) == {"a": one}


@pytest.mark.parametrize(
    "shown",
    [
        ("pip", "install", "-r", "my file"),
        ("/usr/local/bin/python3.11", "/usr/local/bin/pip", "install", "-r", "my file"),
        ("/usr/bin/qemu-aarch64", "/usr/bin/python3", "/usr/local/bin/pip", "install", "-r", "my file"),
    ],
    ids=["program", "script", "emulated script"],
)
def test_a_shell_that_replaced_itself_by_its_one_command_is_still_the_steps(shown: tuple[str, ...]) -> None:
    one = sample(shown, 10.1, 12)
    assert matched([one], {"a": Executed(("/bin/bash", "-c", "pip install -r 'my file'"), 10, 15)}) == {"a": one}


@pytest.mark.parametrize("script", ["pip install", "cd /x && pip install -r y", "echo 'open", "$TOOL install -r y", ""])
def test_a_process_that_is_not_the_whole_script_is_not_the_steps(script: str) -> None:
    one = sample(("pip", "install", "-r", "y"), 10.1, 12)
    assert matched([one], {"a": Executed(("/bin/bash", "-c", script), 10, 15)}) == {}


COMMANDS = st.sampled_from([MAKE, TEST, QEMU + MAKE, ("make",), ()])
TIMES = st.tuples(st.integers(0, 9), st.integers(0, 9)).map(sorted)


@given(
    st.lists(st.tuples(COMMANDS, TIMES), max_size=6),
    st.lists(st.tuples(st.sampled_from([MAKE, TEST]), TIMES, st.sampled_from([None, True, False])), max_size=4),
)
def test_no_sample_is_given_twice_and_none_lies_outside_of_its_step(
    samples: list[tuple[tuple[str, ...], list[int]]], runs: list[tuple[tuple[str, ...], list[int], bool | None]]
) -> None:
    executed = {
        str(number): Executed(command, *times, emulated) for number, (command, times, emulated) in enumerate(runs)
    }
    found = matched([sample(command, *times) for command, times in samples], executed)
    assert len({id(one) for one in found.values()}) == len(found)
    assert all(
        executed[vertex].began - 0.1 <= one.began <= one.ended <= executed[vertex].ended + 0.1
        for vertex, one in found.items()
    )
