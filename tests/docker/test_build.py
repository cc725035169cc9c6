"""`layerwise build` on a real engine and its registry, as a user calls it."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from tests.docker.engine import Engine

from layerwise.builder.drive.flags import BUILDX, SHOWN, read_help
from layerwise.oci.access import Access
from layerwise.oci.reference import parse_reference
from layerwise.oci.registry import Client
from layerwise.records import BuildRecord, Ending
from layerwise.store import open_store

BOTH = "linux/amd64,linux/arm64"
DOCKERFILE = """FROM BASE AS made
RUN sleep 1; echo made > /made
FROM BASE
COPY --from=made /made /made
COPY file /file
CMD ["/bin/sh"]
"""


@dataclass(frozen=True)
class User:
    """Somebody in a directory with a Dockerfile."""

    engine: Engine
    directory: Path
    scope: str

    @property
    def image(self) -> str:
        return f"{self.engine.registry}/layerwise-test/{self.scope}"

    @property
    def environment(self) -> Mapping[str, str]:
        return {
            **self.engine.environment,
            "LAYERWISE_STORE": self.store,
            "XDG_STATE_HOME": str(self.directory / "state"),
            "XDG_CACHE_HOME": str(self.directory / "cache"),
        }

    @property
    def store(self) -> str:
        return f"sqlite:///{self.directory / 'builds.db'}"

    def command(self, *words: str) -> list[str]:
        scoped = [self.engine.network, f"--add-host={self.scope}.layerwise.invalid:127.0.0.1"]
        return [sys.executable, "-m", "layerwise.cli", "build", *scoped, *words, "."]

    def build(self, *words: str, code: int = 0) -> str:
        done = subprocess.run(
            self.command(*words),
            cwd=self.directory / "shop",
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stderr
        return done.stderr

    def newest(self) -> BuildRecord:
        with open_store(self.store) as store:
            return store.find("^", None)

    def names(self, tag: str) -> str | None:
        """The digest that a tag names."""
        reference = parse_reference(f"{self.image}:{tag}")
        return Client(Access()).repository(reference).digest(tag)


@pytest.fixture
def user(engine: Engine, tmp_path: Path) -> Iterator[User]:
    made = User(engine, tmp_path.resolve(), uuid4().hex[:12])
    shop = made.directory / "shop"
    shop.mkdir()
    (shop / "Dockerfile").write_text(DOCKERFILE.replace("BASE", engine.image("debian:bookworm-slim")))
    (shop / "file").write_text("one\n")
    yield made
    images = engine.docker("image", "ls", "--format={{.Repository}}:{{.Tag}}").split()
    if mine := [image for image in images if made.scope in image]:
        engine.docker("image", "rm", "--force", *mine)


@pytest.fixture
def registry(user: User) -> None:
    if not user.engine.registry:
        pytest.skip("the engine has no registry of its own")
    if "linux/arm64" not in user.engine.platforms:
        pytest.skip("no arm64 images here")


def test_the_table_of_flags_is_that_of_the_buildx_that_is_here(engine):
    there = read_help(engine.docker("buildx", "build", "--help"))
    assert there.values & BUILDX.switches == there.switches & BUILDX.values == frozenset()
    assert there.letters.items() <= BUILDX.letters.items()
    if "v0.29" in engine.docker("buildx", "version"):
        assert there == SHOWN


def test_one_platform_is_built_as_buildx_does_and_recorded(user):
    err = user.build("-t", f"layerwise-test/{user.scope}")
    assert "] RUN sleep 1" in err
    record = user.newest()
    assert record.ending is Ending.COMPLETED
    assert {step.line for step in record.steps} == {1, 2, 3, 4, 5}
    with open_store(user.store) as store:
        inputs = store.inputs(record.id)
        assert inputs is not None
        assert {step.key for step in inputs.steps if step.key} == {step.key for step in record.steps}
    assert f"layerwise-test/{user.scope}" in user.engine.docker("image", "ls")
    user.build("-t", f"layerwise-test/{user.scope}")
    assert user.newest().change.kind == "unchanged"


def test_a_failed_build_says_which_line(user):
    dockerfile = user.directory / "shop" / "Dockerfile"
    dockerfile.write_text(dockerfile.read_text() + "RUN echo told; exit 7\n")
    err = user.build("-o", "type=cacheonly", code=3)
    assert "failed at Dockerfile:7: RUN echo told; exit 7" in err
    assert "  | told" in err
    assert user.newest().ending is Ending.FAILED


@pytest.mark.usefixtures("registry")
def test_two_platforms_are_pushed_and_an_unchanged_build_moves_nothing(user):
    options = ("--platform", BOTH, "-t", f"{user.image}:1", "-t", f"{user.image}:2", "--push", "--cache", "registry")
    metadata = user.directory / "m.json"
    user.build(*options, "--metadata-file", str(metadata))
    first = user.names("1")
    assert first is not None
    assert first == user.names("2") == json.loads(metadata.read_text())["containerimage.digest"]
    record = user.newest()
    assert record.platforms == ("linux/amd64", "linux/arm64")
    assert {move.result for move in record.tags} == {"moved"}
    assert {one.kind for one in record.overheads} >= {"cache-import", "cache-export", "push", "export"}
    err = user.build(*options)
    assert err.count("names these images already") == 2
    assert (user.names("1"), user.names("2")) == (first, first)
    assert {move.result for move in user.newest().tags} == {"unchanged"}
    shown = subprocess.run(
        [sys.executable, "-m", "layerwise.cli", "cache", "inspect", user.image, "--format", "json"],
        env=user.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    caches = json.loads(shown.stdout)["caches"]
    assert sorted(cache["platform"] for cache in caches) == ["linux-amd64", "linux-arm64"]
    assert all(cache["importable"] and cache["records"] for cache in caches)


@pytest.mark.usefixtures("registry")
def test_an_interrupt_cancels_both_platforms_and_moves_no_tag(user):
    dockerfile = user.directory / "shop" / "Dockerfile"
    dockerfile.write_text(dockerfile.read_text() + f"RUN echo {user.scope} has begun; sleep 120\n")
    command = user.command("--platform", BOTH, "-t", f"{user.image}:1", "--push")
    begun: set[str] = set()
    with subprocess.Popen(
        command, cwd=user.directory / "shop", env=user.environment, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.rstrip().endswith(f"{user.scope} has begun"):
                begun.add(line.split()[0])
            if len(begun) == 2:
                break
        process.send_signal(signal.SIGINT)
        err = process.stderr.read()
    assert process.returncode == 130
    assert "layerwise: interrupted: no tag has moved" in err
    assert user.names("1") is None
    assert user.newest().ending is Ending.CANCELLED


def test_a_docker_context_is_a_node(user):
    if not user.engine.docker_host.startswith("unix://"):
        pytest.skip("the engine is not on this machine")
    config = user.directory / "docker"
    config.mkdir()
    plugins = Path(user.engine.environment.get("DOCKER_CONFIG") or Path.home() / ".docker") / "cli-plugins"
    if plugins.is_dir():
        (config / "cli-plugins").symlink_to(plugins)
    environment = {**user.environment, "DOCKER_CONFIG": str(config)}
    context = ["docker", "context", "create", "box", "--docker", f"host={user.engine.docker_host}"]
    subprocess.run(context, env=environment, check=True, capture_output=True)
    command = user.command("--platform", "linux/amd64", "--node", "linux/amd64=box", "-o", "type=cacheonly")
    done = subprocess.run(
        command, cwd=user.directory / "shop", env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    record = user.newest()
    assert (record.builder, record.ending) == ("box", Ending.COMPLETED)
