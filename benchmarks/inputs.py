"""The input manifest of a build of 50,000 files: first, again, after one change, and with nothing remembered."""

import os
import random
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

from layerwise.builder.inputs.files import Files
from layerwise.builder.inputs.make import inputs_of
from layerwise.builder.redact import Redactor
from layerwise.graph.context import read_context
from layerwise.graph.lower import lower
from layerwise.graph.request import Request
from layerwise.inputs.differences import differences
from layerwise.store import Store, open_store
from layerwise.syntax.parser import parse

FILES = 50_000
EACH = 50
ROUNDS = 5
PLATFORMS = ("linux/amd64", "linux/arm64")
IGNORED = ".git\nnode_modules\n**/__pycache__\n**/*.pyc\n*.md\n!README.md\n"
DOCKERFILE = """\
FROM python:3.12-slim
ARG VERSION=1
WORKDIR /app
COPY requirements*.txt ./
RUN pip install -r requirements.txt
COPY . .
RUN python -m compileall .
"""


def run() -> None:
    """Print the seconds of each part, the median of some rounds."""
    with tempfile.TemporaryDirectory() as directory:
        root, state = Path(directory) / "context", Path(directory) / "state"
        size = _plant(root)
        print(f"{FILES} files, {size / 1e6:.0f} MB, {len(PLATFORMS)} platforms")
        with open_store(f"sqlite:///{state}/builds.db") as store:
            walk = _median(lambda: {"walk": _timed(lambda: _walk(root))})["walk"]
            first = _build(root, state, store, "first")
            _show("first (goal 2 s)", first)
            again = _median(lambda: _build(root, state, store, "again"))
            _show("again (goal 0.3 s)", again)
            _show("one file changed", _median(lambda: _changed(root, state, store)))
            total = sum(again.values())
            print(
                f"  listing and looking at each file alone takes {walk:.3f} s: again is {total / walk:.2f} times that, "
                f"first {sum(first.values()) / total:.1f} times again"
            )
            _compare(store)


def _plant(root: Path) -> int:
    chance, total = random.Random(0), 0
    for number in range(FILES):
        directory = root / f"part{number // EACH % 50}" / f"module{number // EACH // 50}"
        if number % EACH == 0:
            directory.mkdir(parents=True)
        content = chance.randbytes(chance.choice((200, 800, 2000, 6000)))
        (directory / f"file{number % EACH}.py").write_bytes(content)
        total += len(content)
    (root / "Dockerfile").write_text(DOCKERFILE)
    (root / ".dockerignore").write_text(IGNORED)
    (root / "requirements.txt").write_text("flask==3.0\n")
    return total


def _walk(root: Path) -> None:
    with os.scandir(root) as listing:
        for item in listing:
            item.stat(follow_symlinks=False)
            if item.is_dir(follow_symlinks=False):
                _walk(Path(item.path))


def _build(root: Path, state: Path, store: Store, build: str) -> dict[str, float]:
    times = [time.perf_counter()]
    context = read_context(root)
    times.append(time.perf_counter())
    request = Request(context=context, platforms=PLATFORMS)
    graphs = [lower(parse(DOCKERFILE), request, platform) for platform in PLATFORMS]
    times.append(time.perf_counter())
    manifest = inputs_of(graphs, request, Redactor(b"key"), Files(state / "files"))
    times.append(time.perf_counter())
    store.add_inputs(build, manifest)
    times.append(time.perf_counter())
    parts = ("context", "graphs", "digests", "store")
    return dict(zip(parts, (end - begin for begin, end in pairwise(times)), strict=True))


def _changed(root: Path, state: Path, store: Store) -> dict[str, float]:
    (root / "part0/module0/file0.py").write_text(str(time.time_ns()))
    return _build(root, state, store, "changed")


def _timed(act: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def _median(act: Callable[[], dict[str, float]]) -> dict[str, float]:
    rounds = sorted((act() for _ in range(ROUNDS)), key=lambda parts: sum(parts.values()))
    return rounds[ROUNDS // 2]


def _show(name: str, parts: dict[str, float]) -> None:
    told = ", ".join(f"{part} {seconds:.3f}" for part, seconds in parts.items())
    print(f"  {name:20} {sum(parts.values()):6.3f} s ({told})")


def _compare(store: Store) -> None:
    old, new = store.inputs("again"), store.inputs("changed")
    assert old is not None
    assert new is not None
    start = time.perf_counter()
    found = differences(old, new).steps[0].files[0].files
    seconds = time.perf_counter() - start
    print(f"  {found[0].path} found between two that are kept in {seconds * 1000:.1f} ms")


if __name__ == "__main__":
    run()
