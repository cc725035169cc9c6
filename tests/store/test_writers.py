import multiprocessing
import os
import random
import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from tests.records import build, step

from layerwise.store import database as _loaded_before_processes_fork  # noqa: F401
from layerwise.store import open_store

WRITERS = 32
EACH = 5
KEYS = [f"key{number}" for number in range(10)]

processes = multiprocessing.get_context("fork")


def record(name: str, started_at: float | None = None):
    return build(*(step(key=key, vertex=f"{name} {key}") for key in KEYS), id=name, started_at=started_at)


def write(url: str, writer: int) -> None:
    with open_store(url) as store:
        for count in range(EACH):
            assert store.add(record(f"w{writer}-{count}"))


def read(url: str, done: Callable[[], bool]) -> None:
    while not done():
        if (store := open_store(url, create=False)) is None:
            continue
        with store:
            listed = store.builds("shop", limit=1000)
            whole = store.records("shop", limit=1000)
            assert {row.id for row in listed} <= {one.id for one in whole}
            assert all(len(one.steps) == len(KEYS) for one in whole)


def whole(path: Path) -> str:
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        return connection.execute("PRAGMA integrity_check").fetchone()[0]


def test_of_32_processes_that_make_the_store_and_add_to_it_none_loses_a_build(path: Path) -> None:
    url = f"sqlite:///{path}"
    done = processes.Event()
    readers = [processes.Process(target=read, args=(url, done.is_set)) for _ in range(2)]
    writers = [processes.Process(target=write, args=(url, number)) for number in range(WRITERS)]
    for process in (*readers, *writers):
        process.start()
    for process in writers:
        process.join()
    done.set()
    for process in readers:
        process.join()
    assert {process.exitcode for process in (*readers, *writers)} == {0}
    with open_store(url) as store:
        names = {row.id for row in store.builds("shop", limit=1000)}
        assert names == {f"w{writer}-{count}" for writer in range(WRITERS) for count in range(EACH)}
        found = store.executions("shop", KEYS, limit=1000)
        assert {len(executions) for executions in found.values()} == {WRITERS * EACH}
    assert whole(path) == "ok"


def write_on(url: str, told: int, run: int) -> None:
    with open_store(url) as store:
        for count in range(10_000):
            store.add(record(name := f"r{run}-{count}"))
            os.write(told, f"{name}\n".encode())


@pytest.mark.parametrize("seed", range(3))
def test_a_writer_that_is_killed_loses_no_build_it_had_added(path: Path, seed: int) -> None:
    url, chance, added = f"sqlite:///{path}", random.Random(seed), list[str]()
    for run in range(4):
        reading, told = os.pipe()
        writer = processes.Process(target=write_on, args=(url, told, run))
        writer.start()
        os.close(told)
        with os.fdopen(reading) as lines:
            added.append(lines.readline().strip())
            time.sleep(chance.uniform(0, 0.1))
            writer.kill()
            added += [line.strip() for line in lines]
        writer.join()
        assert writer.exitcode == -signal.SIGKILL
        with open_store(url) as store:
            records = store.records("shop", limit=100_000)
            assert set(added) <= {one.id for one in records}
            assert len(records) <= len(added) + run + 1
        assert whole(path) == "ok"
