"""What examples/montage names and this workplace cannot reach: a conda image, and a program for x86-64 to download.

The Dockerfile keeps its public names; the arguments made here point them at the stand-ins.
"""

import hashlib
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

RECIPE = Path(__file__).resolve().parent / "standins" / "miniconda"
STANDS_FOR = "continuumio/miniconda3:24.9.2-0"  # as examples/montage/Dockerfile says FROM
PYTHON = "python:3.11-slim"  # what the recipe is built on
DOWNLOAD = "/upscale-linux-x86_64"
PORT = 8417  # fixed: it is part of the address, so of a step's cache key


@dataclass(frozen=True, slots=True)
class Engine:
    """Where images go, and how a build step calls a server on this machine."""

    registry: str | None  # host and port; None where the engine's own store is used
    loopback: str  # the address under which a build step reaches the host's 127.0.0.1

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Engine":
        """The engine that `dev/engine env` describes."""
        loopback = environment.get("LAYERWISE_HOST_LOOPBACK", "127.0.0.1")
        return cls(environment.get("LAYERWISE_REGISTRY"), loopback)

    def image(self, name: str) -> str:
        """The full name of an image in the registry or the store."""
        return f"{self.registry}/{name}" if self.registry else name


def base_image(engine: Engine, platforms: Sequence[str]) -> str:
    """The name of the conda stand-in for these platforms; another recipe has another name."""
    content = hashlib.sha256()
    for path in sorted(RECIPE.iterdir()):
        content.update(path.name.encode() + b"\0" + path.read_bytes())
    machines = "-".join(sorted(platform.rpartition("/")[2] for platform in platforms))
    # Named like a mirror of what it stands for, so that it is known for what it is.
    return engine.image(f"layerwise-stand-in/{content.hexdigest()[:12]}-{machines}/{STANDS_FOR}")


def ensure_base(engine: Engine, platforms: Sequence[str]) -> str:
    """Build the conda stand-in unless it is there; gives its name.

    Raises:
        subprocess.CalledProcessError: docker failed; its output went to standard error.
    """
    name = base_image(engine, platforms)
    look = ["buildx", "imagetools", "inspect", name] if engine.registry else ["image", "inspect", name]
    if subprocess.run(["docker", *look], check=False, capture_output=True).returncode == 0:
        return name
    command = ["docker", "buildx", "build", "--provenance=false", "--network=host", f"--tag={name}"]
    if engine.registry:
        command += ["--push", f"--build-context={PYTHON}=docker-image://{engine.image(PYTHON)}"]
    else:
        command += ["--load"]
    subprocess.run([*command, f"--platform={','.join(platforms)}", str(RECIPE)], check=True, stdout=sys.stderr)
    return name


def build_arguments(engine: Engine, platforms: Sequence[str]) -> tuple[str, ...]:
    """What `docker buildx build` needs to build examples/montage, or a rewrite of it, on this engine."""
    return (
        "--network=host",
        f"--build-context={STANDS_FOR}=docker-image://{base_image(engine, platforms)}",
        f"--build-arg=UPSCALER_URL=http://{engine.loopback}:{PORT}{DOWNLOAD}",
    )


def x86_program(output: bytes = b"upscale 1.4\n") -> bytes:
    """A static x86-64 ELF program that writes one line and ends with 0."""
    code = bytes.fromhex("b801000000 bf01000000 488d3510000000 ba") + len(output).to_bytes(4, "little")
    code += bytes.fromhex("0f05 b83c000000 31ff 0f05") + output  # write(1, output, length), then exit(0)
    load, headers = 0x400000, 64 + 56
    size = headers + len(code)
    ident = b"\x7fELF\x02\x01\x01" + bytes(9)
    numbers = ((2, 2), (62, 2), (1, 4), (load + headers, 8), (64, 8), (0, 8), (0, 4), (64, 2), (56, 2), (1, 2))
    segment = ((1, 4), (5, 4), (0, 8), (load, 8), (load, 8), (size, 8), (size, 8), (0x1000, 8))
    fields = (*numbers, (0, 2), (0, 2), (0, 2), *segment)
    return ident + b"".join(value.to_bytes(width, "little") for value, width in fields) + code


@contextmanager
def download_server(port: int = PORT) -> Iterator[int]:
    """Serve the program on 127.0.0.1 while the block runs; gives the port (0 asks for any that is free).

    Raises:
        OSError: the port is taken.
    """
    server = ThreadingHTTPServer(("127.0.0.1", port), _Download)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Download(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = x86_program() if self.path == DOWNLOAD else b"there is nothing else here\n"
        self.send_response(200 if self.path == DOWNLOAD else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name is http.server's
        pass
