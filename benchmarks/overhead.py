"""What `layerwise build --push` takes more than `docker buildx build --push`, in pairs, on the engine that is up.

python -m benchmarks.overhead [RUNS]

An unchanged image, and a build of 10 s behind a changed file. Every figure is measured.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.docker.engine import Engine, engine_that_is_up

RUNS = 15
SECONDS = 10
GOAL_MORE_S = 0.8
GOAL_RATIO = 1.15
BASE = "python:3.12-slim"
IMAGE = "layerwise-overhead"
FILES = 200
DOCKERFILE = """\
FROM {base}
WORKDIR /app
COPY requirements.txt ./
RUN cp requirements.txt installed.txt
COPY changed.txt ./
RUN sleep {seconds}
COPY src src
"""
CHANGED = "changed.txt"
BUILD = "docker buildx build"


class Span(NamedTuple):
    """What was done when, in seconds since the epoch."""

    name: str
    begin: float
    end: float


def run(runs: int = RUNS) -> None:
    """Print the medians of both, what ours takes more, and what that is made of."""
    engine = engine_that_is_up()
    if isinstance(engine, str):
        print(f"no engine is up: {engine}")
        return
    with tempfile.TemporaryDirectory() as directory:
        context = Path(directory) / "context"
        _plant(context, engine)
        pair = _Pair(engine, context, Path(directory))
        print(f"measured, {runs} pairs each, load average before {os.getloadavg()[0]:.2f}")
        pair.plain(), pair.ours(), pair.spans()
        plain, ours = _measured(pair, runs, lambda: None)
        _show("unchanged image", plain, ours)
        more = statistics.median(ours) - statistics.median(plain)
        print(f"    {more:.3f} s more, ratio {statistics.median(ours) / statistics.median(plain):.2f}", end="")
        print(f" (goal at most {GOAL_MORE_S} s more)")
        _itemise([pair.spans() for _ in range(runs)])
        plain, ours = _measured(pair, runs, lambda: (context / CHANGED).write_text(str(time.time_ns())))
        _show(f"a build with a step of {SECONDS} s", plain, ours)
        more = statistics.median(ours) - statistics.median(plain)
        print(f"    {more:.3f} s more, ratio {statistics.median(ours) / statistics.median(plain):.3f}", end="")
        print(f" (goal at most {GOAL_RATIO})")
        print(f"load average afterwards {os.getloadavg()[0]:.2f}")


def _plant(context: Path, engine: Engine) -> None:
    (context / "src").mkdir(parents=True)
    for number in range(FILES):
        (context / f"src/module{number}.py").write_text(f"NUMBER = {number}\n")
    (context / "requirements.txt").write_text("flask==3.0\n")
    (context / CHANGED).write_text("0\n")
    (context / "Dockerfile").write_text(DOCKERFILE.format(base=engine.image(BASE), seconds=SECONDS))
    for command in ("init --quiet", "add .", "-c user.name=a -c user.email=a@example.org commit --quiet -m first"):
        subprocess.run(["git", *command.split()], cwd=context, check=True)


class _Pair:
    """The two commands, with the same options, for images of their own."""

    def __init__(self, engine: Engine, context: Path, directory: Path) -> None:
        self._environment = {
            **engine.environment,
            "XDG_STATE_HOME": str(directory / "state"),
            "PYTHONPATH": _path(),
            # pip compiles what it installs, and a checkout may be told to keep no bytecode
            "PYTHONDONTWRITEBYTECODE": "",
            "PYTHONPYCACHEPREFIX": str(directory / "bytecode"),
        }
        self._images = [f"{engine.registry or 'localhost:5000'}/{IMAGE}/{name}:1" for name in ("plain", "ours")]
        self._log = directory / "log.json"
        self._context = context

    def plain(self) -> float:
        """Return the seconds of buildx alone."""
        return self._timed(*BUILD.split(), "--push", "--tag", self._images[0], ".")

    def ours(self) -> float:
        """Return the seconds of ours."""
        return self._timed(sys.executable, "-m", "layerwise.cli", *self._build)

    def spans(self) -> list[Span]:
        """Return what ours did when, under the clock."""
        self._timed(sys.executable, "-m", "benchmarks.overhead_traced", str(self._log), *self._build)
        return [Span(*each) for each in json.loads(self._log.read_text())]

    @property
    def _build(self) -> tuple[str, ...]:
        return "build", "--push", "--tag", self._images[1], "."

    def _timed(self, *command: str) -> float:
        environment = {**self._environment, "SPAWNED_AT": str(time.time())}
        begin = time.perf_counter()
        subprocess.run(
            command,
            cwd=self._context,
            env=environment,
            check=True,
            capture_output=True,
            stdin=subprocess.DEVNULL,
        )
        return time.perf_counter() - begin


def _path() -> str:
    """Return where the process finds these modules from another directory."""
    return os.pathsep.join((str(Path(__file__).resolve().parent.parent), os.environ.get("PYTHONPATH", "")))


def _measured(pair: _Pair, runs: int, change: Callable[[], object]) -> tuple[list[float], list[float]]:
    """Run both in turn; each pair begins with the other one than the pair before."""
    seconds: dict[Callable[[], float], list[float]] = {pair.plain: [], pair.ours: []}
    for number in range(runs):
        for which in list(seconds)[:: 1 if number % 2 else -1]:
            change()
            seconds[which].append(which())
    plain, ours = seconds.values()
    return plain, ours


def _show(title: str, plain: Sequence[float], ours: Sequence[float]) -> None:
    print(f"  {title}")
    for name, values in (("docker buildx build --push", plain), ("layerwise build --push", ours)):
        median, first, last = statistics.median(values), min(values), max(values)
        spread = statistics.stdev(values) if len(values) > 1 else 0.0
        print(f"    {name:28} median {median:6.3f} s, {first:.3f} to {last:.3f}, deviation {spread:.3f}")


def _itemise(runs: Sequence[Sequence[Span]]) -> None:
    """Print what ours does before, beside and after the call of buildx, the medians of runs under the clock."""
    begins: dict[tuple[str, str], list[float]] = defaultdict(list)
    lasts: dict[tuple[str, str], list[float]] = defaultdict(list)
    counts: dict[tuple[str, str], int] = {}
    for spans in runs:
        build = next(span for span in spans if span.name == BUILD)
        first = min(span.begin for span in spans)
        groups: dict[tuple[str, str], list[Span]] = defaultdict(list)
        for span in spans:
            when = "before" if span.begin < build.begin else "beside" if span.begin < build.end else "after"
            groups["build" if span is build else when, span.name].append(span)
        groups["before", "= until the call of buildx"] = [Span("", first, build.begin)]
        groups["after", "= from its end to ours"] = [Span("", build.end, max(span.end for span in spans))]
        for key, group in groups.items():
            begins[key].append(group[0].begin - first)
            lasts[key].append(sum(span.end - span.begin for span in group))
            counts[key] = len(group)
    print("    under the clock, medians; what runs side by side or within another counts in both")
    for when in ("before", "build", "beside", "after"):
        for key in sorted((key for key in begins if key[0] == when), key=lambda key: statistics.median(begins[key])):
            begin, last = statistics.median(begins[key]), statistics.median(lasts[key])
            times = f" ({counts[key]} times)" if counts[key] > 1 else ""
            print(f"      {when:6} at {begin:5.3f} s: {last:5.3f} s  {key[1]}{times}")


if __name__ == "__main__":
    run(*map(int, sys.argv[1:]))
