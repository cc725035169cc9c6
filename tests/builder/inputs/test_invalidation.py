"""The table of what makes a step run again, each line of it seen on a real engine, against input manifests."""

from pathlib import Path

import pytest
from tests.builder.inputs.runs import manifest_of, running
from tests.docker.test_invalidation import (
    BETWEEN_STAGES,
    CONTENT,
    COPIES,
    MOUNTS,
    OVERLOOKED,
    UNTOLD,
    VARIABLES,
    WORDING,
    Case,
    Inputs,
    expected,
    put,
)

CASES = (*CONTENT, *VARIABLES, *WORDING, *MOUNTS, *COPIES, *BETWEEN_STAGES, *OVERLOOKED)


def prepared(case: Case, root: Path) -> Inputs:
    root.mkdir()
    for path, text in case.files.items():
        put(root, path, text)
    return Inputs(root, "debian", "scope", case.dockerfile, case.args)


def compared(case: Case, tmp_path: Path) -> set[str]:
    inputs = prepared(case, tmp_path / "context")
    before = manifest_of(inputs, tmp_path / "state")
    return running(before, manifest_of(case.change(inputs), tmp_path / "state"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_steps_that_run_after_a_change_are_those_whose_inputs_differ(case: Case, tmp_path: Path) -> None:
    assert compared(case, tmp_path) == expected(case)


@pytest.mark.parametrize("case", UNTOLD, ids=lambda case: case.name)
def test_what_depends_on_a_stage_that_runs_is_told_by_that_stage(case: Case, tmp_path: Path) -> None:
    assert compared(case, tmp_path) > expected(case)
