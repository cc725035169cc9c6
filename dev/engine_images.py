"""Base images in the local registry: Debian, and stand-ins for the python and node images.

Registries of images are often out of reach where the private engine is used, so the images are made from Debian's
archive and from what this machine has. Each platform is built and pushed on its own, under a tag that names the
platform and the digest of its recipe; the names that Dockerfiles use are indexes over those tags.
"""

import hashlib
import http.client
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from engine_interpreters import cpython_tree, node_program, npm_tree
from engine_machine import files, variables
from engine_place import Place
from engine_root import debootstrap
from engine_talk import run, step

SUITE = "bookworm"
# Debian's container images throw downloaded packages away after each installation and keep the package lists small and
# compressed; build steps written for them count on that, so the stand-in does the same.
_APT_SETTINGS = {
    "docker-clean": """\
DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true"; };
APT::Update::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true"; };
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
""",
    "docker-gzip-indexes": 'Acquire::GzipIndexes "true";\n',
    "docker-no-languages": 'Acquire::Languages "none";\n',
}
_INSTALL = "RUN apt-get update && apt-get install -y --no-install-recommends {} && rm -rf /var/lib/apt/lists/*\n"
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_CPYTHON_LIBRARIES = (
    "libbz2-1.0 libexpat1 libffi8 liblzma5 libncursesw6 libreadline8 libsqlite3-0 libssl3 libuuid1 netbase tzdata"
)


@dataclass(frozen=True)
class Recipe:
    """How one image is made for one platform."""

    repository: str
    tags: tuple[str, ...]  # the first is its name, the others are aliases
    architecture: str  # as Debian and Docker both call it: amd64, arm64
    dockerfile: str
    origin: str  # what the content really is; becomes a label
    contexts: Mapping[str, Path] = field(default_factory=dict)  # by the name that COPY --from gives
    context: Path | None = None  # None: the build needs no files but those

    @cached_property
    def own_tag(self) -> str:
        """The tag of this platform and this recipe alone."""
        contexts = sorted((name, str(path)) for name, path in self.contexts.items())
        digest = hashlib.sha256(repr((self.dockerfile, contexts, self.origin)).encode()).hexdigest()
        return f"{self.tags[0]}-{self.architecture}-{digest[:12]}"


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


def native() -> str:
    """Debian's name of this machine's architecture."""
    done = subprocess.run(["dpkg", "--print-architecture"], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def ensure_file_system(place: Place, architecture: str) -> Path:
    """Make the base image's file system unless it was made before."""
    archive = place.base / f"{SUITE}-{architecture}.tar"
    if not archive.exists():
        emulated = "" if architecture == native() else ", its installation scripts emulated"
        with step(f"made Debian {SUITE} for {architecture}{emulated}"):
            place.base.mkdir(parents=True, exist_ok=True)
            fresh = archive.with_name("new-" + archive.name)
            log = f"base-{architecture}"
            debootstrap(place, SUITE, "minbase", ("ca-certificates",), fresh, log=log, machine=architecture)
            fresh.replace(archive)
    return archive


def ensure_images(place: Place, port: int, architectures: tuple[str, ...], client: Mapping[str, str]) -> None:
    """Make what is missing for these architectures, and the names over all that were ever made."""
    registry = Registry(port)
    for architecture in architectures:
        base = _debian(place, architecture)
        _ensure(place, registry, base, client)
        for recipe in _on_top_of(registry.name(base.repository, base.own_tag), architecture):
            _ensure(place, registry, recipe, client)


def _ensure(place: Place, registry: Registry, recipe: Recipe, client: Mapping[str, str]) -> None:
    name = registry.name(recipe.repository, recipe.own_tag)
    if registry.holds(recipe.repository, recipe.own_tag):
        return
    with step(f"made {recipe.repository}:{recipe.tags[0]} for {recipe.architecture} ({recipe.origin})"):
        contexts = [f"--build-context={key}={path}" for key, path in recipe.contexts.items()]
        flags = ["--progress=plain", "--provenance=false", "--network=host", "--push", f"--tag={name}"]
        label = f"--label=layerwise.stand-in={recipe.origin}"
        build = [str(place.docker), "buildx", "build", *flags, label, f"--platform=linux/{recipe.architecture}"]
        log = place.log(f"image-{recipe.repository}-{recipe.tags[0]}-{recipe.architecture}")
        context = recipe.context or _empty(place)
        run([*build, *contexts, "--file=-", str(context)], log, env=client, stdin=recipe.dockerfile)
        _name(place, registry, recipe, client)


def _name(place: Place, registry: Registry, recipe: Recipe, client: Mapping[str, str]) -> None:
    # the other platform of the same name is kept: its own tag is remembered in a file beside the registry
    remembered = place.base / f"{recipe.repository}-{recipe.tags[0]}-{recipe.architecture}"
    remembered.write_text(recipe.own_tag)
    parts = sorted(place.base.glob(f"{recipe.repository}-{recipe.tags[0]}-*"))
    sources = [registry.name(recipe.repository, part.read_text()) for part in parts]
    names = [f"--tag={registry.name(recipe.repository, tag)}" for tag in recipe.tags]
    log = place.log(f"name-{recipe.repository}-{recipe.tags[0]}")
    run([str(place.docker), "buildx", "imagetools", "create", *names, *sources], log, env=client)


def _debian(place: Place, architecture: str) -> Recipe:
    archive = ensure_file_system(place, architecture)
    overlay = place.top / "tmp" / "machine"
    apt = {f"/etc/apt/apt.conf.d/{name}": text.encode() for name, text in _APT_SETTINGS.items()}
    digest = _write_tree(overlay, files() | apt)
    settings = {"PATH": _PATH} | variables()
    environment = "".join(f"ENV {name}={value}\n" for name, value in settings.items())
    steps = (
        f'FROM scratch\nADD --link {archive.name} /\nCOPY --from=machine / /\n{environment}CMD ["bash"]\n# {digest}\n'
    )
    return Recipe(
        "debian",
        (f"{SUITE}-slim", SUITE, "12-slim", "12"),
        architecture,
        steps,
        f"Debian {SUITE}, minbase",
        {"machine": overlay},
        archive.parent,
    )


def _on_top_of(base: str, architecture: str) -> list[Recipe]:
    return [*(_python(base, architecture, version) for version in ("3.11", "3.12")), _node(base, architecture)]


def _python(base: str, architecture: str, version: str) -> Recipe:
    tags = (f"{version}-slim", f"{version}-slim-{SUITE}", version)
    start = f'FROM {base}\nENV LANG=C.UTF-8\nCMD ["python3"]\n'
    tree = cpython_tree(version) if architecture == native() else None
    if tree is None:
        steps = _INSTALL.format("python3 python3-pip python3-setuptools python3-venv") + (
            "RUN rm -f /usr/lib/python3*/EXTERNALLY-MANAGED && cd /usr/local/bin && ln -s /usr/bin/python3 python3"
            " && ln -s python3 python && ln -s /usr/bin/pip3 pip3 && ln -s pip3 pip\n"
        )
        return Recipe("python", tags, architecture, start + steps, "Debian's own python3")
    library = f"python{version}"
    left_out = ("site-packages", "test", "config-*", "idlelib", "tkinter", "turtledemo", "**/__pycache__")
    excluded = " ".join(f"--exclude={library}/{name}" for name in left_out) + " --exclude=pkgconfig --exclude=*.a"
    steps = _INSTALL.format(_CPYTHON_LIBRARIES) + (
        f"COPY --from=cpython /bin/{library} /usr/local/bin/\n"
        f"COPY --from=cpython /include /usr/local/include\n"
        f"COPY --from=cpython {excluded} /lib /usr/local/lib\n"
        f"RUN ldconfig && cd /usr/local/bin && ln -s {library} python3 && ln -s python3 python"
        " && python -m ensurepip && ln -s pip3 pip\n"
    )
    origin = f"this machine's CPython {tree.name}"
    return Recipe("python", tags, architecture, start + steps, origin, {"cpython": tree})


def _node(base: str, architecture: str) -> Recipe:
    tags = ("20", "20-slim", f"20-{SUITE}", f"20-{SUITE}-slim")
    start = f'FROM {base}\nCMD ["node"]\n'
    program, npm = (node_program(), npm_tree()) if architecture == native() else (None, None)
    if program is None or npm is None:
        steps = _INSTALL.format("nodejs npm")
        return Recipe("node", tags, architecture, start + steps, "Debian's own nodejs and npm")
    steps = (
        "COPY --from=program /node /usr/local/bin/node\n"
        "COPY --from=npm / /usr/local/lib/node_modules/npm\n"
        "RUN cd /usr/local/bin && for tool in npm npx; do"
        " ln -s ../lib/node_modules/npm/bin/$tool-cli.js $tool; done && npm --version\n"
    )
    contexts = {"program": program.parent, "npm": npm}
    return Recipe("node", tags, architecture, start + steps, "this machine's node and npm", contexts)


def _empty(place: Place) -> Path:
    directory = place.top / "tmp" / "empty"
    directory.mkdir(parents=True, exist_ok=True)
    return directory


def _write_tree(top: Path, content: Mapping[str, bytes]) -> str:
    shutil.rmtree(top, ignore_errors=True)
    digest = hashlib.sha256()
    for path, text in sorted(content.items()):
        target = top / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text)
        digest.update(f"{path}\0{len(text)}\0".encode() + text)
    return digest.hexdigest()
