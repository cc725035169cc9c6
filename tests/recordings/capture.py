"""Records the builds of this directory on a real engine; README.md says what is in each file and when to run it.

    eval "$(dev/engine env)"; python tests/recordings/capture.py [SHAPE...]

The contexts are copied to /tmp/shop, so that nothing in a recording names a directory of the machine.
"""

import gzip
import hashlib
import http.server
import io
import json
import os
import pathlib
import secrets
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

HERE = pathlib.Path(__file__).parent
CONTEXT = pathlib.Path("/tmp/shop")
STATE = pathlib.Path("/tmp/shop-buildx")
REGISTRY = os.environ["LAYERWISE_REGISTRY"]
READ = (
    "application/vnd.buildkit.historyrecord.v0",
    "application/vnd.buildkit.status.v0",
    "application/vnd.in-toto+json",
)
"""Media types that layerwise reads; the others (traces, errors with Go's stacks, indexes of results) are left out."""


def main(wanted: Sequence[str]) -> None:
    """Capture the shapes asked for, all without a word."""
    if CONTEXT.exists():
        sys.exit(f"{CONTEXT} is there already; remove it if nobody needs it")
    os.environ["BUILDX_CONFIG"] = str(STATE)
    try:
        for name, capture in SHAPES.items():
            if not wanted or name in wanted:
                sys.stderr.write(f"{name}\n")
                capture(name)
    finally:
        shutil.rmtree(STATE, ignore_errors=True)


def stages(name: str) -> None:
    """Capture a build, and the same again at once."""
    arguments = ("--build-arg", "API_TOKEN=swordfish-0451", "--tag", "shop/app", ".")
    with context(name):
        git("init", "--quiet", "--initial-branch=main")
        git("remote", "add", "origin", "https://shop:swordfish-0451@github.com/acme/shop.git")
        git("add", ".")
        git("-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "--message=all")
        record(name, buildx("build", *arguments), 0)
        record("unchanged", buildx("build", *arguments), 0)


def platforms(name: str) -> None:
    """Capture a build for two platforms, pushed with its cache, and the same on an engine that has nothing yet."""
    cache = f"type=registry,ref={REGISTRY}/shop:cache-{secrets.token_hex(4)}"
    arguments = ("--platform", "linux/amd64,linux/arm64", "--network=host", "--push", "--tag", f"{REGISTRY}/shop:1")
    arguments = (*arguments, "--cache-from", cache, "--cache-to", f"{cache},mode=max", ".")
    with context(name):
        record(name, buildx("build", *arguments), 0)
        if "LAYERWISE_SECOND_DOCKER_HOST" not in os.environ:
            sys.stderr.write("fresh: left out, for there is no second engine (dev/engine up --second)\n")
            return
        text = (CONTEXT / "Dockerfile").read_text()
        (CONTEXT / "Dockerfile").write_text(text + "RUN cat /hello > /end\n")
        record("fresh", buildx("build", *arguments, second=True), 0, second=True)


def failed(name: str) -> None:
    """Capture a build of which one step fails while another runs."""
    with context(name):
        record(name, buildx("build", "--output", "type=cacheonly", "."), 1)


def bake(name: str) -> None:
    """Capture a bake of two targets."""
    with context(name):
        record(name, buildx("bake"), 0)


def killed(name: str) -> None:
    """Capture a build whose buildx is killed, and one whose buildx is interrupted, while a step sleeps."""
    for kind, stop, code in ((name, signal.SIGKILL, -signal.SIGKILL), ("interrupted", signal.SIGINT, 130)):
        with context(name):
            started = buildx("build", "--output", "type=cacheonly", ".")
            time.sleep(4)
            os.killpg(started.process.pid, stop)
            started.process.wait()
            time.sleep(2)  # until the engine has noticed
            record(kind, started, code)


def download(name: str) -> None:
    """Capture a build that downloads a file."""
    with context(name):

        class Handler(http.server.SimpleHTTPRequestHandler):
            def __init__(self, *arguments: object) -> None:
                super().__init__(*arguments, directory=str(CONTEXT))

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 8035), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        record(name, buildx("build", "--output", "type=cacheonly", "--network=host", "."), 0)
        server.shutdown()


def exported(name: str) -> None:
    """Capture a build whose cache can't be exported, which it is told to let pass."""
    nowhere = "type=registry,ref=localhost:1/nowhere"
    with context(name):
        record(name, buildx("build", "--cache-from", nowhere, "--cache-to", f"{nowhere},ignore-error=true", "."), 0)


def named(name: str) -> None:
    """Capture a build with named contexts: an image in place of a base, and a directory."""
    with context(name):
        contexts = (f"python:3.12-slim=docker-image://{REGISTRY}/debian:bookworm-slim", "extra=.")
        options = [word for one in contexts for word in ("--build-context", one)]
        record(name, buildx("build", *options, "--output", "type=local,dest=out", "."), 0)


SHAPES: dict[str, Callable[[str], None]] = {
    "stages": stages,
    "failed": failed,
    "platforms": platforms,
    "bake": bake,
    "killed": killed,
    "download": download,
    "exported": exported,
    "named": named,
}


@dataclass
class Started:
    """A buildx that runs, and what it writes to standard error."""

    process: subprocess.Popen[bytes]
    output: IO[bytes]


@contextmanager
def context(shape: str) -> Iterator[None]:
    """Make the context of a shape, with a file that no build has seen yet."""
    shutil.copytree(HERE / shape, CONTEXT, ignore=shutil.ignore_patterns("*.dockerbuild", "*.rawjson"))
    try:
        dockerfile = CONTEXT / "Dockerfile"
        text = dockerfile.read_text().replace("localhost:5035", REGISTRY)
        dockerfile.write_text(text.replace("169.254.1.2", os.environ["LAYERWISE_HOST_LOOPBACK"]))
        (CONTEXT / "seed.txt").write_text(f"{secrets.token_hex(8)}\n")
        yield
    finally:
        shutil.rmtree(CONTEXT)


def git(*arguments: str) -> None:
    """Run git in the context."""
    subprocess.run(["git", "-C", CONTEXT, *arguments], check=True)


def buildx(*arguments: str, second: bool = False) -> Started:
    """Start buildx in the context, in a process group of its own."""
    output = tempfile.TemporaryFile()  # noqa: SIM115 - closed when it is collected, as scripts may
    process = subprocess.Popen(
        ["docker", "buildx", *arguments],
        cwd=CONTEXT,
        env=engine(second=second) | {"BUILDKIT_PROGRESS": "rawjson"},
        stdout=subprocess.DEVNULL,
        stderr=output,
        start_new_session=True,
    )
    return Started(process, output)


def engine(*, second: bool) -> dict[str, str]:
    """Return the environment of an engine."""
    host = {"DOCKER_HOST": os.environ["LAYERWISE_SECOND_DOCKER_HOST"]} if second else {}
    return dict(os.environ) | host


def record(name: str, started: Started, code: int, *, second: bool = False) -> None:
    """Wait for a build's end and write what its client showed of it and what its engine kept."""
    started.process.wait()
    started.output.seek(0)
    live = started.output.read()
    if started.process.returncode != code:
        sys.exit(f"{name}: buildx ended with {started.process.returncode}\n{live.decode()[-2000:]}")
    directory = HERE / name
    directory.mkdir(exist_ok=True)
    (directory / "live.rawjson").write_bytes(live)
    begun = [path for path in STATE.glob("refs/*/*/*") if "__group__" not in path.parts]
    ids = [path.name for path in sorted(begun, key=lambda path: path.stat().st_mtime)]
    (directory / "record.dockerbuild").write_bytes(reduced(exported_by(ids, second=second)))
    for number, one in enumerate(ids, 1):
        shown = ["docker", "buildx", "history", "logs", "--progress=rawjson", one]
        done = subprocess.run(shown, check=True, capture_output=True, env=engine(second=second))
        (directory / f"history{'' if number == 1 else f'-{number}'}.rawjson").write_bytes(done.stderr)
    for path in begun:
        path.unlink()


def exported_by(ids: Sequence[str], *, second: bool) -> bytes:
    """Return the engine's export of builds."""
    with tempfile.TemporaryDirectory() as place:
        archive = pathlib.Path(place) / "export"
        command = ["docker", "buildx", "history", "export", "--output", archive, *ids]
        subprocess.run(command, check=True, env=engine(second=second))
        return archive.read_bytes()


def reduced(archive: bytes) -> bytes:
    """Return an export without the blobs that layerwise does not read; manifests and index name the rest."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        files = {one.name: tar.extractfile(one).read() for one in tar if one.isfile()}
    kept: dict[str, bytes] = {}

    def take(descriptor: dict[str, object]) -> dict[str, object]:
        content = files[_path(descriptor["digest"])]
        if str(descriptor["mediaType"]).endswith((".manifest.v1+json", ".index.v1+json")):
            document = json.loads(content)
            if "manifests" in document:
                document["manifests"] = [take(one) for one in document["manifests"]]
            else:
                document["layers"] = [take(one) for one in document["layers"] if one["mediaType"] in READ]
                document["config"] = take(document["config"])
            content = json.dumps(document, indent=2).encode()
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        kept[_path(digest)] = content
        return descriptor | {"digest": digest, "size": len(content)}

    index = json.loads(files["index.json"])
    index["manifests"] = [take(one) for one in index["manifests"]]
    kept |= {"index.json": json.dumps(index).encode(), "oci-layout": files["oci-layout"]}
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        for path, content in sorted(kept.items()):
            member = tarfile.TarInfo(path)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return gzip.compress(made.getvalue(), mtime=0)


def _path(digest: object) -> str:
    return f"blobs/{str(digest).replace(':', '/')}"


if __name__ == "__main__":
    main(sys.argv[1:])
