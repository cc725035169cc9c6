"""The steps whose pieces an input manifest shows to differ are those that BuildKit runs again."""

import os
import uuid
from pathlib import Path

import pytest
from tests.builder.inputs.runs import manifest_of, running
from tests.docker.engine import Engine
from tests.docker.rawjson import Outcome
from tests.docker.test_invalidation import (
    STEP,
    Inputs,
    arguments,
    nothing,
    on_disk,
    put,
    rewrite,
    step_id,
    write,
)

DOCKERFILE = """\
FROM base
ENV A=1
COPY a /a
RUN true
ARG X
RUN : $X
COPY --link . /app
RUN --mount=source=d,target=/d true
"""
FILES = {"a": "1", "d/b": "2", "notes/n": "3", ".dockerignore": "notes\nDockerfile\n"}

CHANGES = (
    ("nothing", nothing, set()),
    ("content", write("a", "4"), {3, 4, 5, 6, 7}),
    ("a mode", on_disk(lambda root: (root / "d/b").chmod(0o755)), {6, 7}),
    ("a time", on_disk(lambda root: os.utime(root / "d/b", (0, 0))), set()),
    ("an ignored file", write("notes/n", "5"), set()),
    ("a new file", write("e", "6"), {6, 7}),
    ("an argument", arguments(X="2"), {5, 7}),
    ("a variable", rewrite("A=1", "A=2"), {4, 5, 7}),
    ("a comment", rewrite("RUN true", "# why\nRUN true"), set()),
)


@pytest.fixture
def inputs(engine: Engine, tmp_path: Path) -> Inputs:
    root = tmp_path / "context"
    for path, text in FILES.items():
        put(root, path, text)
    put(root, "d/own", uuid.uuid4().hex)  # a linked copy has no parent, so that another test's may be found
    return Inputs(root, engine.image("debian:bookworm-slim"), uuid.uuid4().hex, DOCKERFILE, {"X": "1"})


def test_what_differs_is_what_runs_again(engine: Engine, inputs: Inputs, tmp_path: Path) -> None:
    before = manifest_of(inputs, tmp_path / "state")
    inputs.build(engine)
    seen: dict[str, tuple[set[str], set[str]]] = {}
    for name, change, _ in CHANGES:
        inputs = change(inputs)
        after = manifest_of(inputs, tmp_path / "state")
        seen[name] = running(before, after), executed(inputs, engine)
        before = after
    steps = {name: {f"stage-0:{number}" for number in numbers} for name, _, numbers in CHANGES}
    assert seen == {name: (expected, expected) for name, expected in steps.items()}


def executed(inputs: Inputs, engine: Engine) -> set[str]:
    vertices = inputs.build(engine).vertices
    ran = {vertex.name for vertex in vertices if vertex.outcome is Outcome.EXECUTED and STEP.match(vertex.name)}
    return {step_id(name, inputs.graph()) for name in ran}
