"""Which faults are tried, and where."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from uuid import uuid4

from tests.docker.engine import Engine
from tests.docker.faults.shop import Call, Shop, ended
from tests.docker.faults.small import Server, free_port, small_disk, small_engine, small_registry
from tests.docker.faults.struck import ANSWERS, PHASES, struck_registry
from tests.docker.faults.trial import BEGUN, Row, Trial, told
from tests.oci.server import Answer

NAME = "layerwise-test/faults"
"""Before the names of all images that are made."""
_MB = 1 << 20
_AT_ONCE = 6
_PATIENCE_S = 15.0
_LONGEST_S = 300.0
_ROUNDS = 5
_CLIENT, _ENGINE, _REGISTRY = "the client is killed", "the engine is killed", "the registry is killed"

_ONE = "FROM scratch\nCOPY file /file\n"
_BASED = "FROM {base}\nCOPY file /file\n"
_RUNNING = 'FROM {base}\nRUN echo run >/made\nCOPY file /file\nCMD ["/bin/sh"]\n'
_BIG = 'FROM {base}\nCOPY file /file\nRUN head -c 40000000 /dev/urandom >/made\nCMD ["/bin/sh"]\n'
_SLOW = f'FROM {{base}}\nCOPY file /file\nRUN echo {BEGUN}; sleep 3\nCMD ["/bin/sh"]\n'


@dataclass(frozen=True)
class Here:
    """Where faults are tried: with an engine that stays, in a directory that it sees, and in one of our own."""

    engine: Engine
    seen: Path
    work: Path

    def shop(self, *, engine: Engine | None = None, registry: str = "") -> Shop:
        """A new shop, of the engine and the registry that stay unless others are named."""
        name = uuid4().hex[:8]
        return Shop(engine or self.engine, self.work / name, f"{registry or self.engine.registry}/{NAME}/{name}/shop")

    def based(self, dockerfile: str) -> str:
        return dockerfile.format(base=self.engine.image("debian:bookworm-slim"))


# ---- full disks ------------------------------------------------------------------------------------------------------


def registry_disk_rows(here: Here) -> Iterator[Row]:
    """A registry whose disk is full at one phase and another."""
    port, fault = free_port(), "the registry's disk is full"
    with small_registry(here.engine, here.seen, port, 12 * _MB) as (_, disk):
        shop = here.shop(registry=f"localhost:{port}")
        yield Trial(shop, "pushing, nothing fits", fault, _ONE).there(disk.fill, disk.empty)
        trial = Trial(shop, "pushing, the layers don't fit", fault, _ONE, size=4 * _MB)
        yield trial.there(lambda: disk.fill(2 * _MB), disk.empty)


def engine_rows(here: Here) -> Iterator[Row]:
    """An engine whose disk is full at one phase and another, and one that is killed while a step runs."""
    with small_engine(here.engine, here.seen, 800 * _MB) as (engine, server, disk):
        shop, fault = here.shop(engine=engine), "the engine's disk is full"
        running, big, slow = map(here.based, (_RUNNING, _BIG, _SLOW))
        yield Trial(shop, "COPY, not a block is free", fault, running).there(disk.fill, disk.empty)
        trial = Trial(shop, "COPY, some MB are free", fault, running, size=12 * _MB)
        yield trial.there(lambda: disk.fill(8 * _MB), disk.empty)
        yield Trial(shop, "RUN", fault, big).there(lambda: disk.fill(20 * _MB), disk.empty)
        trial = Trial(shop, "exporting the image", fault, running, size=12 * _MB)
        yield trial.there(lambda: disk.fill(26 * _MB), disk.empty)
        yield Trial(shop, "RUN", _ENGINE, slow).amid(lambda _: server.end(signal.SIGKILL), server.start)
        for phase in PHASES:
            yield _struck(here, phase, _ENGINE, (engine, server))


def client_rows(here: Here) -> Iterator[Row]:
    """A client that has no room for what it is to write, and one that is killed while a step runs."""
    shop, place, fault = here.shop(), here.work / "full", "the client's disk is full"
    slow = here.based(_SLOW)
    state, store = {"XDG_STATE_HOME": str(place / "state")}, {"LAYERWISE_STORE": f"sqlite:///{place}/builds.db"}

    def trial(phase: str, *words: str, dockerfile: str = _ONE, settings: Mapping[str, str] | None = None) -> Trial:
        return Trial(shop, phase, fault, dockerfile, words, settings=settings or {})

    def written_before(settings: Mapping[str, str]) -> None:
        shop.write(_ONE)
        there = Shop(shop.engine, shop.directory, shop.image, settings)
        assert there.build(*there.pushing()).code == 0

    with small_disk(place, 2 * _MB) as disk:
        fill, empty = disk.fill, disk.empty
        yield trial("making the key for secret values", settings=state).there(fill, empty)
        written_before(state)
        yield trial("remembering digests of files", settings=state).there(fill, empty)
        yield trial("opening a new store", settings=store).there(fill, empty)
        written_before(store)
        yield trial("opening the store", settings=store).there(fill, empty)
        yield trial("RUN; the store is to be written after it", dockerfile=slow, settings=store).amid(
            lambda _: fill(), empty
        )
        yield trial("writing --metadata-file", *shop.pushing("--metadata-file", f"{place}/m.json")).there(fill, empty)
        cache = ("--cache", "local", "--cache-dir", f"{place}/cache")
        yield trial("sending a local cache out", *shop.pushing(*cache)).there(fill, empty)
        yield trial("writing `-o type=oci`", "-o", f"type=oci,dest={place}/x.tar").there(fill, empty)
        yield trial("writing `-o type=local`", "-o", f"type=local,dest={place}/tree").there(fill, empty)
    yield killed_client_row(here)


def killed_client_row(here: Here) -> Row:
    """A client that is killed while a step runs, docker's with it."""
    return Trial(here.shop(), "RUN", _CLIENT, here.based(_SLOW)).amid(_kill, lambda: None)


def _kill(process: "subprocess.Popen[str]") -> None:
    os.killpg(process.pid, signal.SIGKILL)


# ---- a registry that answers otherwise, or somebody who is killed, at each phase -------------------------------------


def answer_rows(here: Here) -> Iterator[Row]:
    """What strikes requests of each phase, several at once."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        yield from pool.map(lambda case: _struck(here, *case), product(PHASES, (*ANSWERS, _REGISTRY, _CLIENT)))


def _struck(here: Here, phase: str, fault: str, other: tuple[Engine, Server] | None = None) -> Row:
    """The row of what strikes each request of a phase; `other` is the engine to use, and its server."""
    port = free_port()
    with (
        small_registry(here.engine, here.seen, port, 24 * _MB) as (registry, _),
        struck_registry(port) as front,
    ):
        engine, engines = other or (None, registry)
        shop = here.shop(engine=engine, registry=f"localhost:{front.port}")
        words = shop.pushing("--cache", "registry")
        patience_s = _PATIENCE_S if fault == "no answer" else None

        def registry_killed(_: object) -> Answer:
            registry.end(signal.SIGKILL)
            front.close()
            return Answer(dropped=True)

        def engine_killed(done: Callable[[], Answer]) -> Answer:
            engines.end(signal.SIGKILL)
            return done()

        def client_killed(process: "subprocess.Popen[str]") -> Answer:
            _kill(process)
            return Answer(dropped=True)

        strikes = {**ANSWERS, _REGISTRY: registry_killed, _ENGINE: engine_killed}
        mends = {_REGISTRY: (registry.start, front.open), _ENGINE: (engines.start,)}

        def call(shop: Shop) -> Call:
            with shop.begin(*words) as process:
                front.arm(phase, strikes.get(fault, lambda _: client_killed(process)))
                if patience_s:
                    assert front.begun.wait(_LONGEST_S)
                return ended(process, patience_s)

        def mend() -> None:
            assert front.strikes, f"nothing is asked of a registry where {phase}"
            front.disarm()
            for act in mends.get(fault, ()):
                act()

        named = f"{fault}, Ctrl-C after {patience_s:.0f} s" if patience_s else fault
        return Trial(shop, phase, named, _BASED.format(base=_base(here.engine, shop)), words).row(call, mend)


def _base(engine: Engine, shop: Shop) -> str:
    """A base image in the registry of a shop, which the engine does not keep."""
    name = f"{shop.image.removesuffix('/shop')}/base:1"
    shop.write(_ONE)
    engine.build(shop.directory / "shop", output=f"type=image,push=true,name={name}")
    engine.docker("image", "rm", name)
    return name


# ---- two who push one tag --------------------------------------------------------------------------------------------


def pusher_rows(here: Here) -> Iterator[Row]:
    """Two who push one tag at once, several times."""
    one = here.shop()
    shops = (one, replace(here.shop(), image=one.image))
    codes, said = set[int](), dict[str, None]()
    with ThreadPoolExecutor(len(shops)) as pool:
        for _ in range(_ROUNDS):
            for shop in shops:
                shop.write(_ONE)
            calls = tuple(pool.map(lambda shop: shop.build(*shop.pushing()), shops))
            named = one.names()
            assert any(named in line for call in calls for line in call.said)
            codes |= {call.code for call in calls}
            said |= dict.fromkeys(line for call in calls for line in call.said)
    kept = {record.ending.value for shop in shops if (record := shop.newest())}
    second = told(one, one.build(*one.pushing()))
    fault = f"another client pushes it at once, {_ROUNDS} times"
    named = "the image of one of them, whole"
    yield Row("all of it", fault, " or ".join(map(str, codes)), named, tuple(said), " or ".join(kept), second)
