"""Small disks on this machine, and an engine and a registry that keep their data on them.

It needs root, and an engine of this machine: where that has namespaces of its own, they are entered.
"""

import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tests.docker.engine import Engine

_STARTS_S = 30.0


def process_of(engine: Engine) -> int:
    """The process of an engine, as this machine numbers it: the kernel knows who listens."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(engine.docker_host.removeprefix("unix://"))
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return int(struct.unpack("3i", credentials)[0])


def enter_network(engine: Engine, module: str) -> None:
    """Run this program anew where "localhost" is what it is for the engine, unless that is here."""
    there = Path(f"/proc/{process_of(engine)}/ns/net")
    if not there.samefile("/proc/self/ns/net"):
        os.execvp("nsenter", ["nsenter", f"--net={there}", "--", sys.executable, "-m", module, *sys.argv[1:]])


def _inside(process: int) -> tuple[str, ...]:
    return ("nsenter", "--target", str(process), "--mount", "--net", "--pid", "--")


@dataclass(frozen=True)
class Disk:
    """A file system in memory that a process sees at a place; what fills it is its limit."""

    process: int
    place: Path
    size: int

    @property
    def root(self) -> Path:
        """Where this process sees it."""
        return Path(f"/proc/{self.process}/root{self.place}")

    def fill(self, leave: int = 0) -> None:
        """Leave no more room on it than some bytes."""
        there = os.statvfs(self.root)
        self._limit((there.f_blocks - there.f_bfree) * there.f_frsize + leave)

    def empty(self) -> None:
        """Make room on it again."""
        self._limit(self.size)

    def _limit(self, size: int) -> None:
        words = ["mount", "-o", f"remount,size={size}", str(self.place)]
        subprocess.run([*_inside(self.process), *words], check=True)


@contextmanager
def small_disk(place: Path, size: int, *, process: int = 0) -> Iterator[Disk]:
    """A disk of some bytes at a place that a process sees, this one by default."""
    disk = Disk(process or os.getpid(), place, size)
    inside = _inside(disk.process)
    subprocess.run([*inside, "mkdir", "-p", str(place)], check=True)
    subprocess.run([*inside, "mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)], check=True)
    try:
        (disk.root / "something").write_bytes(b"here")  # for a limit of nothing would be none
        yield disk
    finally:
        subprocess.run([*inside, "umount", "--lazy", str(place)], check=True)


@dataclass
class Server:
    """A program that runs where an engine runs, and can be killed and started again."""

    process: int
    words: Sequence[str]
    log: Path
    ready: Callable[[], bool]
    running: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(
                [*_inside(self.process), *self.words],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        end = time.monotonic() + _STARTS_S
        while not self.ready():
            assert time.monotonic() < end, self.log.read_text()[-2000:]
            time.sleep(0.1)

    def end(self, number: int) -> None:
        """Send a signal to the program and all that it has started, and wait until it is gone."""
        if self.running is not None:
            os.killpg(self.running.pid, number)
            self.running.wait()
            self.running = None


@contextmanager
def _served(server: Server) -> Iterator[Server]:
    try:
        server.start()
        yield server
    finally:
        server.end(signal.SIGTERM)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@contextmanager
def small_registry(engine: Engine, directory: Path, port: int, size: int) -> Iterator[tuple[Server, Disk]]:
    """A registry of its own at a port of 127.0.0.1."""
    place, settings = directory / f"registry-{port}", directory / f"registry-{port}.json"
    storage = {"filesystem": {"rootdirectory": str(place)}, "delete": {"enabled": True}}
    settings.write_text(json.dumps({"version": "0.1", "storage": storage, "http": {"addr": f"127.0.0.1:{port}"}}))

    def ready() -> bool:
        with socket.socket() as connection:
            return not connection.connect_ex(("127.0.0.1", port))

    process, words = process_of(engine), ["docker-registry", "serve", str(settings)]
    with (
        small_disk(place, size, process=process) as disk,
        _served(Server(process, words, directory / "registry.log", ready)) as server,
    ):
        yield server, disk


@contextmanager
def small_engine(engine: Engine, directory: Path, size: int) -> Iterator[tuple[Engine, Server, Disk]]:
    """An engine beside the one that is up, without images and cache."""
    place, settings, api = directory / "engine", directory / "daemon.json", directory / "docker.sock"
    chosen = {
        "hosts": [f"unix://{api}"],
        "data-root": str(place / "data"),
        "exec-root": str(directory / "exec"),
        "pidfile": str(directory / "docker.pid"),
        "features": {"containerd-snapshotter": True},
        "exec-opts": ["native.cgroupdriver=cgroupfs"],
        "bridge": "none",
        "iptables": False,
        "ip6tables": False,
    }
    settings.write_text(json.dumps(chosen))
    environment = {**engine.environment, "DOCKER_HOST": f"unix://{api}"}

    def ready() -> bool:
        return not subprocess.run(["docker", "version"], env=environment, capture_output=True, check=False).returncode

    process, words = process_of(engine), ["dockerd", "--config-file", str(settings)]
    with (
        small_disk(place, size, process=process) as disk,
        _served(Server(process, words, directory / "engine.log", ready)) as server,
    ):
        yield replace(engine, docker_host=f"unix://{api}", environment=environment), server, disk


@contextmanager
def scratch_directory(engine: Engine) -> Iterator[Path]:
    """A new directory that the engine sees under the same name."""
    made = Path(engine.docker_host.removeprefix("unix://")).parent / f"faults-{os.getpid()}"
    made.mkdir()
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)
