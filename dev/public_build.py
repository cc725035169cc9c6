"""Builds a Dockerfile of a public repository and compares images."""

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from dev.montage_stand_ins import Engine
from dev.public_repositories import StandIn, Subject

from layerwise.builder.isolation import Scope
from layerwise.oci.places import read_images
from layerwise.prove.verdict import Standing
from layerwise.prove.verify import verify

RECIPES = Path(__file__).with_name("standins")
PLATFORM = "linux/amd64"
_ENGINE_BASES = ("debian:bookworm-slim", "node:20-slim", "python:3.11-slim", "python:3.12-slim")


class BuildFailed(Exception):
    """Something does not build; the message is the end of what docker said."""


def fresh_scope() -> str:
    """Name a cache scope that no build has used."""
    return uuid.uuid4().hex[:12]


@dataclass(frozen=True, slots=True)
class Variant:
    """A Dockerfile to be built from a context of its own, in a cache scope of its own.

    Attributes:
        name: What it is called.
        dockerfile: Its path.
        root: A copy of the repository.
        options: Of ``docker buildx build``.
        scope: Names the cache scope.
    """

    name: str
    dockerfile: Path
    root: Path
    options: tuple[str, ...]
    scope: str = field(default_factory=fresh_scope)

    @property
    def isolation(self) -> tuple[str, ...]:
        """What keeps every RUN apart from those of other scopes; the engine's cache is neither used nor pruned."""
        return ("--network=host", *Scope(self.scope).options())


def options_of(subject: Subject, bases: Mapping[str, str]) -> tuple[str, ...]:
    """What layerwise and docker buildx build are told of a Dockerfile, but its context."""
    target = (f"--target={subject.target}",) if subject.target else ()
    arguments = (f"--build-arg={name}={value}" for name, value in subject.arguments.items())
    contexts = (f"--build-context={name}=docker-image://{bases[base]}" for name, base in subject.bases.items())
    return (f"--platform={PLATFORM}", *target, *arguments, *contexts)


def seconds_of_build(variant: Variant, context: str, output: str = "--output=type=cacheonly") -> float:
    """Build it and give the wall seconds.

    Raises:
        BuildFailed: It does not build.
    """
    os.sync()  # what the build before left for the disk to write is not this one's
    start = time.monotonic()
    _docker(
        *("buildx", "build", "--progress=plain", "--provenance=false", f"--file={variant.dockerfile}"),
        *(*variant.options, *variant.isolation, output, str(variant.root / context)),
    )
    return time.monotonic() - start


@contextmanager
def archive(variant: Variant, context: str, directory: Path) -> Iterator[Path]:
    """Export its image to an archive for as long as it is looked at."""
    made = directory / f"{variant.name}-{variant.scope}.tar"
    seconds_of_build(variant, context, f"--output=type=oci,dest={made}")
    try:
        yield made
    finally:
        made.unlink()


@dataclass(frozen=True, slots=True)
class Compared:
    """What a comparison of two images gave.

    Attributes:
        real: Where they really differ, and in what.
        noise: How many differences the noise policy excuses.
        paths: How many paths both have together; None where all layers are the same.
    """

    real: tuple[str, ...]
    noise: int
    paths: int | None


def compared(left: Variant, right: Variant, context: str, directory: Path) -> Compared:
    """Compare the images of two variants."""
    with archive(left, context, directory) as one, archive(right, context, directory) as other:
        verdict = verify(*(read_images(f"oci-archive:{image}") for image in (one, other)))
    (platform,) = verdict.platforms
    real = sorted(f"{one.difference.where}: {one.difference.facet.value}" for one in platform.standing(Standing.REAL))
    return Compared(tuple(real), len(platform.standing(Standing.NOISE)), platform.paths)


def base_images(engine: Engine, stand_ins: Mapping[str, StandIn], wanted: set[str]) -> Mapping[str, str]:
    """Return the full name of each base by the name that dev/public.toml gives it; makes those that are missing."""
    names = {base: engine.image(base) for base in wanted if base not in stand_ins}
    return names | {base: _made(engine, stand_ins[base]) for base in sorted(wanted & set(stand_ins))}


def remove(engine: Engine, names: Mapping[str, str], stand_ins: Mapping[str, StandIn]) -> None:
    """Remove the stand-ins from an engine's store; a registry keeps them."""
    for base in names if engine.registry is None else ():
        if base in stand_ins:
            subprocess.run(["docker", "image", "rm", names[base]], check=False, capture_output=True)


def _made(engine: Engine, stand_in: StandIn) -> str:
    name = engine.image(f"layerwise-stand-in/{stand_in.name}:1")
    print(f"the stand-in {stand_in.name}", file=sys.stderr, flush=True)
    arguments = [f"--build-arg={key}={value}" for key, value in stand_in.arguments.items()]
    output = "--push" if engine.registry else "--load"
    flags = ["--provenance=false", "--network=host", f"--platform={PLATFORM}", f"--tag={name}", output]
    _docker("buildx", "build", *flags, *arguments, *_engine_contexts(engine), str(RECIPES / stand_in.recipe))
    return name


def _engine_contexts(engine: Engine) -> Iterator[str]:
    for base in _ENGINE_BASES if engine.registry else ():
        yield f"--build-context={base}=docker-image://{engine.image(base)}"


def _docker(*arguments: str) -> None:
    done = subprocess.run(["docker", *arguments], check=False, capture_output=True, text=True)
    if done.returncode:
        raise BuildFailed(done.stderr[-3000:])
