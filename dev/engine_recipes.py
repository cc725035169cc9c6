"""What each base image is made of: Debian, and stand-ins for the python and node images.

Registries of images are often out of reach where the private engine is used, so the images are made from Debian's
archive and from what this machine has.
"""

import hashlib
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from engine_interpreters import cpython_tree, node_program, npm_tree
from engine_machine import files, variables
from engine_place import Place

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


def native() -> str:
    """Debian's name of this machine's architecture."""
    done = subprocess.run(["dpkg", "--print-architecture"], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def debian(place: Place, archive: Path, architecture: str) -> Recipe:
    """The base of all others: the file system in `archive`, with what this machine needs to reach the registries."""
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


def on_top_of(base: str, architecture: str) -> list[Recipe]:
    """The stand-ins, on the image called `base`."""
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


def _write_tree(top: Path, content: Mapping[str, bytes]) -> str:
    shutil.rmtree(top, ignore_errors=True)
    digest = hashlib.sha256()
    for path, text in sorted(content.items()):
        target = top / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text)
        digest.update(f"{path}\0{len(text)}\0".encode() + text)
    return digest.hexdigest()
