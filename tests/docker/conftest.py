"""The engine for the tests of this folder; each of them is marked `engine`."""

from collections.abc import Iterable
from pathlib import Path

import pytest
from tests.docker.engine import Engine, engine_that_is_up


def pytest_collection_modifyitems(items: Iterable[pytest.Item]) -> None:
    """Mark what stands here, so that `-m "not engine"` leaves it out."""
    for item in items:
        if Path(__file__).parent in item.path.parents and "engine" in getattr(item, "fixturenames", ()):
            item.add_marker("engine")


@pytest.fixture(scope="session")
def engine() -> Engine:
    """The Docker engine that is up; tests that need it are skipped, with the reason, where there is none."""
    found = engine_that_is_up()
    if isinstance(found, str):
        pytest.skip(found)
    return found
