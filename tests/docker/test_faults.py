"""Two rows of the table in docs/faults.md; all of it is `python -m tests.docker.faults`."""

import pytest
from tests.docker.faults.rows import Here, killed_client_row, pusher_rows


@pytest.fixture
def here(engine, tmp_path):
    if not engine.registry:
        pytest.skip("the engine that is up has no registry of its own to push to")
    return Here(engine, tmp_path, tmp_path)


def test_a_client_that_is_killed_while_a_step_runs_moves_no_tag(here):
    row = killed_client_row(here)
    assert (row.code, row.named, row.kept) == ("SIGKILL", "the old image, whole", "nothing")


def test_of_two_who_push_one_tag_at_once_one_wins_and_both_are_recorded(here):
    (row,) = pusher_rows(here)
    assert (row.code, row.kept) == ("0", "completed")
