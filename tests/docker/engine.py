"""The Docker engine of the tests, and a build on it that tells which steps ran."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dev.programs import engine_environment
from tests.docker.rawjson import Outcome, Vertex, read

from layerwise.oci.places import read_images
from layerwise.prove.verdict import Verdict
from layerwise.prove.verify import verify


class BuildFailed(Exception):
    """A build of a test did not succeed; the message ends with what buildx wrote last."""


@dataclass(frozen=True, slots=True)
class Build:
    """A finished build: every vertex, whatever became of it."""

    vertices: tuple[Vertex, ...]

    @property
    def steps(self) -> tuple[Vertex, ...]:
        """The vertices that instructions made."""
        return tuple(vertex for vertex in self.vertices if vertex.is_step)

    @property
    def executed(self) -> tuple[str, ...]:
        """The instructions whose steps ran."""
        return tuple(step.instruction for step in self.steps if step.outcome is Outcome.EXECUTED)

    @property
    def cached(self) -> tuple[str, ...]:
        """The instructions whose steps were taken from the build cache."""
        return tuple(step.instruction for step in self.steps if step.outcome is Outcome.CACHED)


@dataclass(frozen=True, slots=True)
class Engine:
    """A Docker engine that answers; `environment` is complete, for subprocess."""

    docker_host: str
    environment: Mapping[str, str]
    registry: str  # "localhost:PORT", "" where the engine's own registries serve the base images
    host_loopback: str  # the address at which a build step reaches the 127.0.0.1 of the tests
    platforms: tuple[str, ...]  # those that the base images are there for
    network: str = "--network=host"

    def image(self, name: str) -> str:
        """The full name of a base image, for FROM: `python:3.12-slim`, `node:20`, `debian:bookworm-slim`."""
        return f"{self.registry}/{name}" if self.registry else name

    def docker(self, *arguments: str) -> str:
        """Run a docker command to its end and give its standard output."""
        done = subprocess.run(["docker", *arguments], env=self.environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise BuildFailed(f"docker {' '.join(arguments)}\n{done.stderr}")
        return done.stdout

    def build(
        self,
        context: Path,
        *,
        dockerfile: str | Path | None = None,
        platform: str | Sequence[str] = (),
        args: Mapping[str, str] | None = None,
        output: str = "type=cacheonly",
        extra: Sequence[str] = (),
    ) -> Build:
        """Build `context`; a `dockerfile` given as text is not written into it.

        Raises:
            BuildFailed: buildx ended with another code than 0.
        """
        platforms = [platform] if isinstance(platform, str) else list(platform)
        options = [self.network, f"--output={output}", *(f"--platform={','.join(platforms)}" for _ in platforms[:1])]
        options += [f"--build-arg={name}={value}" for name, value in (args or {}).items()]
        if dockerfile is not None:
            options.append(f"--file={'-' if isinstance(dockerfile, str) else dockerfile}")
        done = subprocess.run(
            ["docker", "buildx", "build", "--progress=rawjson", *options, *extra, str(context)],
            env=self.environment,
            input=dockerfile if isinstance(dockerfile, str) else "",
            capture_output=True,
            text=True,
            check=False,
        )
        lines = done.stderr.splitlines()
        if done.returncode:
            raise BuildFailed("\n".join(line for line in lines if not line.startswith("{")))
        return Build(read(lines))


def verified(engine: Engine, context: Path, written: str, rewritten: str, directory: Path) -> Verdict:
    """Build a Dockerfile and its rewrite and let `layerwise.prove.verify` judge the images, which it needs to read.

    Every rewrite that a test builds is judged here.
    """
    archives = [directory / f"{side}.tar" for side in ("written", "rewritten")]
    for archive, dockerfile in zip(archives, (written, rewritten), strict=True):
        engine.build(context, dockerfile=dockerfile, output=f"type=oci,dest={archive}")
    verdict = verify(*(read_images(f"oci-archive:{archive}") for archive in archives))
    assert all(platform.paths is not None for platform in verdict.platforms), "the layers are the same: no rewrite"
    return verdict


def engine_that_is_up() -> Engine | str:
    """The engine that `dev/engine` says is up, or its reason why there is none."""
    settings = engine_environment()
    if isinstance(settings, str):
        return settings
    return Engine(
        docker_host=settings.get("DOCKER_HOST", ""),
        environment={**os.environ, **settings},
        registry=settings["LAYERWISE_REGISTRY"],
        host_loopback=settings["LAYERWISE_HOST_LOOPBACK"],
        platforms=tuple(settings["LAYERWISE_PLATFORMS"].split(",")),
    )
