"""Which records of the build cache a bench takes for its own, and removes, on an engine that others use too."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from tests.docker.engine import Engine

from layerwise.builder.drive.command_line import parse
from layerwise.builder.drive.flags import BUILDX
from layerwise.builder.redact import Redactor
from layerwise.builder.usage import CacheItem, read_usage
from layerwise.prove.bench.builds import Builds
from layerwise.prove.bench.docker_engine import DockerEngine
from layerwise.prove.bench.engine import Order
from layerwise.prove.bench.journal import writing
from layerwise.recording.timed import Label
from layerwise.store import open_store

LABEL = Label(project="shop", dockerfile="Dockerfile", context=".", commit="", bench="", scenario="")


@dataclass(frozen=True)
class Place:
    """A directory that is built, and the builds of a bench of it."""

    engine: Engine
    context: Path
    builds: Builds

    def fresh(self) -> str:
        """Put a file of its own into the context, and return its name, which no record has yet."""
        token = f"t{uuid4().hex[:10]}"
        (self.context / token).write_text(token)
        return token

    def build(self, dockerfile: str, archive: Path | None = None) -> None:
        """Build as a bench does: in its scope, into the cache alone or into an archive."""
        path = self.context / "Dockerfile"
        path.write_text(dockerfile)
        order = Order(
            context=self.context, dockerfile=path, platform="linux/amd64", scope=self.builds.scope(), archive=archive
        )
        self.builds.build(order, "the file", "before", needed=True)

    def records(self, text: str) -> list[CacheItem]:
        """Return the records of the cache that have a text in what they say of themselves."""
        items = read_usage(self.engine.docker("buildx", "du", "--format", "json"))
        return [item for item in items if text in item.description]


@pytest.fixture
def place(engine: Engine, tmp_path: Path) -> Iterator[Place]:
    context = tmp_path / "context"
    context.mkdir()
    store = open_store(f"sqlite:///{tmp_path}/builds.db")
    docker = DockerEngine(engine.environment, parse(["--network=host"], BUILDX), store, Redactor(b"key"), LABEL)
    with writing(tmp_path / "journal") as journal:
        yield Place(engine, context, Builds(docker, journal, uuid4().hex[:10], lambda _: None))


def test_a_record_that_the_engine_calls_otherwise_once_it_is_exported_is_removed_all_the_same(place, tmp_path):
    tokens = [place.fresh()]
    while not is_renamed(place, tokens[-1], tmp_path / "image.tar"):
        assert len(tokens) < 5, "this engine keeps the ids, so that there is nothing to hold here"
        tokens.append(place.fresh())
    assert place.builds.clean() == ()
    assert [record for token in tokens for record in place.records(token)] == []


def is_renamed(place: Place, token: str, archive: Path) -> bool:
    """Build and export a step; return whether its record has another id then, as it may have got before as well."""
    dockerfile = f"FROM scratch\nCOPY {token} /\n"
    place.build(dockerfile)
    place.builds.looked()
    (before,) = place.records(token)
    place.build(dockerfile, archive=archive)
    (after,) = place.records(token)
    return before.id != after.id
