from collections.abc import Iterator
from pathlib import Path

import pytest

from layerwise.store import Store, open_store


class Clock:
    """Seconds since the epoch, as a test sets them."""

    now = 5_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "builds.db"


@pytest.fixture
def store(path: Path, clock: Clock) -> Iterator[Store]:
    with open_store(f"sqlite:///{path}", clock=clock, timeout_s=0.2) as opened:
        yield opened


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, Clock]]:
    """A store, with its clock, that examples of Hypothesis share; each of them empties it first."""
    clock = Clock()
    with open_store(f"sqlite:///{tmp_path_factory.mktemp('shared')}/builds.db", clock=clock) as opened:
        yield opened, clock
