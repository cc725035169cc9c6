"""`layerwise bench` on the engine: what it measures, a client that is killed, and what is left afterwards."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from tests.docker.engine import Engine
from tests.prove.bench import kills

from layerwise.builder.local_state import begun
from layerwise.builder.usage import CacheItem, read_usage

DOCKERFILE = """FROM {base}
RUN sleep 1; echo {token}-one
COPY . .
RUN sleep 1; echo {token}-two > /two
"""
NETWORK = ("--network", "host")


@dataclass(frozen=True)
class Place:
    """A project of its own kind, so that what a bench of it leaves is known from what others leave."""

    engine: Engine
    root: Path
    state: Path
    token: str

    def start(self, *arguments: str) -> subprocess.Popen:
        store = {"LAYERWISE_STORE": f"sqlite:///{self.state}/builds.db", "XDG_STATE_HOME": str(self.state)}
        command = [sys.executable, "-m", "layerwise.cli", "bench", *NETWORK, *arguments]
        return subprocess.Popen(
            command,
            cwd=self.root,
            env={**self.engine.environment, **store},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def bench(self, *arguments: str, code: int = 0) -> tuple[dict, str]:
        process = self.start("--format", "json", *arguments)
        out, err = process.communicate()
        assert process.returncode == code, err
        return json.loads(out) if out else {}, err

    def mine(self) -> list[CacheItem]:
        """The records of the cache that say what they are of."""
        items = read_usage(self.engine.docker("buildx", "du", "--format", "json"))
        return [item for item in items if self.token in item.description]

    def left(self) -> list[CacheItem]:
        """Those that stay: beside another test's build whose steps nobody knows, some wait for its end."""
        for _ in range(60):
            if not self.mine() or not self.directories:
                break
            time.sleep(1)
            self.bench("--clean")
        return self.mine()

    def images(self, bench: str) -> list[str]:
        names = self.engine.docker("image", "ls", "--format={{.Tag}}", "layerwise-bench").split()
        return [name for name in names if name.startswith(f"{bench}-")]

    @property
    def directories(self) -> list[Path]:
        return [path for path in self.state.glob("layerwise/bench/*/*") if path.is_dir()]


@pytest.fixture
def place(engine: Engine, tmp_path: Path) -> Iterator[Place]:
    root = tmp_path / "shop"
    (root / "app").mkdir(parents=True)
    token = f"t{uuid4().hex[:10]}"
    (root / "Dockerfile").write_text(DOCKERFILE.format(base=engine.image("debian:bookworm-slim"), token=token))
    (root / "app" / "main.py").write_text("print()\n")
    made = Place(engine, root, tmp_path / "state", token)
    yield made
    made.bench("--clean")


def times(document: dict) -> dict[str, float]:
    return {one["name"]: one["before_s"] for one in document["scenarios"] if one["before_s"] is not None}


def test_scenarios_are_measured_and_nothing_is_left(place):
    document, said = place.bench("--runs", "1", "--scenario", "cold", "--scenario", "code", "--scenario", "base")
    found = times(document)
    assert found.keys() == {"cold", "code", "base"}
    assert found["cold"] > 2
    assert found["code"] > 1
    assert found["base"] > 2
    assert "3 builds, about " in said
    assert place.left() == []
    records = subprocess.run(
        [sys.executable, "-m", "layerwise.cli", "builds", "--bench", "--format", "json"],
        cwd=place.root,
        env={**os.environ, "LAYERWISE_STORE": f"sqlite:///{place.state}/builds.db"},
        check=True,
        capture_output=True,
        text=True,
    )
    builds = json.loads(records.stdout)["builds"]
    assert [one["change"] for one in builds] == ["base", "code", "cold"]
    assert [one["executed"] for one in builds] == [3, 2, 3]


def test_a_bench_that_is_killed_in_a_build_goes_on_and_can_be_removed(place):
    process = place.start("--runs", "1", "--scenario", "cold", "--scenario", "unchanged", "--scenario", "code")
    for line in process.stderr:
        if "unchanged" in line:
            break
    wait_for_build(place, 3)
    process.kill()  # the docker client lives on until it has something to say
    process.communicate()
    assert place.mine(), "the cold build's"
    (interrupted,) = place.directories
    document, said = place.bench("--runs", "1", "--scenario", "cold", "--scenario", "unchanged", "--scenario", "code")
    assert "going on with a bench that was interrupted, 2 builds are measured" in said
    assert times(document).keys() == {"cold", "unchanged", "code"}
    assert place.images(interrupted.name) == []
    assert place.left() == []


def test_an_interrupt_says_how_to_go_on_and_clean_removes_all_of_it(place):
    process = place.start("--runs", "1", "--scenario", "cold", "--scenario", "code")
    for line in process.stderr:
        if " cold " in line:
            break
    wait_for_build(place, 2)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate()
    assert process.returncode == 130
    assert "the same command goes on from it; `layerwise bench --clean` removes what was made" in said
    (interrupted,) = place.directories
    assert place.mine()
    assert place.images(interrupted.name)
    place.bench("--clean")
    assert place.left() == []
    assert place.images(interrupted.name) == []


def test_the_second_prediction_is_nearer_for_the_first_bench_was_recorded(place):
    asked = ("--runs", "1", "--scenario", "cold", "--scenario", "code")
    guessed, learned = (place.bench(*asked)[0] for _ in range(2))
    for first, second in zip(guessed["scenarios"], learned["scenarios"], strict=True):
        assert first["predicted"]["basis"] == "prior"
        assert second["predicted"]["basis"] == "predicted"
        assert abs(second["predicted"]["before_error"]) < abs(first["predicted"]["before_error"])
    assert learned["predictions"]["median_error"] < guessed["predictions"]["median_error"]


# two rows of the table in docs/kills.md; all of it takes most of an hour


def test_a_bench_that_is_killed_in_the_midst_of_a_line_of_its_journal_goes_on(engine, tmp_path):
    code, left, second = kills.gone_on(engine, "the journal is written", "SIGKILL", tmp_path)
    assert code == -signal.SIGKILL
    assert "state directories" in left
    assert second.startswith("1 figures taken over")


def test_a_bench_that_is_killed_with_its_docker_client_is_cleaned(engine, tmp_path):
    assert kills.cleaned(engine, "a build of a change", "SIGKILL of all", tmp_path) == ""


def test_a_build_that_fails_names_the_scenario_and_shows_why(place):
    dockerfile = place.root / "Dockerfile"
    dockerfile.write_text(f"{dockerfile.read_text()}RUN echo it failed here; exit 9\n")
    _, said = place.bench("--scenario", "cold", code=3)
    assert "Dockerfile as it stands (cold) does not build: docker ended with 1" in said
    assert "it failed here" in said


def wait_for_build(place: Place, number: int) -> None:
    """Wait until the side that stands as it is begins its build of this number."""
    environment = {**os.environ, **place.engine.environment}
    for _ in range(1200):
        contexts = place.state.glob("layerwise/bench/*/*/before/context")
        if any(len(begun(str(context), frozenset(), environment)) >= number for context in contexts):
            return
        time.sleep(0.05)
    raise AssertionError("no build began")
