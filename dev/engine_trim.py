"""Gives back the disk that builds and pushes have taken: all but the base images and the stand-ins goes.

The order matters: an image holds layers that the build cache shares with it, and a repository holds blobs.
"""

import shutil
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from engine_daemon import answers, ensure_registry, registry_settings, stop_registry
from engine_images import BASES
from engine_place import Node, Place
from engine_process import Process, wait_until
from engine_space import clean_environment, entering
from engine_talk import EngineUnavailableError, run, say

_STAND_INS = "layerwise-stand-in/"


def is_kept(repository: str) -> bool:
    """Whether a repository, named without its registry, is one of bases or stand-ins."""
    return repository in BASES or repository.startswith(_STAND_INS)


def trim_node(place: Place, node: Node, port: int, environment: Mapping[str, str]) -> int:
    """Remove a node's images but those that are kept, and its build cache; gives the bytes given back, 0 if it is down.

    Raises:
        EngineUnavailableError: The engine does not do it.
    """
    if not answers(node.socket):
        return 0
    with_node = {**environment, "DOCKER_HOST": node.docker_host}
    before = bytes_in(node.data)
    listing = [str(place.docker), "image", "ls", "--digests", "--no-trunc"]
    listing.append("--format={{.Repository}} {{.Tag}} {{.Digest}} {{.ID}}")
    shown = subprocess.run(listing, check=False, env=with_node, capture_output=True, text=True)
    if shown.returncode:
        raise EngineUnavailableError(f"the images of the {node.name} node cannot be listed: {shown.stderr.strip()}")
    for name in unkept(shown.stdout.splitlines(), port):
        done = subprocess.run([str(place.docker), "image", "rm", name], check=False, env=with_node, capture_output=True)
        if done.returncode:  # a container uses it, say; that is no reason to leave the others
            say(f"{name} stays: {done.stderr.decode().strip()}")
    log = place.log(f"trim-{node.name}")
    prune = [str(place.docker), "buildx", "prune", "--builder=default", "--all", "--force"]
    run(prune, log, env=with_node)
    _settle(node.data)
    return before - bytes_in(node.data)


def _settle(directory: Path) -> None:
    # containerd removes what nothing names any more a moment later
    sizes = [bytes_in(directory)]

    def same() -> bool:
        time.sleep(1)
        sizes.append(bytes_in(directory))
        return sizes[-1] == sizes[-2]

    wait_until(same, seconds=30)


def unkept(listed: Iterable[str], port: int) -> Iterator[str]:
    """The names by which to remove images, from lines of repository, tag, digest and id."""
    for line in listed:
        repository, tag, digest, image = line.split()
        if is_kept(repository.removeprefix(f"localhost:{port}/")):
            continue
        if tag != "<none>":
            yield f"{repository}:{tag}"
        else:
            yield image if repository == "<none>" else f"{repository}@{digest}"


def trim_registry(place: Place, holder: Process, port: int) -> int:
    """Remove repositories but those that are kept, then the blobs that none names; gives the bytes given back.

    The registry is stopped meanwhile: a push would lose blobs, and what a registry has seen it takes for there.

    Raises:
        EngineUnavailableError: The registry does not collect them, or does not come back.
    """
    before = bytes_in(place.registry)
    stop_registry(place)
    try:
        forget_repositories(place.registry)
        # not --delete-untagged: to it the platforms of an index are untagged too
        collect = ["docker-registry", "garbage-collect", str(registry_settings(place))]
        run(entering(holder, collect), place.log("trim-registry"), env=clean_environment())
    finally:
        ensure_registry(place, holder, port)
    return before - bytes_in(place.registry)


def forget_repositories(storage: Path) -> tuple[str, ...]:
    """Remove from a registry's storage each repository that is not kept; gives their names."""
    top = storage / "docker" / "registry" / "v2" / "repositories"
    # a name begins with a letter or digit, so what begins with _ is the repository itself
    found = {str(part.parent.relative_to(top)) for part in _parts(top)}
    gone = tuple(sorted(name for name in found if not is_kept(name)))
    for name in gone:
        for part in (top / name).glob("_*"):
            shutil.rmtree(part)
        directory = top / name
        while directory != top and not any(directory.iterdir()):
            directory.rmdir()
            directory = directory.parent
    return gone


def _parts(directory: Path) -> Iterator[Path]:
    for path in directory.iterdir() if directory.is_dir() else ():
        if path.name.startswith("_"):
            yield path
        else:
            yield from _parts(path)


def bytes_in(directory: Path) -> int:
    """The bytes that a directory takes on the disk; a file that several layers share counts once."""
    shown = subprocess.run(["du", "-sx", "-B1", str(directory)], check=False, capture_output=True, text=True).stdout
    return int(shown.split()[0]) if shown else 0
