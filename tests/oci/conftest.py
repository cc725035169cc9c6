from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.oci.memory import Memory
from tests.oci.server import Server, served

from layerwise.oci.access import Access
from layerwise.oci.registry import Client
from layerwise.oci.transport import Transport


@pytest.fixture
def server() -> Iterator[Server]:
    with served() as one:
        yield one


@pytest.fixture
def other() -> Iterator[Server]:
    with served() as one:
        yield one


@pytest.fixture
def docker_config(tmp_path: Path) -> Path:
    """Docker's config.json of nobody yet."""
    (tmp_path / "docker").mkdir()
    return tmp_path / "docker/config.json"


@pytest.fixture
def environment(docker_config: Path) -> dict[str, str]:
    return {"DOCKER_CONFIG": str(docker_config.parent)}


@pytest.fixture
def waits() -> list[float]:
    """The seconds that were waited before a further try."""
    return []


@pytest.fixture
def client(environment: dict[str, str], waits: list[float]) -> Callable[..., Client]:
    """Makes a client that waits for nobody."""

    def made(**access: object) -> Client:
        settings = Access(**{"environment": environment, **access})
        return Client(settings, Transport(settings, sleep=waits.append))

    return made


@pytest.fixture
def memory() -> Iterator[Memory]:
    """A registry that keeps what it is given."""
    with served(server=Memory()) as one:
        assert isinstance(one, Memory)
        yield one
