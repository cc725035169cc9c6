"""What is left of `layerwise bench` and `prove` where they are killed, and what the next call makes of it.

`python -m tests.prove.bench.kills [WORD ...]` prints the table, of phases or signals with these words in their names only.
It builds on the engine of `dev/engine`.
"""

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from tests.docker.engine import Engine, engine_that_is_up

from layerwise.builder.usage import read_usage

BENCH = ("bench", "--runs=1", "--scenario=cold", "--scenario=unchanged", "--scenario=code")
PROVE = ("prove", "--runs=1", "--scenario=code")

PHASES: Mapping[str, tuple[str, ...]] = {
    "before the first build": BENCH,
    "the context is copied": BENCH,
    "a base is fetched": BENCH,
    "a cold build": BENCH,
    "an unchanged build": BENCH,
    "a build of a change": BENCH,
    "between builds": BENCH,
    "the journal is written": BENCH,
    "the report is written": BENCH,
    "what was made is removed": BENCH,
    "proof: the context is copied": PROVE,
    "proof: an image is built": PROVE,
    "proof: images are compared": PROVE,
    "proof: a build of a change": PROVE,
    "proof: what was made is removed": PROVE,
}
"""Of each phase the command; tests.prove.bench.killed stops there."""

SIGNALS = {
    "SIGINT": signal.SIGINT,
    "SIGTERM": signal.SIGTERM,
    "SIGKILL": signal.SIGKILL,
    "SIGKILL of all": signal.SIGKILL,
}
"""By name; the last one is for the whole process group, docker's client with it."""

DOCKERFILE = """FROM {base}
ARG TOKEN={token}
RUN sleep 1; echo one > /{token}.one
COPY . /srv
RUN sleep 1; cat /srv/requirements.txt > /{token}
RUN sleep 1; cp /srv/main.py /{token}.py
"""
PLANNED = """FROM {base}
ARG GIT_COMMIT
RUN sleep 1; echo one > /{token}.one
COPY . /srv
RUN sleep 1; cat /srv/requirements.txt > /{token}
RUN echo "$GIT_COMMIT"; cp /srv/main.py /{token}.py
"""
"""What a proof is of: a plan has an ARG to move."""
FILES = {"requirements.txt": "flask==3.0.0\n", "main.py": "print()\n"}
CALLED = {
    "Makefile": "image:\n\tdocker buildx build --build-arg GIT_COMMIT=$(shell git rev-parse HEAD) .\n",
    "layerwise.toml": "threshold_s = 0.05\n",
}
"""What makes the plan's edit worth it."""
_ROOT = Path(__file__).resolve().parents[3]  # what is called runs elsewhere, and is of the tests
_PATIENCE_S = 120.0


class Row(NamedTuple):
    """What came of one signal in one phase."""

    phase: str
    signal: str
    code: int
    left: str
    second: str
    cleaned: str


@dataclass(frozen=True)
class Shop:
    """A project of its own, so that what is made of it is known from what others make."""

    engine: Engine
    place: Path
    token: str

    @classmethod
    def made(cls, engine: Engine, place: Path, *, planned: bool) -> "Shop":
        shop = cls(engine, place, f"k{uuid4().hex[:10]}")
        for name in ("shop", "tmp"):
            (place / name).mkdir(parents=True)
        written = PLANNED if planned else DOCKERFILE
        text = written.format(base=engine.image("debian:bookworm-slim"), token=shop.token)
        for name, content in {"Dockerfile": text, **FILES, **(CALLED if planned else {})}.items():
            (place / "shop" / name).write_text(content)
        return shop

    def start(self, phase: str, arguments: Sequence[str]) -> subprocess.Popen[str]:
        """Call the command line, which stops in a phase; "" for none."""
        own = {
            "LAYERWISE_STORE": f"sqlite:///{self.place}/builds.db",
            "XDG_STATE_HOME": str(self.place / "state"),
            "TMPDIR": str(self.place / "tmp"),
            "BUILDX_CONFIG": str(self.place / "buildx"),  # where buildx notes builds: nothing waits for others' ends
            "KILLED_PHASE": phase,
            "KILLED_PLACE": str(self.place),
            "PYTHONPATH": os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH")))),
        }
        return subprocess.Popen(
            [sys.executable, "-m", "tests.prove.bench.killed", *arguments],
            cwd=self.place / "shop",
            env={**self.engine.environment, **own},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def call(self, arguments: Sequence[str]) -> tuple[str, str, list[str]]:
        """Call it to its end; gives what it says and which builds it made."""
        process = self.start("", arguments)
        out, err = process.communicate()
        assert process.returncode == 0, err
        return out, err, self.builds()

    def killed(self, phase: str, name: str, arguments: Sequence[str]) -> tuple[int, str, list[str]]:
        """Send a signal once the phase has come; gives the exit code, what was said and which builds were done."""
        process = self.start(phase, arguments)
        until = time.monotonic() + _PATIENCE_S
        while not (self.place / "reached").exists():
            assert process.poll() is None, "".join(process.communicate())
            assert time.monotonic() < until, f"nothing came to where {phase}"
            time.sleep(0.02)
        if name == "SIGKILL of all":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.send_signal(SIGNALS[name])
        _, err = process.communicate()
        (self.place / "reached").unlink()
        return process.returncode, err, self.builds()

    def builds(self) -> list[str]:
        """Which builds have ended since this was asked last."""
        noted = self.place / "built"
        found = noted.read_text().split() if noted.exists() else []
        noted.unlink(missing_ok=True)
        return found

    def tree(self) -> str:
        """A digest of the user's tree: names, modes, times and bytes."""
        made = hashlib.sha256()
        for path in sorted((self.place / "shop").rglob("*")):
            status = path.lstat()
            made.update(f"{path}\0{status.st_mode}\0{status.st_mtime_ns}\0".encode())
            made.update(path.read_bytes() if path.is_file() else b"")
        return made.hexdigest()

    def nonces(self) -> list[str]:
        """The names of the benches that have left a directory."""
        return [path.name for path in self.place.glob("state/layerwise/bench/*/*") if path.is_dir()]

    def images(self) -> list[str]:
        """The images of its benches; those met so far are remembered."""
        known = self.place / "nonces"
        met = set(known.read_text().split() if known.exists() else []) | set(self.nonces())
        known.write_text(" ".join(met))
        tags = self.engine.docker("image", "ls", "--format={{.Tag}}", "layerwise-bench").split()
        return [tag for tag in tags if tag.partition("-")[0] in met]

    def records(self, token: str) -> int:
        """How many records of the cache name a token."""
        items = read_usage(self.engine.docker("buildx", "du", "--format", "json"))
        return sum(token in item.description for item in items)

    def left(self) -> str:
        """What is there that benches of this project made, "" for nothing."""
        found = {
            "images": len(self.images()),
            "records": self.records(self.token),
            "state directories": len(self.nonces()),
            "temporary files": len(list((self.place / "tmp").iterdir())),
        }
        return ", ".join(f"{count} {name}" for name, count in found.items() if count)

    def clean(self) -> str:
        """Clean, again while something waits for others' builds; gives what is left."""
        for _ in range(30):
            self.call(("bench", "--clean"))
            if not (left := self.left()):
                break
            time.sleep(2)
        return left


def row(engine: Engine, phase: str, name: str, place: Path) -> Row:
    """Kill a command twice: one goes on, the other one is cleaned."""
    code, left, second = gone_on(engine, phase, name, place / "on")
    return Row(phase, name, code, left or "nothing", second, cleaned(engine, phase, name, place / "away") or "nothing")


def gone_on(engine: Engine, phase: str, name: str, place: Path) -> tuple[int, str, str]:
    """Kill a command and call it again; gives its exit code, what was left and what the second call made of it."""
    shop = Shop.made(engine, place, planned=PHASES[phase] is PROVE)
    arguments, tree = _arguments(phase), shop.tree()
    code, said, done = shop.killed(phase, name, arguments)
    _check(code, said, name)
    left = shop.left()
    out, err, made = shop.call(arguments)
    document = json.loads(out)
    scenarios = [one["name"] for one in document["scenarios"] if one["before_s"] is not None]
    wanted = [word.partition("=")[2] for word in arguments if word.startswith("--scenario=")]
    assert scenarios == wanted, f"the result is not whole: {scenarios}"
    taken = re.search(r"interrupted, (\d+) builds are measured", err)
    if arguments[0] == "bench":
        again = [one for one in made if one in wanted and one in done and one != "unchanged"]
        assert not again or not taken, f"built again though they were measured: {again}"
    after = shop.clean()
    assert after == "", f"a bench that ended left {after}"
    assert shop.tree() == tree, "the user's tree has changed"
    return code, left, f"{taken[1] if taken else 'no'} figures taken over, {len(made)} builds made ({' '.join(made)})"


def cleaned(engine: Engine, phase: str, name: str, place: Path) -> str:
    """Kill a command and clean; gives what is left, which is nothing."""
    shop = Shop.made(engine, place, planned=PHASES[phase] is PROVE)
    tree = shop.tree()
    shop.killed(phase, name, _arguments(phase))
    left = shop.clean()
    assert left == "", f"--clean left {left}"
    assert shop.tree() == tree, "the user's tree has changed"
    return left


def _arguments(phase: str) -> tuple[str, ...]:
    return (*PHASES[phase], "--network=host", "--format=json")


def _check(code: int, said: str, name: str) -> None:
    if name.startswith("SIGKILL"):
        assert code == -signal.SIGKILL
    else:
        assert code == 130, f"{code}: {said}"
        assert "what was measured is kept" in said
        assert "Traceback" not in said


def rows(engine: Engine, words: Sequence[str] = ()) -> Iterator[Row]:
    """Every signal in every phase."""
    for phase in PHASES:
        for name in SIGNALS:
            if all(word in f"{phase} {name}" for word in words):
                with tempfile.TemporaryDirectory() as place:
                    yield row(engine, phase, name, Path(place))


def main() -> None:
    """Print the table."""
    engine = engine_that_is_up()
    if isinstance(engine, str):
        sys.exit(engine)
    version = engine.docker("version", "--format={{.Server.Version}}").strip()
    sys.stdout.write(
        f"Measured on {date.today()}, Docker {version}.\n\n"  # noqa: DTZ011  # the day where it is measured
        "| phase | signal | code | was left | the same command again | `--clean` left |\n|---|---|---|---|---|---|\n"
    )
    for one in rows(engine, sys.argv[1:]):
        sys.stdout.write(f"| {' | '.join(map(str, one))} |\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
