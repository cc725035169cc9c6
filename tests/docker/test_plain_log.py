import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from tests.docker import rawjson
from tests.docker.engine import Engine

from layerwise.builder.buildx import look_up
from layerwise.builder.local_state import latest
from layerwise.builder.observed import Observed
from layerwise.builder.plain import read_plain
from layerwise.records import Ending, Outcome

STEPS = """\
FROM {image} AS tools
RUN for i in 1 2 3 4; do echo "tool $i"; sleep 0.2; done; printf 'no line end'
FROM {image}
WORKDIR /app
COPY file .
RUN echo '#4 DONE 9.9s'; sleep 0.5; echo '#4 CACHED'
COPY --from=tools /etc/hostname /tools
"""
FAILS = """\
FROM {image} AS slow
RUN echo slow; sleep 20
FROM {image}
RUN sleep 0.5; for i in $(seq 30); do echo "line $i"; done; exit 3
COPY --from=slow /etc/hostname /slow
"""


@dataclass(frozen=True)
class Both:
    """One build, as its plain log says and as the engine's own record of it says."""

    observed: Observed
    vertices: tuple[rawjson.Vertex, ...]


@pytest.fixture
def context(tmp_path: Path) -> Path:
    context = tmp_path / f"plain-{uuid4().hex}"  # the engine names its record of a build after this
    context.mkdir()
    (context / "file").write_text("content")
    return context


def build(engine: Engine, context: Path, dockerfile: str, *extra: str) -> Both:
    metadata = context.parent / "metadata.json"
    options = ["--progress=plain", "--output=type=cacheonly", f"--metadata-file={metadata}", engine.network, *extra]
    done = subprocess.run(
        ["docker", "buildx", "build", "--file=-", *options, str(context)],
        env={**engine.environment, "BUILDX_METADATA_PROVENANCE": "disabled"},
        input=dockerfile.format(image=engine.image("debian:bookworm-slim")),
        capture_output=True,
        text=True,
        check=False,
    )
    (observed,) = read_plain(done.stderr.split("\n"))
    # buildx writes no metadata where the build fails
    built = done.returncode == 0
    ref = json.loads(metadata.read_text())["buildx.build.ref"] if built else named(engine, context.name)
    return Both(observed, recorded(engine, ref))


def named(engine: Engine, name: str) -> str:
    environment = {**os.environ, **engine.environment}
    found = ((one, look_up(one, environment)) for one in latest(environment))
    return next(one.id for one, text in found if text and json.loads(text)["Name"] == name)


def recorded(engine: Engine, ref: str) -> tuple[rawjson.Vertex, ...]:
    command = ["docker", "buildx", "history", "logs", "--progress=rawjson", ref.rpartition("/")[2]]
    done = subprocess.run(command, env=engine.environment, capture_output=True, text=True, check=True)
    return rawjson.read((done.stdout + done.stderr).splitlines())


def assert_they_agree(both: Both) -> None:
    theirs = {one.name: one for one in both.vertices if one.outcome is not rawjson.Outcome.SKIPPED}
    ours = {one.name: one for one in both.observed.vertices}
    assert {name: one.outcome.value for name, one in ours.items()} == {
        name: one.outcome.value for name, one in theirs.items()
    }
    executed = [name for name, one in ours.items() if one.outcome is Outcome.EXECUTED]
    assert {name: ours[name].seconds for name in executed} == {
        name: pytest.approx(theirs[name].seconds, abs=0.15) for name in executed
    }


def test_a_plain_log_says_of_steps_that_ran_what_the_engine_recorded(engine: Engine, context: Path) -> None:
    both = build(engine, context, STEPS, "--no-cache")
    assert_they_agree(both)
    ran = [one.name for one in both.observed.vertices if "RUN" in one.name and one.outcome is Outcome.EXECUTED]
    assert (len(ran), both.observed.ending) == (2, Ending.COMPLETED)
    assert both.observed.builder


def test_a_plain_log_says_of_hits_what_the_engine_recorded(engine: Engine, context: Path) -> None:
    build(engine, context, STEPS)
    both = build(engine, context, STEPS)
    assert_they_agree(both)
    steps = [one for one in both.observed.vertices if "internal" not in one.name and "FROM" not in one.name]
    assert {one.outcome for one in steps} == {Outcome.CACHED}


def test_a_plain_log_of_a_failed_build_says_what_the_engine_recorded(engine: Engine, context: Path) -> None:
    both = build(engine, context, FAILS, "--no-cache")
    assert_they_agree(both)
    assert both.observed.ending is Ending.FAILED
    assert {one.outcome for one in both.observed.vertices if "RUN" in one.name} == {Outcome.FAILED, Outcome.CANCELLED}
    (log,) = (one.log for one in both.observed.vertices if one.log)
    assert log == tuple(f"line {at}" for at in range(11, 31))
