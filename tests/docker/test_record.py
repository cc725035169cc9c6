"""Builds of many shapes, each recorded through the command that a user would give."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from tests.docker.engine import Engine

from layerwise.records import BuildRecord, Ending, Outcome, Place, Source
from layerwise.store import Store, open_store

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Recorder:
    engine: Engine
    directory: Path
    scope: str

    @property
    def base(self) -> str:
        return self.engine.image("debian:bookworm-slim")

    @property
    def url(self) -> str:
        return f"sqlite:///{self.directory / 'builds.db'}"

    def context(self, dockerfile: str, **files: bytes) -> Path:
        made = self.directory / "context"
        made.mkdir(exist_ok=True)
        (made / "Dockerfile").write_text(dockerfile.replace("BASE", self.base))
        for name, content in files.items():
            (made / name).write_bytes(content)
        return made

    def start(self, command: Sequence[str], context: Path) -> subprocess.Popen:
        environment = {**self.engine.environment, "LAYERWISE_STORE": self.url, "XDG_STATE_HOME": str(self.directory)}
        layerwise = [sys.executable, "-m", "layerwise.cli", "record", "--", *command]
        return subprocess.Popen(
            layerwise, cwd=context, env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True
        )

    def record(self, command: Sequence[str], context: Path, code: int = 0) -> list[BuildRecord]:
        process = self.start(command, context)
        _, said = process.communicate()
        assert process.returncode == code, said
        return self.builds(said)

    def build(self, context: Path, *options: str, code: int = 0, tag: str = "") -> BuildRecord:
        command = ["docker", "buildx", "build", "--progress=plain", *self.scoped(tag), *options, "."]
        (record,) = self.record(command, context, code)
        return record

    @property
    def image(self) -> str:
        return f"layerwise-test/{self.scope}"

    def scoped(self, tag: str = "") -> list[str]:
        host = f"{self.scope}.layerwise.invalid:127.0.0.1"
        return [self.engine.network, f"--add-host={host}", f"--tag={tag or self.image}"]

    def builds(self, said: str) -> list[BuildRecord]:
        """The builds that the command says it recorded; other tests build on the same engine."""
        ids = [line.split()[2].rstrip(":") for line in said.splitlines() if line.startswith("layerwise: recorded ")]
        with self.store() as store:
            return [record for one in ids if is_mine(record := store.find(one, None), self.directory)]

    def store(self) -> Store:
        return open_store(self.url)


def is_mine(record: BuildRecord, directory: Path) -> bool:
    return record.project.startswith(str(directory))


@pytest.fixture
def recorder(engine: Engine, tmp_path: Path) -> Iterator[Recorder]:
    made = Recorder(engine, tmp_path.resolve(), uuid4().hex[:12])
    yield made
    images = engine.docker("image", "ls", "--format={{.Repository}}:{{.Tag}}").split()
    if mine := [image for image in images if made.scope in image]:
        engine.docker("image", "rm", "--force", *mine)


def steps(record: BuildRecord) -> dict[str, str]:
    return {step.id: step.outcome.value for step in record.steps if step.keyword != "FROM"}


def assert_explained(record: BuildRecord) -> None:
    """Steps and overheads account for the wall time but for moments in which the engine ran none of them.

    In those it writes down what it has: milliseconds, or half a second where the disk is busy with other things.
    """
    assert record.wall_s is not None
    left = record.wall_s - record.explained_s
    assert -1e-6 <= left <= idle_s(record) + 0.02, (left, record.wall_s)


def idle_s(record: BuildRecord) -> float:
    """Seconds of the wall time that are in no span of the record."""
    spans = [span for step in record.steps for span in (*step.spans, *step.transfers)]
    spans += [span for overhead in record.overheads for span in overhead.spans]
    idle = reached = 0.0
    for span in sorted(spans):
        idle += max(span.start_s - reached, 0.0)
        reached = max(reached, span.end_s)
    return idle + max(record.wall_s - reached, 0.0)


def test_stages_side_by_side(recorder):
    context = recorder.context(
        """FROM BASE AS slow
RUN sleep 5
RUN head -c 20000000 /dev/urandom > /made
FROM BASE AS fast
RUN sleep 1; echo fast > /fast
FROM BASE
COPY --from=slow /made /made
COPY --from=fast /fast /fast
RUN sleep 2
"""
    )
    record = recorder.build(context)
    assert record.ending is Ending.COMPLETED
    assert record.source is Source.ENGINE
    assert set(steps(record).values()) == {"executed"}
    by_line = {step.line: step for step in record.steps}
    assert by_line[2].critical_s == pytest.approx(by_line[2].duration_s, abs=0.3)
    assert by_line[5].critical_s < 0.5
    assert by_line[7].size_bytes > 15 * MEGABYTE
    assert {step.place for step in record.steps} == {Place.PROVENANCE}
    assert {overhead.kind for overhead in record.overheads} >= {"definition", "export", "unpack"}
    assert_explained(record)
    assert record.explained_s >= 0.95 * record.wall_s  # long enough that moments of the engine's own do not count


def test_an_unchanged_build_runs_nothing(recorder):
    context = recorder.context("FROM BASE\nRUN sleep 1\nRUN echo done\n")
    recorder.build(context)
    record = recorder.build(context)
    assert set(steps(record).values()) == {"cached"}
    assert record.change.kind == "unchanged"
    assert_explained(record)


def test_a_failed_build_has_skipped_steps_and_no_hits_for_them(recorder):
    context = recorder.context(
        "FROM BASE AS beside\nRUN sleep 30\nFROM BASE\nRUN sleep 4; echo said; exit 3\nCOPY --from=beside /etc/passwd /p\n"
    )
    record = recorder.build(context, code=1)
    assert record.ending is Ending.FAILED
    assert steps(record) == {"beside:2": "cancelled", "stage-1:2": "failed", "stage-1:3": "skipped"}
    failed = next(step for step in record.steps if step.outcome is Outcome.FAILED)
    assert failed.line == 4
    assert "exit code: 3" in failed.error
    assert failed.error.endswith("said")
    assert_explained(record)


def test_an_interrupt_reaches_the_build_and_the_build_is_kept(recorder):
    context = recorder.context("FROM BASE\nRUN sleep 1\nRUN sleep 60\n")
    process = recorder.start(["docker", "buildx", "build", "--progress=plain", *recorder.scoped(), "."], context)
    time.sleep(6)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode not in (0, None)
    (record,) = recorder.builds(said)
    assert record.ending is Ending.CANCELLED
    assert steps(record)["stage-0:3"] == "cancelled"
    assert_explained(record)


def test_a_registry_cache_is_imported_and_exported_beside_the_steps(recorder):
    if not recorder.engine.registry:
        pytest.skip("the engine has no registry of its own")
    reference = f"{recorder.engine.registry}/layerwise-test/{recorder.scope}"
    context = recorder.context("FROM BASE\nRUN sleep 3; head -c 10000000 /dev/urandom > /made\n")
    record = recorder.build(
        context,
        f"--cache-to=type=registry,ref={reference}:cache,mode=max",
        f"--cache-from=type=registry,ref={reference}:cache",
        "--push",
        tag=f"{reference}:image",
    )
    kinds = {overhead.kind: overhead for overhead in record.overheads}
    assert kinds.keys() >= {"cache-import", "cache-export", "export", "push"}
    assert "not found" in kinds["cache-import"].error
    assert record.ending is Ending.COMPLETED
    assert record.outputs == ("image", "push", "unpack")
    assert_explained(record)


def test_steps_that_platforms_share_stand_under_each_and_count_once(recorder):
    if "linux/arm64" not in recorder.engine.platforms:
        pytest.skip("no arm64 images here")
    context = recorder.context(
        """FROM --platform=$BUILDPLATFORM BASE AS made
RUN sleep 4; echo made > /made
FROM BASE
COPY --link --from=made /made /made
RUN sleep 1; cat /made
"""
    )
    record = recorder.build(context, "--platform=linux/amd64,linux/arm64")
    shared = [step for step in record.steps if step.line == 2]
    assert [step.platform for step in shared] == ["linux/amd64", "linux/arm64"]
    assert len({step.vertex for step in shared}) == 1
    assert {step.runs_on for step in shared} == {"linux/amd64"}
    ran = {step.platform: step for step in record.steps if step.line == 5}
    assert (ran["linux/amd64"].emulated, ran["linux/arm64"].emulated) == (False, True)
    assert sum(step.line == 2 for step in record.distinct()) == 1
    assert_explained(record)


def test_here_documents_keep_their_lines(recorder):
    context = recorder.context(
        """FROM BASE
RUN <<EOF
set -e
sleep 3
echo one > /one
EOF
COPY <<EOF /two
two
EOF
RUN sleep 1
"""
    )
    record = recorder.build(context)
    assert {step.line: step.keyword for step in record.steps} == {1: "FROM", 2: "RUN", 7: "COPY", 10: "RUN"}
    assert_explained(record)


def test_a_bake_makes_a_record_of_each_target(recorder):
    context = recorder.context("FROM BASE AS one\nRUN sleep 3\nFROM BASE AS two\nRUN sleep 2\n")
    (context / "docker-bake.hcl").write_text(
        f"""group "default" {{ targets = ["one", "two"] }}
target "one" {{
  target = "one"
  output = ["type=cacheonly"]
  extra-hosts = {{ "{recorder.scope}.layerwise.invalid" = "127.0.0.1" }}
}}
target "two" {{
  target = "two"
  output = ["type=cacheonly"]
  extra-hosts = {{ "{recorder.scope}.layerwise.invalid" = "127.0.0.1" }}
}}
"""
    )
    records = recorder.record(["docker", "buildx", "bake", "--progress=plain"], context)
    assert sorted(record.sources.target for record in records) == ["one", "two"]
    assert len({record.group for record in records} - {""}) == 1
    for record in records:
        assert_explained(record)


def test_the_context_is_an_overhead_with_its_bytes(recorder):
    context = recorder.context("FROM BASE\nCOPY big /big\nRUN sleep 2\n", big=os.urandom(40 * MEGABYTE))
    record = recorder.build(context)
    transferred = next(overhead for overhead in record.overheads if overhead.kind == "context")
    assert transferred.size_bytes > 39 * MEGABYTE
    assert_explained(record)


def test_equal_work_of_builds_at_once_is_counted_once(recorder):
    context = recorder.context("FROM BASE\nRUN sleep 4; echo shared\n")
    # Two names: of two builds that make one name at once, the engine fails the second ("already exists").
    tags = [f"{recorder.image}:{name}" for name in ("first", "second")]
    commands = [["docker", "buildx", "build", "--progress=plain", *recorder.scoped(tag), "."] for tag in tags]
    processes = [recorder.start(command, context) for command in commands]
    said = [process.communicate()[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], said
    with recorder.store() as store:
        records = [record for record in store.records(None, limit=10) if is_mine(record, recorder.directory)]
        keys = {step.key for record in records for step in record.steps if step.keyword == "RUN"}
        assert len(records) == 2
        assert sum(map(len, store.executions(records[0].project, keys).values())) == 1
    for record in records:
        assert_explained(record)


def test_a_secret_argument_is_nowhere_in_the_store(recorder):
    secret = f"tok{uuid4().hex}"
    context = recorder.context("FROM BASE\nARG API_TOKEN\nRUN echo $API_TOKEN; sleep 1; false\n")
    record = recorder.build(context, f"--build-arg=API_TOKEN={secret}", code=1)
    ((name, value),) = record.sources.arguments
    assert name == "API_TOKEN"
    assert value.startswith("hmac:")
    with recorder.store() as store:
        assert secret not in str(store.find(record.id, None))
    assert secret.encode() not in (recorder.directory / "builds.db").read_bytes()
