import functools
import itertools
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.builder.recorded import content

from layerwise.builder.local_state import Reference
from layerwise.builder.redact import Redactor
from layerwise.recording import engine_records, timed
from layerwise.recording.timed import Label, Timed, timed_build
from layerwise.store import Store, open_store

LABEL = Label(
    project="shop", dockerfile="docker/Dockerfile", context="app", commit="c0ffee", bench="b1", scenario="code"
)
SCRIPT = """#!/bin/sh
case "$*" in
    *"history export"*) shift 6; cp {top}/archive "$1" || exit 1;;
    *"buildx build"*) {build}
        for last; do :; done
        [ {begins} = no ] || echo "{{\\"LocalPath\\": \\"$last\\"}}" > {refs}/made
        echo "#1 DONE" >&2; echo "#2 ERROR why" >&2; exit {code};;
esac
"""


class Machine:
    """A machine whose docker says that it has built what was recorded elsewhere."""

    def __init__(self, top: Path) -> None:
        self.top = top
        self.refs = top / ".docker" / "buildx" / "refs" / "maker" / "maker0"
        self.refs.mkdir(parents=True)
        (top / "archive").write_bytes(content("stages", "record.dockerbuild"))
        (top / "bin").mkdir()
        (top / "context").mkdir()
        self.environment = {"PATH": f"{top / 'bin'}:/usr/bin:/bin", "HOME": str(top)}

    def docker(self, *, code: int = 0, begins: str = "yes", build: str = ":") -> None:
        path = self.top / "bin" / "docker"
        path.write_text(SCRIPT.format(top=self.top, refs=self.refs, code=code, begins=begins, build=build))
        path.chmod(0o755)

    def build(self, store: Store | None = None) -> Timed:
        kept = (store, Redactor(b"key")) if store else None
        options = ("--tag=a",)
        return timed_build(options, self.top / "context", self.environment, "lw1", LABEL if store else None, kept)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    monkeypatch.setattr(engine_records, "PATIENCE_S", 0.3)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    return Machine(tmp_path)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(f"sqlite:///{tmp_path}/builds.db") as opened:
        yield opened


def test_a_build_is_timed_and_its_record_says_what_the_bench_knows(machine, store):
    machine.docker()
    done = machine.build(store)
    assert (done.code, done.last) == (0, ("#1 DONE", "#2 ERROR why"))
    assert done.wall_s > 0
    record = store.find(done.build, None)
    assert record.of_bench
    assert (record.project, record.group, record.change.kind) == ("shop", "bench:b1", "code")
    assert (record.sources.dockerfile, record.sources.context, record.sources.commit) == (
        "docker/Dockerfile",
        "app",
        "c0ffee",
    )


def test_its_trace_says_when_it_ran_and_in_which_scope(machine):
    machine.docker()
    done = machine.build()
    assert done.trace.reference == Reference("maker", "maker0", "made")
    assert done.trace.scope == "lw1"
    assert done.trace.span.start_s < done.trace.span.end_s
    assert done.trace.works
    assert done.build == ""


def test_the_disk_is_settled_before_the_clock_starts(machine, monkeypatch):
    order: list[str] = []
    sync = functools.partial(order.append, "sync")
    monkeypatch.setattr(timed, "os", SimpleNamespace(sync=sync))
    clock = itertools.count()
    monkeypatch.setattr(timed, "time", SimpleNamespace(perf_counter=lambda: order.append("clock") or next(clock)))
    machine.docker(begins="no", build=f"touch {machine.top}/built;")
    assert machine.build().wall_s == 1
    assert (machine.top / "built").exists()
    assert order == ["sync", "clock", "clock"]


def test_a_build_that_fails_keeps_its_last_lines_and_its_trace(machine, store):
    machine.docker(code=1)
    done = machine.build(store)
    assert done.code == 1
    assert done.last[-1] == "#2 ERROR why"
    assert done.trace is not None


def test_a_build_that_no_builder_remembers_has_no_trace(machine, store):
    machine.docker(begins="no")
    done = machine.build(store)
    assert (done.trace, done.build) == (None, "")
    machine.docker()
    (machine.top / "archive").unlink()
    assert machine.build(store).trace is None


def test_an_interrupt_ends_the_client_first(machine, tmp_path):
    machine.docker(
        build=f"trap 'echo ended > {tmp_path}/ended; exit 130' INT; touch {tmp_path}/began; while :; do sleep 0.05; done"
    )
    program = f"""
import pathlib, json
from layerwise.recording.timed import timed_build
try:
    timed_build((), pathlib.Path({str(tmp_path / "context")!r}), json.loads({json.dumps(machine.environment)!r}), "")
except KeyboardInterrupt:
    print("interrupted")
"""
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    while not (tmp_path / "began").exists():
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert out == "interrupted\n"
    assert (tmp_path / "ended").exists()
