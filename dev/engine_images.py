"""Base images in the local registry, made when they are missing.

Each platform is built and pushed on its own, under a tag that names the platform and the digest of its recipe; the
names that Dockerfiles use are indexes over those tags.
"""

import http.client
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from engine_place import Place
from engine_process import Process
from engine_recipes import SUITE, Recipe, debian, native, on_top_of
from engine_root import mmdebstrap, mmdebstrap_environment
from engine_space import entering
from engine_talk import run, step

_IMAGES = (f"debian-{SUITE}-slim", "python-3.11-slim", "python-3.12-slim", "node-20")
BASES = frozenset(image.partition("-")[0] for image in _IMAGES)  # their repositories


@dataclass(frozen=True, slots=True)
class Registry:
    """The local registry, by its port on 127.0.0.1."""

    port: int

    def name(self, repository: str, tag: str) -> str:
        """The full name of an image."""
        return f"localhost:{self.port}/{repository}:{tag}"

    def holds(self, repository: str, tag: str) -> bool:
        """Whether the tag is there."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        kinds = ("image.index.v1", "image.manifest.v1")
        accept = [f"application/vnd.oci.{kind}+json" for kind in kinds]
        accept += [f"application/vnd.docker.distribution.manifest{kind}.v2+json" for kind in ("", ".list")]
        try:
            connection.request("HEAD", f"/v2/{repository}/manifests/{tag}", headers={"Accept": ", ".join(accept)})
            return connection.getresponse().status == http.client.OK
        finally:
            connection.close()


def ensure_native_file_system(place: Place) -> Path:
    """Make the base image's file system for this machine's architecture, on the host, unless it was made before."""
    return _ensure_file_system(place, native(), lambda argv: argv, f"made Debian {SUITE} for {native()}")


def ensure_foreign_file_system(place: Place, holder: Process, architecture: str) -> Path:
    """The same for an architecture that is emulated: inside the engine, whose mmdebstrap knows the interpreter."""
    what = f"made Debian {SUITE} for {architecture}, emulated"
    return _ensure_file_system(place, architecture, lambda argv: entering(holder, argv), what)


def _ensure_file_system(place: Place, architecture: str, where: Callable[[list[str]], list[str]], what: str) -> Path:
    archive = place.base / f"{SUITE}-{architecture}.tar"
    if not archive.exists():
        with step(what):
            fresh = archive.with_name("new-" + archive.name)
            make = mmdebstrap(SUITE, "minbase", ("ca-certificates",), fresh, f"--architectures={architecture}")
            run(where(make), place.log(f"base-{architecture}"), env=mmdebstrap_environment(place))
            fresh.replace(archive)
    return archive


def ensure_images(place: Place, port: int, archive: Path, architecture: str, client: Mapping[str, str]) -> None:
    """Make the images that are missing for one architecture, whose file system is in `archive`."""
    registry = Registry(port)
    base = debian(place, archive, architecture)
    for recipe in (base, *on_top_of(registry.name(base.repository, base.own_tag), architecture)):
        if not registry.holds(recipe.repository, recipe.own_tag):
            with step(f"made {recipe.repository}:{recipe.tags[0]} for {architecture} ({recipe.origin})"):
                _make(place, registry, recipe, client)
                _name(place, registry, recipe, client)


def architectures(place: Place) -> tuple[str, ...]:
    """Those that every base image was made for."""
    made = [{path.name.rpartition("-")[2] for path in place.base.glob(f"{image}-*")} for image in _IMAGES]
    return tuple(sorted(set.intersection(*made)))


def _make(place: Place, registry: Registry, recipe: Recipe, client: Mapping[str, str]) -> None:
    name = registry.name(recipe.repository, recipe.own_tag)
    contexts = [f"--build-context={key}={path}" for key, path in recipe.contexts.items()]
    flags = ["--progress=plain", "--provenance=false", "--network=host", "--push", f"--tag={name}"]
    meaning = [f"--label=layerwise.stand-in={recipe.origin}", f"--platform=linux/{recipe.architecture}"]
    context = recipe.context or _empty(place)
    log = place.log(f"image-{recipe.repository}-{recipe.tags[0]}-{recipe.architecture}")
    build = [str(place.docker), "buildx", "build", *flags, *meaning, *contexts, "--file=-", str(context)]
    run(build, log, env=client, stdin=recipe.dockerfile)


def _name(place: Place, registry: Registry, recipe: Recipe, client: Mapping[str, str]) -> None:
    # the index keeps the platforms made earlier: each one's own tag is remembered in a file
    remembered = place.base / f"{recipe.repository}-{recipe.tags[0]}-{recipe.architecture}"
    remembered.write_text(recipe.own_tag)
    parts = sorted(place.base.glob(f"{recipe.repository}-{recipe.tags[0]}-*"))
    sources = [registry.name(recipe.repository, part.read_text()) for part in parts]
    names = [f"--tag={registry.name(recipe.repository, tag)}" for tag in recipe.tags]
    log = place.log(f"name-{recipe.repository}-{recipe.tags[0]}")
    run([str(place.docker), "buildx", "imagetools", "create", *names, *sources], log, env=client)


def _empty(place: Place) -> Path:
    directory = place.top / "tmp" / "empty"
    directory.mkdir(parents=True, exist_ok=True)
    return directory
