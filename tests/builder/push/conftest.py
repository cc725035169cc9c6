from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.builder.push.shop import Shop
from tests.oci.memory import Memory
from tests.oci.server import served

from layerwise.oci.access import Access
from layerwise.oci.registry import Client
from layerwise.oci.transport import Transport


@pytest.fixture
def here() -> Iterator[Shop]:
    """A shop without images."""
    with served(server=Memory()) as one:
        assert isinstance(one, Memory)
        yield Shop(one)


@pytest.fixture
def client(tmp_path: Path) -> Callable[[], Client]:
    """Makes a client that waits for nobody."""

    def made() -> Client:
        access = Access(environment={"DOCKER_CONFIG": str(tmp_path)})
        return Client(access, Transport(access, sleep=lambda _: None))

    return made
