"""What a builder can't do that a build asks of it, before anything is started, each with the command that mends it."""

import re
from collections.abc import Iterator, Sequence

from layerwise.builder.drive.builders import DOCKER, KUBERNETES, Builder
from layerwise.errors import BuilderError

_CONTAINERD = (
    'turn it on in /etc/docker/daemon.json, {"features": {"containerd-snapshotter": true}}, and restart docker, or use '
    "another builder: `docker buildx create --use --driver docker-container`"
)


def require(builder: Builder, platforms: Sequence[str], cache: str, *, several: bool) -> None:
    """Refuse what a builder can't do.

    Args:
        builder: As it describes itself.
        platforms: Those on which something must run and which it does not build for.
        cache: The kind of cache to import and export, "" for none.
        several: Whether it is to make one image of several platforms.

    Raises:
        BuilderError: The first thing that it can't do.
    """
    for problem in problems(builder, platforms, cache, several=several):
        raise BuilderError(problem)


def problems(builder: Builder, platforms: Sequence[str], cache: str, *, several: bool) -> Iterator[str]:
    """Yield what a builder can't do of what ``require`` describes, a sentence each."""
    for node in builder.nodes:
        if node.error:
            yield f"builder {builder.name}: node {node.name or '?'} does not answer ({node.error}): `docker buildx ls`"
    if not builder.keeps_manifests:
        if cache:
            yield (
                f"builder {builder.name}: the docker driver keeps no {cache} cache without the containerd image store; "
                f"{_CONTAINERD}"
            )
        if several:
            yield (
                f"builder {builder.name}: the docker driver makes no image of several platforms without the containerd "
                f"image store; {_CONTAINERD}"
            )
    yield from (_foreign(builder, platform) for platform in platforms)


def notes(builder: Builder) -> Iterator[str]:
    """Yield what is odd of a builder and forbids nothing, a sentence each."""
    options = " ".join(node.options for node in builder.nodes).replace('"', "")
    replicas = re.search(r"replicas=(\d+)", options)
    if builder.driver == KUBERNETES and replicas and int(replicas[1]) > 1 and "loadbalance=random" in options:
        yield (
            f"builder {builder.name} takes one of {replicas[1]} pods at random, each with a build cache of its own; "
            "one made with `--driver-opt loadbalance=sticky` keeps to a pod"
        )


def builds(builder: Builder, platform: str) -> bool:
    """Whether a builder builds for a platform, as far as it says; one that does not run does not."""
    above = platform.rpartition("/")[0]  # variants are listed by themselves, and the plain one stands for the others
    return not builder.is_known or platform in builder.platforms or above in builder.platforms


def _foreign(builder: Builder, platform: str) -> str:
    architecture = platform.partition("/")[2].partition("/")[0] or platform
    where = "on this machine" if builder.driver == DOCKER else "where it runs"
    return (
        f"builder {builder.name} does not build for {platform} (it does for {', '.join(builder.platforms)}): install "
        f"emulation {where}, `docker run --privileged --rm tonistiigi/binfmt --install {architecture}`, or name a "
        f"native node, `--node {platform}=CONTEXT`"
    )
