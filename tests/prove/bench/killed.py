"""The command line, which stops in a phase until a signal ends it; tests.prove.bench.kills says which and sends it."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from layerwise.builder import buildx
from layerwise.cli import bench, main
from layerwise.prove.bench import images, opening, runner
from layerwise.prove.bench.docker_engine import DockerEngine
from layerwise.prove.bench.engine import Order
from layerwise.prove.bench.journal import Entry, Journal, Measured
from layerwise.prove.bench.session import Session
from layerwise.recording.timed import Timed

PLACE = Path(os.environ["KILLED_PLACE"])
PHASE = os.environ["KILLED_PHASE"].removeprefix("proof: ")
_BUILDS = {
    "a base is fetched": "warm",
    "a cold build": "cold",
    "an unchanged build": "unchanged",
    "a build of a change": "code",
    "an image is built": "image",
}
_running: list[str] = []


def stop() -> None:
    """Say that the phase has come, and wait for the signal."""
    (PLACE / "reached").touch()
    time.sleep(60)
    raise AssertionError("no signal came")


def before(owner: Any, name: str, when: Callable[..., bool] = lambda *_: True) -> None:
    """Stop where a function is called."""
    real = getattr(owner, name)

    def called(*arguments: Any, **more: Any) -> Any:
        if when(*arguments):
            stop()
        return real(*arguments, **more)

    setattr(owner, name, called)


def after(owner: Any, name: str) -> None:
    """Stop where a function has done its work."""
    real = getattr(owner, name)

    def called(*arguments: Any, **more: Any) -> None:
        real(*arguments, **more)
        stop()

    setattr(owner, name, called)


def kind(order: Order) -> str:
    """Return of which kind a build is."""
    return "image" if order.archive else order.scenario or "warm"


def note_builds() -> None:
    """Write down each build once it has ended, and stop in one of the phase's kind when its client has spoken."""
    real, lines = DockerEngine.build, buildx.Running.lines

    def build(engine: DockerEngine, order: Order) -> Timed:
        _running[:] = [kind(order)]
        done = real(engine, order)
        with (PLACE / "built").open("a") as noted:
            noted.write(f"{kind(order)}\n")
        return done

    def read(process: buildx.Running) -> Iterator[bytes]:
        for line in lines(process):
            if _running == [_BUILDS.get(PHASE)] and line.startswith(b"#1 "):
                stop()
            yield line

    DockerEngine.build, buildx.Running.lines = build, read  # type: ignore[method-assign, assignment]


def half_a_line(journal: Journal, entry: Entry) -> None:
    """Write half of the line of a figure."""
    if isinstance(entry, Measured) and any(isinstance(one, Measured) for one in journal.entries):
        line = msgspec.json.encode(entry)
        journal._file.write(line[: len(line) // 2])
        journal._file.flush()
        stop()
    _add(journal, entry)


_add = Journal.add


def arm() -> None:
    """Have the phase stop."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it, and so do theirs
    note_builds()
    if PHASE == "before the first build":
        before(DockerEngine, "check")
    elif PHASE == "the context is copied":
        after(runner, "copy_context")
    elif PHASE == "between builds":
        before(Session, "_make", lambda *given: given[2].scenario == "code")
    elif PHASE == "the journal is written":
        Journal.add = half_a_line  # type: ignore[method-assign, assignment]
    elif PHASE == "images are compared":
        before(images, "verify")
    elif PHASE == "the report is written":
        before(bench, "bench_document")
    elif PHASE == "what was made is removed":
        before(opening, "remove_tree")


if __name__ == "__main__":
    arm()
    main.main()
