import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.builder.recorded import CONFIG, DIRECTORY, changed, content, text

from layerwise.builder.redact import Redactor
from layerwise.errors import BuilderError
from layerwise.recording import engine_records as module
from layerwise.recording.command import Recorded, record_command
from layerwise.records import Ending, Outcome, Place, Source
from layerwise.store import Store, open_store

REFS = "home/.docker/buildx/refs/maker/maker0"
PLAIN = """\
#1 [internal] load build definition from Dockerfile
#1 DONE 0.1s

#2 [2/2] RUN make
#2 DONE 1.5s
"""


class Machine:
    """A machine whose docker knows recorded builds: each is begun by making a file of its name."""

    def __init__(self, top: Path) -> None:
        self.top = top
        self.refs = top / REFS
        self.refs.mkdir(parents=True)
        self.archives = top / "archives"
        self.archives.mkdir()
        self.shop = top / "shop"
        self.shop.mkdir()
        self.environment = {
            "PATH": f"{top / 'bin'}:/usr/bin:/bin",
            "HOME": str(top / "home"),
            "DOCKER_HOST": "tcp://engine.example:2376",
        }
        self.docker(
            f"""case "$*" in
            *--help) echo "Usage:  docker buildx history export [OPTIONS] [REF...]";;
            "buildx du "*) cat {DIRECTORY}/du/buildx-0.29.1.jsonl;;
            *) shift 6; cp {self.archives}/"$2" "$1" || exit 1;;
            esac"""
        )

    def docker(self, script: str) -> None:
        path = self.top / "bin" / "docker"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def knows(self, name: str, archive: bytes | None = None) -> None:
        (self.archives / name).write_bytes(content(name, "record.dockerbuild") if archive is None else archive)

    def built_here(self, name: str, **values: object) -> bytes:
        """A recorded build whose context is the shop of this machine."""
        state = {"Target": "default", "LocalPath": str(self.shop), "DockerfilePath": ""}

        def moved(blob: bytes) -> bytes:
            return json.dumps(json.loads(blob) | {"localState": state} | values).encode()

        return changed(name, CONFIG, moved)

    def git(self, *arguments: str) -> str:
        names = ("-c", "user.name=a", "-c", "user.email=a@example.com")
        command = ["git", "-C", str(self.shop), *names, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    monkeypatch.setattr(module, "PATIENCE_S", 0.3)
    monkeypatch.setattr(module, "PAUSE_S", 0.02)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    return Machine(tmp_path)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(f"sqlite:///{tmp_path}/builds.db") as opened:
        yield opened


def run(machine: Machine, store: Store, script: str, project: str | None = None) -> Recorded:
    command = ["sh", "-c", script]
    return record_command(command, store, Redactor(b"key"), machine.environment, machine.shop, project)


def begin(machine: Machine, *names: str) -> str:
    return "; ".join(f"touch {machine.refs}/{name}" for name in names)


def test_what_a_command_builds_is_kept_and_its_exit_code_returned(machine: Machine, store: Store) -> None:
    machine.knows("stages")
    found = run(machine, store, f"{begin(machine, 'stages')}; exit 3")
    assert (found.code, found.problems) == (3, ())
    (kept,) = found.builds
    assert kept.new
    assert (kept.record.source, kept.record.builder, kept.record.project) == (
        Source.ENGINE,
        "maker",
        "github.com/acme/shop",
    )
    assert kept.record.cache_bytes
    assert store.records(None, limit=9) == (kept.record,)


def test_builds_begun_before_are_not_the_command_s(machine: Machine, store: Store) -> None:
    (machine.refs / "stages").touch()
    assert run(machine, store, "true") == Recorded(0, ())


def test_several_builds_come_by_their_start(machine: Machine, store: Store) -> None:
    for name in ("unchanged", "stages"):
        machine.knows(name)
    found = run(machine, store, begin(machine, "unchanged", "stages"))
    starts = [kept.record.started_at or 0 for kept in found.builds]
    assert len(starts) == 2
    assert starts == sorted(starts)


def test_a_build_that_was_kept_before_stays_as_it_is(machine: Machine, store: Store) -> None:
    machine.knows("stages")
    run(machine, store, begin(machine, "stages"))
    (machine.refs / "stages").unlink()
    (again,) = run(machine, store, begin(machine, "stages")).builds
    assert not again.new
    assert len(store.records(None, limit=9)) == 1


def test_the_project_may_be_given(machine: Machine, store: Store) -> None:
    machine.knows("failed", machine.built_here("failed"))
    (kept,) = run(machine, store, begin(machine, "failed"), project="mine").builds
    assert kept.record.project == "mine"


def test_another_directory_s_build_is_never_of_this_project(machine: Machine, store: Store) -> None:
    machine.git("init", "--quiet", "--initial-branch=main")
    state = {"Target": "default", "LocalPath": "/gone/since", "DockerfilePath": ""}
    elsewhere = changed(
        "failed",
        CONFIG,
        lambda blob: json.dumps(
            {
                name: value
                for name, value in (json.loads(blob) | {"localState": state}).items()
                if name != "FrontendAttrs"
            }
        ).encode(),
    )
    machine.knows("failed", elsewhere)
    for project in (None, "mine"):
        (kept,) = run(machine, store, begin(machine, "failed"), project=project).builds
        assert kept.record.project == "/gone/since"
        (machine.refs / "failed").unlink()


def test_a_build_outside_of_any_repository_is_of_its_directory(machine: Machine, store: Store) -> None:
    machine.knows("failed", machine.built_here("failed"))
    (kept,) = run(machine, store, begin(machine, "failed")).builds
    assert kept.record.project == str(machine.shop)


def test_a_build_without_a_directory_is_of_the_one_where_the_command_ran(machine: Machine, store: Store) -> None:
    machine.knows(
        "failed", changed("failed", CONFIG, lambda blob: json.dumps(json.loads(blob) | {"localState": None}).encode())
    )
    (kept,) = run(machine, store, begin(machine, "failed")).builds
    assert kept.record.project == str(machine.shop)


def test_a_build_in_a_repository_has_its_commit_as_it_was_before_the_command(machine: Machine, store: Store) -> None:
    (machine.shop / "Dockerfile").write_text(text("failed"))
    (machine.shop / "seed.txt").write_text("seed")
    machine.git("init", "--quiet", "--initial-branch=main")
    machine.git("remote", "add", "origin", "git@git.example:acme/shop.git")
    machine.git("add", ".")
    machine.git("commit", "--quiet", "--message=x")
    machine.knows("failed", machine.built_here("failed"))
    (kept,) = run(machine, store, f"{begin(machine, 'failed')}; touch {machine.shop}/made-by-the-build; exit 1").builds
    sources = kept.record.sources
    assert kept.record.project == "git.example/acme/shop"
    assert (sources.commit, sources.dirty) == (machine.git("rev-parse", "HEAD"), ())
    assert (sources.dockerfile, sources.context) == ("Dockerfile", ".")
    assert kept.record.ending is Ending.FAILED
    assert {(step.id, step.line, step.place) for step in kept.record.steps} >= {("broken:3", 8, Place.NAME)}


def test_a_build_of_another_repository_has_that_one_s_commit(machine: Machine, store: Store, tmp_path: Path) -> None:
    machine.git("init", "--quiet", "--initial-branch=main")
    machine.git("commit", "--quiet", "--allow-empty", "--message=x")
    commit = machine.git("rev-parse", "HEAD")
    machine.knows("failed", machine.built_here("failed"))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    command = ["sh", "-c", begin(machine, "failed")]
    found = record_command(command, store, Redactor(b"key"), machine.environment, elsewhere)
    assert found.builds[0].record.sources.commit == commit


def test_a_build_of_which_the_engine_keeps_no_record_is_a_problem_and_hides_no_other(
    machine: Machine, store: Store
) -> None:
    machine.knows("stages")
    machine.knows("broken", b"no archive")
    found = run(machine, store, begin(machine, "lost", "broken", "stages"))
    assert [kept.record.project for kept in found.builds] == ["github.com/acme/shop"]
    broken, lost = found.problems
    assert broken.startswith("build broken: no .dockerbuild export")
    assert lost.startswith("builder maker: no record of build lost: ")


def test_a_build_that_still_runs_is_a_problem(machine: Machine, store: Store) -> None:
    machine.knows("killed", machine.built_here("killed", CompletedAt=None))
    found = run(machine, store, begin(machine, "killed"))
    assert found.builds == ()
    assert found.problems == ("build killed still runs; `layerwise import` reads its export once it has ended",)


def test_a_build_whose_end_the_engine_notices_late_is_waited_for(machine: Machine, store: Store) -> None:
    machine.knows("done", content("killed", "record.dockerbuild"))
    late = f"(sleep 0.15; mv {machine.archives}/done {machine.archives}/killed) >/dev/null 2>&1 &"
    found = run(machine, store, f"{begin(machine, 'killed')}; {late}")
    (kept,) = found.builds
    assert kept.record.ending is Ending.CANCELLED
    assert found.problems == ()


def test_what_the_builder_s_cache_holds_may_not_be_known(machine: Machine, store: Store) -> None:
    machine.knows("stages")
    script = (machine.top / "bin" / "docker").read_text().replace(f"cat {DIRECTORY}/du/buildx-0.29.1.jsonl", "exit 1")
    machine.docker(script.partition("\n")[2])
    (kept,) = run(machine, store, begin(machine, "stages")).builds
    assert kept.record.cache_bytes is None


def test_an_old_buildx_is_listened_to_instead(
    machine: Machine, store: Store, capfd: pytest.CaptureFixture[str]
) -> None:
    machine.docker('echo "Usage:  docker buildx [OPTIONS] COMMAND"')
    machine.git("init", "--quiet", "--initial-branch=main")
    machine.git("commit", "--quiet", "--allow-empty", "--message=x")
    log = machine.top / "log"
    log.write_text(PLAIN)
    found = run(machine, store, f"cat {log} >&2; exit 5")
    assert found.code == 5
    assert capfd.readouterr().err == PLAIN
    (kept,) = found.builds
    assert (kept.record.source, kept.record.project) == (Source.PLAIN, str(machine.shop))
    assert (kept.record.sources.commit, kept.record.sources.dirty) == (machine.git("rev-parse", "HEAD"), ())
    assert [(step.id, step.outcome, step.duration_s) for step in kept.record.steps] == [
        ("stage-0:2", Outcome.EXECUTED, 1.5)
    ]
    assert len(found.problems) == 1
    assert "older than 0.23" in found.problems[0]


def test_an_old_buildx_outside_of_a_repository_builds_for_its_directory(machine: Machine, store: Store) -> None:
    machine.docker("exit 1")
    log = machine.top / "log"
    log.write_text(PLAIN)
    (kept,) = run(machine, store, f"cat {log} >&2", project=None).builds
    assert (kept.record.project, kept.record.sources.commit, kept.record.sources.dirty) == (str(machine.shop), "", None)


def test_without_docker_nothing_is_run(machine: Machine, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    (machine.top / "bin" / "docker").unlink()
    machine.environment["PATH"] = str(machine.top / "bin")
    monkeypatch.setenv("PATH", str(machine.top / "bin"))
    ran = machine.top / "ran"
    with pytest.raises(BuilderError, match="no docker"):
        record_command([str(ran)], store, Redactor(b"key"), machine.environment, machine.shop)


def test_a_command_that_is_not_there_is_named(machine: Machine, store: Store) -> None:
    with pytest.raises(BuilderError, match="nowhere: No such file or directory"):
        record_command(["nowhere"], store, Redactor(b"key"), machine.environment, machine.shop)
