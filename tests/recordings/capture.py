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

HERE = pathlib.Path(__file__).parent
CONTEXT = pathlib.Path("/tmp/shop")
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
    with tempfile.TemporaryDirectory() as state:
        os.environ["BUILDX_CONFIG"] = state
        for name, capture in SHAPES.items():
            if not wanted or name in wanted:
                print(name, file=sys.stderr)
                capture(name)


def plain(*arguments: str, second: bool = False, code: int = 0) -> Callable[[str], None]:
    """Return what captures one build."""

    def capture(name: str, shape: str = "") -> None:
        with context(shape or name):
            record(name, buildx("build", *arguments, ".", second=second), code, second=second)

    return capture


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
            print("fresh: left out, for there is no second engine", file=sys.stderr)
            return
        text = (CONTEXT / "Dockerfile").read_text()
        (CONTEXT / "Dockerfile").write_text(text + "RUN cat /hello > /end\n")
        record("fresh", buildx("build", *arguments, second=True), 0, second=True)


def bake(name: str) -> None:
    """Capture a bake of two targets."""
    with context(name):
        record(name, buildx("bake"), 0)


def killed(name: str) -> None:
    """Capture a build whose buildx is killed, and one whose buildx is interrupted, while a step sleeps."""
    for kind, stop, code in ((name, signal.SIGKILL, -signal.SIGKILL), ("interrupted", signal.SIGINT, 130)):
        with context(name):
            process = buildx("build", "--output", "type=cacheonly", ".")
            time.sleep(4)
            os.killpg(process.pid, stop)
            process.wait()
            time.sleep(2)
            record(kind, process, code)


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
    "failed": plain("--output", "type=cacheonly", code=1),
    "platforms": platforms,
    "bake": bake,
    "killed": killed,
    "download": download,
    "exported": exported,
    "named": named,
}


@contextmanager
def context(shape: str) -> Iterator[None]:
    """Make the context of a shape, with a file that no build has seen yet."""
    skipped = shutil.ignore_patterns("*.dockerbuild", "*.rawjson")
    shutil.copytree(HERE / shape, CONTEXT, ignore=skipped)
    try:
        for file in (CONTEXT / "Dockerfile",):
            file.write_text(file.read_text().replace("localhost:5035", REGISTRY))
        (CONTEXT / "seed.txt").write_text(f"{secrets.token_hex(8)}\n")
        yield
    finally:
        shutil.rmtree(CONTEXT)


def git(*arguments: str) -> None:
    """Run git in the context."""
    subprocess.run(["git", "-C", CONTEXT, *arguments], check=True)


def buildx(*arguments: str, second: bool = False) -> subprocess.Popen[bytes]:
    """Start buildx in the context; what it says is kept."""
    environment = engine(second=second) | {"BUILDKIT_PROGRESS": "rawjson"}
    output = tempfile.TemporaryFile()
    process = subprocess.Popen(
        ["docker", "buildx", *arguments], cwd=CONTEXT, env=environment, stderr=output, stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    process.output = output
    return process


def engine(*, second: bool) -> dict[str, str]:
    """Return the environment of an engine."""
    host = {"DOCKER_HOST": os.environ["LAYERWISE_SECOND_DOCKER_HOST"]} if second else {}
    return dict(os.environ) | host


def record(name: str, process: subprocess.Popen[bytes], code: int, *, second: bool = False) -> None:
    """Wait for a build's end and write what its engine and its client have of it."""
    process.wait()
    process.output.seek(0)
    live = process.output.read()
    if process.returncode != code:
        sys.exit(f"{name}: buildx ended with {process.returncode}\n{live.decode()[-2000:]}")
    directory = HERE / name
    directory.mkdir(exist_ok=True)
    (directory / "live.rawjson").write_bytes(live)
    refs = pathlib.Path(os.environ["BUILDX_CONFIG"]) / "refs"
    found = sorted((path for path in refs.glob("*/*/*") if "__group__" not in path.parts), key=lambda p: p.stat().st_mtime)
    ids = [path.name for path in found]
    with tempfile.TemporaryDirectory() as place:
        archive = pathlib.Path(place) / "a"
        asked = ["docker", "buildx", "history", "export", "--output", archive, *ids]
        subprocess.run(asked, check=True, env=engine(second=second))
        (directory / "record.dockerbuild").write_bytes(reduced(archive.read_bytes()))
    for number, one in enumerate(ids):
        shown = ["docker", "buildx", "history", "logs", "--progress=rawjson", one]
        done = subprocess.run(shown, check=False, capture_output=True, env=engine(second=second))
        (directory / f"history{number or ''}.rawjson").write_bytes(done.stdout + done.stderr)
    for path in found:
        path.unlink()


def reduced(archive: bytes) -> bytes:
    """Return an export without the blobs that layerwise does not read; manifests and index name the rest."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        files = {one.name: tar.extractfile(one).read() for one in tar if one.isfile()}
    kept: dict[str, bytes] = {}

    def take(descriptor: dict) -> dict:
        content = files[f"blobs/{descriptor['digest'].replace(':', '/')}"]
        document = json.loads(content) if descriptor["mediaType"].endswith(("manifest.v1+json", "index.v1+json")) else {}
        if "manifests" in document:
            document["manifests"] = [take(one) for one in document["manifests"]]
        if "layers" in document:
            document["layers"] = [take(one) for one in document["layers"] if one["mediaType"] in READ]
            document["config"] = take(document["config"])
        if document:
            content = json.dumps(document, indent=2).encode()
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        kept[f"blobs/{digest.replace(':', '/')}"] = content
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


if __name__ == "__main__":
    main(sys.argv[1:])
