"""What a script of this folder built and pushed under names of its own, and how it goes when the script ends.

The registry keeps blobs until its garbage collection (`dev/engine trim`), which takes those that no manifest names.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from dev.montage_stand_ins import Engine

from layerwise.errors import RegistryError
from layerwise.oci.access import Access
from layerwise.oci.documents import DocumentError, Manifest, decode
from layerwise.oci.origin import Origin
from layerwise.oci.reference import parse_reference
from layerwise.oci.registry import Client
from layerwise.oci.repository import NotThereError


@dataclass(frozen=True, slots=True)
class Leavings:
    """Repositories whose images go.

    Attributes:
        engine: Where they are, besides the store of each engine that runs.
        repositories: Without the registry's name.
        digests: By repository, those that a later push may have taken the tag from.
    """

    engine: Engine
    repositories: tuple[str, ...]
    digests: dict[str, set[str]] = field(default_factory=dict)

    def pushed(self, name: str) -> None:
        """Remember what a tag names now, so that it goes too when a later push takes the tag."""
        reference = parse_reference(self.engine.image(name))
        digest = _client().origin(reference).digest(reference.wanted) if self.engine.registry else None
        if digest:
            self.digests.setdefault(reference.repository, set()).add(digest)

    def remove(self) -> None:
        """Remove all of it; what cannot be removed is said."""
        for repository in self.repositories:
            for host in _hosts():
                for place in {repository, self.engine.image(repository)}:
                    _remove_local(host, place)
            if self.engine.registry:
                try:
                    self._remove_pushed(repository)
                except RegistryError as error:
                    print(f"{repository} stays in the registry: {error}", file=sys.stderr)

    def _remove_pushed(self, repository: str) -> None:
        origin = _client().origin(parse_reference(self.engine.image(repository)))
        digests = {origin.digest(tag) for tag in _tags(origin)} | self.digests.get(repository, set())
        for digest in filter(None, digests):
            for one in (*_platforms(origin, digest), digest):
                origin.delete(one)


@contextmanager
def removed_at_the_end(engine: Engine, *repositories: str) -> Iterator[Leavings]:
    """Let the block build and push images of these repositories; when it ends, in whatever way, they go."""
    leavings = Leavings(engine, repositories)
    try:
        yield leavings
    finally:
        leavings.remove()


def _client() -> Client:
    return Client(Access())


def _hosts() -> list[str]:
    names = ("DOCKER_HOST", "LAYERWISE_SECOND_DOCKER_HOST")
    return [os.environ[name] for name in names if os.environ.get(name)] or [""]


def _remove_local(host: str, repository: str) -> None:
    docker = ["docker", *((f"--host={host}",) if host else ()), "image"]
    listing = [*docker, "ls", "--format={{.Repository}}:{{.Tag}}", repository]
    if names := subprocess.run(listing, check=False, capture_output=True, text=True).stdout.split():
        subprocess.run([*docker, "rm", *names], check=False, capture_output=True)


def _tags(origin: Origin) -> tuple[str, ...]:
    try:
        return tuple(origin.tags())
    except NotThereError:
        return ()


def _platforms(origin: Origin, digest: str) -> tuple[str, ...]:
    """The manifests that an index names; without it the registry would keep each."""
    try:
        return tuple(part.digest for part in decode(origin.manifest(digest).content, Manifest).manifests or ())
    except (NotThereError, DocumentError):
        return ()
