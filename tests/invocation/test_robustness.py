"""Every reader on damaged files: it reads what is left, or says that it cannot."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerwise.invocation import bake, compose, makefile, pipeline, script, workflow
from layerwise.invocation.command import Origin
from layerwise.invocation.invocation import Unreadable

WORKFLOW = """\
env: {SHA: "${{ github.sha }}"}
jobs:
  a:
    strategy: {matrix: {t: [x, y], include: [{t: x, p: linux/arm64}]}}
    steps:
      - uses: docker/build-push-action@v6
        with: {target: "${{ matrix.t }}", build-args: "A=1"}
      - id: v
        run: |
          echo "sha=$(git rev-parse HEAD)" >> $GITHUB_OUTPUT
          docker build -t "x:${T:-1}" -f a/Dockerfile .
"""
COMPOSE = "x: &x {A: 1}\nservices:\n  a:\n    build:\n      context: .\n      args: {<<: *x, B: '${C:-d}'}\n"
HCL = (
    'variable "A" { default = "1" }\ntarget "b" {\n  matrix = { t = ["x"] }\n  target = t\n  args = { A = "${A}" }\n}\n'
)
JSON = '{"target": {"b": {"args": {"A": "${A}"}, "matrix": {"t": ["x"]}, "target": "${t}"}}}'
MAKE = "A ?= 1\nB := $(shell date)\nall: x ; docker build .\n\t@docker build \\\n\t --build-arg A=$(A) $(B) .\n"
SHELL = (
    'A=(--build-arg "X=$(date)")\nfor t in a b; do docker buildx build "${A[@]}" --target $t . <<EOF\nx\nEOF\ndone\n'
)
GITLAB = ".a: {script: [docker build .]}\nb:\n  extends: .a\n  variables: {X: 1}\n  script:\n    - docker build $X .\n"
PACKAGE = '{"scripts": {"a": "docker build -t x ."}}'

READERS = [
    (workflow.read, WORKFLOW, "a.yml"),
    (compose.read, COMPOSE, "compose.yaml"),
    (bake.read, HCL, "docker-bake.hcl"),
    (bake.read, JSON, "docker-bake.json"),
    (makefile.read, MAKE, "Makefile"),
    (script.read, SHELL, "a.sh"),
    (script.read_package, PACKAGE, "package.json"),
    (pipeline.read_gitlab, GITLAB, ".gitlab-ci.yml"),
    (pipeline.read, GITLAB, "azure-pipelines.yml"),
]
MARKS = [
    "{",
    "}",
    "[",
    "]",
    ":",
    "\n",
    "\t",
    " ",
    '"',
    "'",
    "`",
    "$",
    "(",
    "&a ",
    "*a",
    "<<",
    "- ",
    "#",
    "\\",
    "\0",
    "${{",
]


@pytest.mark.parametrize(("reader", "text", "path"), READERS)
def test_the_sound_file_holds_builds(reader, text, path):
    assert list(reader(text, Origin(path, "script", lambda _: False)))


@given(
    st.sampled_from(READERS),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 12), st.sampled_from(["", *MARKS])), min_size=1, max_size=5),
)
def test_a_damaged_file_is_read_or_unreadable(reader, damage):
    read, text, path = reader
    for share, removed, added in damage:
        place = int(share * len(text))
        text = text[:place] + added + text[place + removed :]
    with contextlib.suppress(Unreadable):
        for one in read(text, Origin(path, "script", lambda _: False)):
            assert 1 <= one.source.line <= text.count("\n") + 1
            assert all(1 <= argument.source.line <= text.count("\n") + 1 for argument in one.build_args)
