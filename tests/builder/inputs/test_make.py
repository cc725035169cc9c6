import json
import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from tests.builder.inputs.trees import later, manifest, put

from layerwise.builder.inputs.files import Files
from layerwise.builder.inputs.make import inputs_of
from layerwise.builder.redact import Redactor
from layerwise.graph.checksum import ListForm, content_digest
from layerwise.graph.context import Context, read_context
from layerwise.graph.lower import lower
from layerwise.graph.request import Request
from layerwise.graph.state import instruction_key
from layerwise.inputs.differences import differences
from layerwise.inputs.manifest import Input, InputManifest, Versions
from layerwise.syntax.parser import parse

DOCKERFILE = """\
FROM base AS one
ARG VERSION=1
COPY a /a
RUN make $VERSION
FROM base
COPY d /d
RUN --mount=source=e,target=/e true
COPY --from=one /out /out
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    put(tmp_path / "context", a="1", d__b="2", e="3", ignored="4")
    (tmp_path / "context" / ".dockerignore").write_text("ignored\n")
    return tmp_path / "context"


def made(root: Path, dockerfile: str = DOCKERFILE, **arguments: str | None) -> InputManifest:
    return manifest(root, root.parent / "state", dockerfile, **arguments)


def moved(before: InputManifest, after: InputManifest) -> set[str]:
    return {step.new.id for step in differences(before, after).steps if step.new}


def test_a_step_stands_where_its_record_will(root: Path) -> None:
    steps = {step.id: step for step in made(root).steps}
    copied, run = steps["one:2"], steps["one:3"]
    assert (copied.platform, copied.line, copied.instruction) == ("linux/amd64", 3, "COPY a /a")
    dockerfile = parse(DOCKERFILE)
    assert run.key == instruction_key(dockerfile.stages[0].instructions[2])
    assert (run.arguments, run.runs_on) == (("VERSION",), "linux/amd64")


def test_a_step_names_the_steps_it_depends_on(root: Path) -> None:
    found = made(root)
    last = found.steps[-1]
    inputs = [(found.steps[one.step].id, one.paths) for one in last.inputs]
    assert inputs == [("stage-1:3", None), ("one:3", ("/out",))]
    assert found.steps[1].inputs == (Input(0, None),)


def test_platforms_stand_one_after_the_other(root: Path, tmp_path: Path) -> None:
    request = Request(context=read_context(root), platforms=("linux/arm64", "linux/amd64"))
    graphs = [lower(parse(DOCKERFILE), request, platform) for platform in request.platforms]
    found = inputs_of(graphs, request, Redactor(b"key"), Files(tmp_path / "state"))
    swapped = inputs_of(graphs[::-1], request, Redactor(b"key"), Files(tmp_path / "state"))
    assert found == swapped
    assert list(dict.fromkeys(step.platform for step in found.steps)) == ["linux/amd64", "linux/arm64"]
    assert all(found.steps[one.step].platform == step.platform for step in found.steps for one in step.inputs)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda root: None, set()),
        (lambda root: os.utime(root / "a", (0, 0)), set()),
        (lambda root: put(root, ignored="5"), set()),
        (lambda root: put(root, other="5"), set()),
        (lambda root: put(root, a="5"), {"one:2"}),
        (lambda root: (root / "a").chmod(0o755), {"one:2"}),
        (lambda root: put(root, d__c=""), {"stage-1:2"}),
        (lambda root: put(root, e="4"), {"stage-1:3"}),
        (lambda root: (root / "d/b").rename(root / "d/c"), {"stage-1:2"}),
    ],
)
def test_a_change_shows_where_it_counts(root: Path, change: Callable[[Path], object], expected: set[str]) -> None:
    before = made(root)
    change(root)
    assert moved(before, made(root)) == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("# layerwise", "# other", set()),
        ("VERSION=1", "VERSION=2", {"one:3"}),
        ("COPY a /a", "COPY ./a /a", set()),
        ("COPY a /a", "COPY a /b", {"one:2"}),
        ("AS one", "AS uno", set()),
    ],
)
def test_a_change_of_the_dockerfile_shows_where_it_counts(root: Path, old: str, new: str, expected: set[str]) -> None:
    dockerfile = "# layerwise\n" + DOCKERFILE
    changed = dockerfile.replace(old, new)
    changed = changed.replace("--from=one", "--from=uno") if new == "AS uno" else changed
    before, after = made(root, dockerfile), made(root, changed)
    assert moved(before, after) == expected
    assert (before == after) == (not expected)


def test_a_named_context_is_named(root: Path, tmp_path: Path) -> None:
    put(tmp_path / "other", x="1")
    request = Request(context=read_context(root), contexts={"shared": read_context(tmp_path / "other")})
    graph = lower(parse("FROM base\nCOPY --from=shared x /x\nCOPY a /a\n"), request, "linux/amd64")
    found = inputs_of([graph], request, Redactor(b"key"), Files(tmp_path / "state"))
    assert [files.context for step in found.steps for files in step.files] == ["shared", ""]


def test_of_a_context_that_was_not_read_from_a_directory_the_key_is_known(tmp_path: Path) -> None:
    context = Context.from_paths(["a"], read=lambda _: b"1")
    request = Request(context=context)
    graph = lower(parse("FROM base\nCOPY a /a\n"), request, "linux/amd64")
    found = inputs_of([graph], request, Redactor(b"key"), Files(tmp_path / "state"))
    (files,) = found.steps[1].files
    assert (files.digest, files.tree) == (content_digest(context, graph.steps[1].files[0]), "")


@pytest.mark.parametrize(
    ("buildkit", "form"),
    [
        ("v0.25.1", ListForm.NAMES),
        ("0.12.5", ListForm.NAMES),
        ("v0.26.0", ListForm.PATHS),
        ("v1.0.0", ListForm.PATHS),
        ("v0.0.0+unknown", ListForm.PATHS),
        ("", ListForm.PATHS),
    ],
)
def test_a_list_counts_as_that_version_of_buildkit_has_it(
    root: Path, tmp_path: Path, buildkit: str, form: ListForm
) -> None:
    request = Request(context=read_context(root))
    graph = lower(parse("FROM base\nCOPY d/* /d/\n"), request, "linux/amd64")
    versions = Versions(buildkit=buildkit)
    found = inputs_of([graph], request, Redactor(b"key"), Files(tmp_path / "state"), versions)
    assert found.versions == versions
    assert found.steps[1].files[0].digest == content_digest(request.context, graph.steps[1].files[0], form=form)


def test_no_secret_is_in_a_manifest(root: Path) -> None:
    dockerfile = "FROM base AS one\nARG API_TOKEN\nWORKDIR /$API_TOKEN\nRUN use opensesame\nFROM base\nCOPY --from=one /opensesame /s\n"
    found = made(root, dockerfile, API_TOKEN="opensesame")
    text = json.dumps(msgspec.to_builtins((found.steps, found.versions, found.notes)))
    assert "opensesame" not in text
    assert re.search(r"hmac:[0-9a-f]{16}", text)
    other = made(root, dockerfile, API_TOKEN="closesesame")
    assert moved(found, other) == {"one:2", "one:3"}


def test_what_cannot_be_read_is_a_note(root: Path) -> None:
    context = read_context(root)
    (root / "a").unlink()
    request = Request(context=context)
    graph = lower(parse(DOCKERFILE), request, "linux/amd64")
    found = inputs_of([graph], request, Redactor(b"key"), Files(root.parent / "state", later))
    assert found.notes == ("a can't be read (No such file or directory), so that a change of it can't be told",)


def test_where_nothing_can_be_remembered_that_is_a_note(root: Path) -> None:
    (root.parent / "state").write_text("")
    unread, unwritten = made(root).notes
    assert "the digests of earlier builds can't be read, so all files are hashed" in unread
    assert "digests can't be remembered, so the next build hashes all files again" in unwritten
    assert replace(made(root), notes=()) == made(root)
