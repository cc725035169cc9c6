"""A store of 10,000 builds of 40 steps: each question that is asked of it, and 32 processes that add at once."""

import multiprocessing
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from layerwise.records import BuildRecord, Ending, Outcome, Place, Source, Sources, Span, StepRecord
from layerwise.store import open_store
from layerwise.store.database import SqlStore

BUILDS = 10_000
STEPS = 40
PLATFORMS = ("linux/amd64", "linux/arm64")
PORTION = 500
ROUNDS = 5
WRITERS = 32
EACH = 20
KEYS = [f"sha256:{number:064x}" for number in range(STEPS)]


def run() -> None:
    """Fill a store and print the milliseconds of each question, the median of some rounds."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "builds.db"
        url = f"sqlite:///{path}"
        start = time.perf_counter()
        with SqlStore(path, timeout_s=30, clock=time.time) as store:
            for first in range(0, BUILDS, PORTION):
                store._add(map(_build, range(first, first + PORTION)))  # noqa: SLF001 - one transaction for many
        size = path.stat().st_size / 1e6
        print(
            f"{BUILDS} builds of {STEPS} executed steps: filled in {time.perf_counter() - start:.0f} s, {size:.0f} MB"
        )
        _questions(url)
        _import()
        _writers(url)


def _build(number: int) -> BuildRecord:
    platform = PLATFORMS[number % 2]
    steps = tuple(_step(number, position, platform) for position in range(STEPS))
    return BuildRecord(
        id=f"{number * 7919 % BUILDS:06d}-build",
        project="https://git.example/team/shop.git",
        source=Source.ENGINE,
        ending=Ending.COMPLETED,
        started_at=1.7e9 + 600 * number,
        wall_s=2.0 * STEPS,
        steps=steps,
        overheads=(),
        platforms=(platform,),
        builder="builder",
        sources=Sources(dockerfile="Dockerfile", commit=f"{number:040x}"),
    )


def _step(build: int, position: int, platform: str) -> StepRecord:
    seconds = 1 + (build * 31 + position * 17) % 100 / 100
    return StepRecord(
        vertex=f"sha256:{build * STEPS + position:064x}",
        platform=platform,
        stage="build",
        number=position + 1,
        line=position + 1,
        instruction=f"RUN --mount=type=cache,target=/root/.cache make -C part{position} all install PREFIX=/usr/local",
        key=KEYS[position],
        place=Place.PROVENANCE,
        outcome=Outcome.EXECUTED,
        spans=(Span(2.0 * position, 2.0 * position + seconds),),
        duration_s=seconds,
        size_bytes=1000 * position,
        inputs=(f"sha256:{build * STEPS + position - 1:064x}",) if position else (),
        emulated=False,
        critical_s=seconds,
    )


def _questions(url: str) -> None:
    project = _build(0).project
    added = iter(range(ROUNDS))
    with open_store(url) as store:
        newest = store.find("^", project)
        questions: dict[str, Callable[[], object]] = {
            "open and close": lambda: open_store(url).close(),
            "builds, 50": lambda: store.builds(project, limit=50),
            "records, 100": lambda: store.records(project, limit=100),
            "before, 10": lambda: store.before(newest, limit=10),
            f"executions, {len(KEYS)} keys, 2 platforms": lambda: store.executions(project, KEYS),
        }
        total = 0.0
        for name, ask in questions.items():
            total += (took := _median(ask))
            print(f"  {name:36} {took:7.1f} ms")
        print(f"  {'together':36} {total:7.1f} ms (goal 300 ms)")
        further: dict[str, Callable[[], object]] = {
            "find, by 6 characters": lambda: store.find("004242", project),
            "projects": store.projects,
            "add (goal 50 ms)": lambda: store.add(_new(f"added-{next(added)}")),
        }
        for name, ask in further.items():
            print(f"  {name:36} {_median(ask):7.1f} ms")


def _new(name: str) -> BuildRecord:
    return replace(_build(BUILDS), id=name)


def _median(ask: Callable[[], object]) -> float:
    def timed() -> Iterator[float]:
        for _ in range(ROUNDS):
            start = time.perf_counter()
            ask()
            yield (time.perf_counter() - start) * 1000

    return sorted(timed())[ROUNDS // 2]


def _import() -> None:
    def loaded(code: str) -> float:
        return _median(lambda: subprocess.run([sys.executable, "-c", code], check=True))

    bare, light, whole = map(loaded, ("pass", "import layerwise.store", "import layerwise.store.database"))
    print(f"  importing it: {light - bare:.0f} ms, with the database {whole - bare:.0f} ms")


def _writers(url: str) -> None:
    processes = multiprocessing.get_context("fork")
    writers = [processes.Process(target=_write, args=(url, number)) for number in range(WRITERS)]
    start = time.perf_counter()
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    seconds = time.perf_counter() - start
    with open_store(url) as store:
        kept = {row.id for row in store.builds(None, limit=BUILDS * 2)}
    lost = sum(f"{number}-{count}" not in kept for number in range(WRITERS) for count in range(EACH))
    print(f"  {WRITERS} processes adding {EACH} builds each: {lost} lost, {WRITERS * EACH / seconds:.0f} builds/s")


def _write(url: str, writer: int) -> None:
    with open_store(url) as store:
        for count in range(EACH):
            store.add(_new(f"{writer}-{count}"))


if __name__ == "__main__":
    run()
