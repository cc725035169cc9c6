"""Where the private engine keeps things, and what it remembers between two calls.

Everything lies in one directory outside the repository, which the engine sees under the same path as the host does:

    root/        the Debian system that dockerd and its tools come from
    data/        images and build cache, one directory a node
    registry/    what was pushed to the local registry
    base/        the base images' file systems, as made by mmdebstrap
    client/      the docker client and its configuration
    run/, log/   sockets and process files; output of all that was run
    state.json   which processes run, and what has to be undone by `down`
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from engine_process import Process
from engine_talk import say

FIRST, SECOND = "first", "second"


@dataclass(frozen=True, slots=True)
class Node:
    """One dockerd: its name and its own directories."""

    name: str
    data: Path
    run: Path

    @property
    def socket(self) -> Path:
        """The socket of the Docker API."""
        return self.run / "docker.sock"

    @property
    def docker_host(self) -> str:
        """The value of DOCKER_HOST for this node."""
        return f"unix://{self.socket}"

    @property
    def pidfile(self) -> Path:
        """The file in which dockerd writes its process id, as numbered inside the engine."""
        return self.run / "docker.pid"


@dataclass(frozen=True, slots=True)
class Place:
    """The state directory and the paths in it."""

    top: Path

    @classmethod
    def of_this_user(cls) -> "Place":
        """The directory that LAYERWISE_ENGINE_DIR names, else one in the user's cache directory."""
        cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        named = os.environ.get("LAYERWISE_ENGINE_DIR")
        return cls(Path(named).absolute() if named else Path(cache, "layerwise", "engine"))

    @property
    def root(self) -> Path:
        """The engine's own Debian system."""
        return self.top / "root"

    @property
    def base(self) -> Path:
        """File systems of the base images."""
        return self.top / "base"

    @property
    def registry(self) -> Path:
        """The registry's storage."""
        return self.top / "registry"

    @property
    def client(self) -> Path:
        """The docker client: `bin/docker` and `config/`."""
        return self.top / "client"

    @property
    def docker(self) -> Path:
        """The docker program."""
        return self.client / "bin" / "docker"

    def log(self, name: str) -> Path:
        """The file that takes the output of what is called `name`."""
        return self.top / "log" / f"{name}.log"

    def node(self, name: str) -> Node:
        """The node of that name, whether it runs or not."""
        return Node(name, self.top / "data" / name, self.top / "run" / name)

    def make(self) -> None:
        """Create the directories that must be there before anything runs."""
        for name in ("base", "registry", "run", "log", "tmp", "client/bin", "client/config/cli-plugins"):
            (self.top / name).mkdir(parents=True, exist_ok=True)

    @contextmanager
    def locked(self, what: str) -> Iterator[None]:
        """Hold `what` ("engine" or "arm64") against a second `dev/engine` at the same time."""
        self.top.mkdir(parents=True, exist_ok=True)
        with (self.top / f"{what}.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say(f"waiting for another dev/engine that holds the lock on {what}")
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield


@dataclass(frozen=True, slots=True)
class State:
    """What is running and what `down` has to undo; empty when nothing is.

    `reachable` is the DOCKER_HOST of an engine that was there already ("" its default); then nothing else is set.
    """

    reachable: str | None = None
    launcher: Process | None = None  # unshare, which waits for the holder
    holder: Process | None = None  # the first process of the engine's namespaces
    uplink: Process | None = None  # pasta, the engine's way out
    port: int = 0  # of the registry, on the host's 127.0.0.1 and the engine's
    emulation: bool = False  # whether the binfmt entry is ours
    key_limits: tuple[str, ...] = ()  # kernel.keys.root_max* before dockerd raised them

    @property
    def running(self) -> bool:
        """Whether the private engine's namespaces are there."""
        return self.holder is not None and self.holder.alive

    def without_processes(self) -> "State":
        """The same with only what is worth keeping while nothing runs: the port."""
        return State(port=self.port)

    def but(self, **changes: object) -> "State":
        """The same with some fields changed."""
        return replace(self, **changes)  # type: ignore[arg-type]  # replace() checks names, not types


def load(place: Place) -> State:
    """Read the remembered state; empty when there is none."""
    try:
        raw = json.loads((place.top / "state.json").read_text())
    except FileNotFoundError:
        return State()
    for name in ("launcher", "holder", "uplink"):
        raw[name] = Process(**raw[name]) if raw[name] else None
    raw["key_limits"] = tuple(raw["key_limits"])
    return State(**raw)


def save(place: Place, state: State) -> State:
    """Remember `state`, atomically, and give it back."""
    fresh = place.top / "state.json.new"
    fresh.write_text(json.dumps(asdict(state), indent=2) + "\n")
    fresh.replace(place.top / "state.json")
    return state
