import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from layerwise.builder import buildx, local_state
from layerwise.builder.local_state import Reference
from layerwise.errors import BuilderError, ImageError

EXPORTS = 'case "$*" in *--help) echo "Usage:  docker buildx history export [OPTIONS] [REF...]";; *) '
REFERENCE = Reference("maker", "maker0", "abc")


class Docker:
    """A program called docker on the PATH, that does what a shell script says."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "bin" / "docker"
        self.path.parent.mkdir()
        self.home = directory / "home"
        self.environment = {"PATH": f"{self.path.parent}:/usr/bin:/bin", "HOME": str(self.home)}

    def does(self, script: str) -> None:
        self.path.write_text(f"#!/bin/sh\n{script}\n")
        self.path.chmod(0o755)

    def began(self, *parts: str, directory: str = ".docker/buildx") -> None:
        path = self.home.joinpath(directory, "refs", *parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")


@pytest.fixture
def docker(tmp_path: Path) -> Docker:
    return Docker(tmp_path)


def test_a_buildx_that_exports_records_is_known_by_its_help(docker: Docker) -> None:
    docker.does('echo "Usage:  docker buildx history export [OPTIONS] [REF...]"')
    assert buildx.can_export(docker.environment)


@pytest.mark.parametrize(
    "script",
    [
        'echo "Usage:  docker buildx history [OPTIONS] COMMAND"',
        'echo "Usage:  docker [OPTIONS] COMMAND"',
        "echo \"docker: 'buildx' is not a docker command.\" >&2; exit 1",
        'echo "docker buildx history export"; exit 1',
    ],
)
def test_a_docker_that_can_not_export_is_known_too(docker: Docker, script: str) -> None:
    docker.does(script)
    assert not buildx.can_export(docker.environment)


def test_where_there_is_no_docker_that_is_said(docker: Docker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(docker.path.parent))
    with pytest.raises(BuilderError, match="there is no docker on the PATH"):
        buildx.can_export({"PATH": str(docker.path.parent)})


def test_a_docker_that_does_not_answer_is_given_up(docker: Docker, monkeypatch: pytest.MonkeyPatch) -> None:
    docker.does("exec sleep 5")
    monkeypatch.setattr(buildx, "_WAIT_S", 0.1)
    with pytest.raises(BuilderError, match="docker does not answer"):
        buildx.can_export(docker.environment)


def test_what_is_piped_to_us_is_not_docker_s(docker: Docker) -> None:
    docker.does('test -z "$(cat)" && echo "docker buildx history export"')
    program = "import os, sys; from layerwise.builder.buildx import can_export; sys.exit(not can_export(os.environ))"
    done = subprocess.run([sys.executable, "-c", program], check=False, env=docker.environment, input=b"FROM debian")
    assert done.returncode == 0


def test_the_builds_begun_are_those_that_buildx_keeps_a_file_of(docker: Docker) -> None:
    assert local_state.references(docker.environment) == frozenset()
    docker.began("maker", "maker0", "abc")
    docker.began("default", "default", "def")
    docker.began("__group__", "default", "group")
    (docker.home / ".docker/buildx/refs/maker/maker0/directory").mkdir()
    assert local_state.references(docker.environment) == {REFERENCE, Reference("default", "default", "def")}


def test_the_directory_of_buildx_may_be_elsewhere(docker: Docker) -> None:
    docker.began("maker", "maker0", "abc", directory="config/buildx")
    docker.began("other", "other0", "abc", directory="state")
    docker_config, buildx_config = str(docker.home / "config"), str(docker.home / "state")
    assert local_state.references(docker.environment | {"DOCKER_CONFIG": docker_config}) == {REFERENCE}
    both = docker.environment | {"DOCKER_CONFIG": docker_config, "BUILDX_CONFIG": buildx_config}
    assert local_state.references(both) == {Reference("other", "other0", "abc")}


def test_an_export_is_asked_of_the_builder_that_built(docker: Docker) -> None:
    docker.does('shift 3; test "$1 $2 $3 $5" = "--builder maker --output abc" && echo archive > "$4"')
    assert buildx.export(REFERENCE, docker.environment) == b"archive\n"


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("echo 'some warning' >&2; echo 'ERROR: no such record' >&2; exit 1", "no such record"),
        ("exit 7", "docker ended with 7"),
        ("exit 0", "docker ended with 0"),
    ],
)
def test_an_export_that_fails_says_why(docker: Docker, script: str, why: str) -> None:
    docker.does(script)
    with pytest.raises(BuilderError) as caught:
        buildx.export(REFERENCE, docker.environment)
    assert str(caught.value) == f"builder maker: no record of build abc: {why}"


def test_the_usage_of_a_builder_s_cache_is_asked_as_json_or_else_as_text(docker: Docker) -> None:
    docker.does('echo "$@"')
    assert "--format json" in buildx.usage(docker.environment, None)
    assert "--builder maker" in buildx.usage(docker.environment, "maker")
    docker.does('case "$*" in *--format*) exit 1;; esac; echo "$@"')
    assert buildx.usage(docker.environment, "maker") == "buildx du --verbose --builder maker\n"


def test_a_builder_that_does_not_say_what_its_cache_holds_is_named(docker: Docker) -> None:
    docker.does("echo 'ERROR: no builder \"maker\" found' >&2; exit 1")
    with pytest.raises(BuilderError, match='docker buildx du: no builder "maker" found'):
        buildx.usage(docker.environment, "maker")


@pytest.mark.parametrize(
    ("script", "code"), [("exit 0", 0), ("exit 3", 3), ("kill -TERM $$", 143), ("kill -KILL $$", 137)]
)
def test_the_exit_code_is_the_command_s_as_a_shell_gives_it(script: str, code: int) -> None:
    assert buildx.run(["sh", "-c", script], os.environ) == code
    assert buildx.run_teed(["sh", "-c", script], os.environ, lambda _: None) == code


def test_a_command_may_be_run_from_any_thread() -> None:
    with ThreadPoolExecutor() as pool:
        assert pool.submit(buildx.run, ["sh", "-c", "exit 3"], os.environ).result() == 3


@pytest.mark.parametrize("mode", [0o644, None])
def test_a_command_that_is_not_there_is_named(tmp_path: Path, mode: int | None) -> None:
    command = tmp_path / "command"
    if mode is not None:
        command.write_text("#!/bin/sh\n")
        command.chmod(mode)
    with pytest.raises(BuilderError, match=f"{command}: (No such file or directory|Permission denied)"):
        buildx.run([str(command)], os.environ)
    with pytest.raises(BuilderError, match=f"{command}: "):
        buildx.run_teed([str(command)], os.environ, lambda _: None)


def test_the_command_has_the_environment_and_our_streams(capfd: pytest.CaptureFixture[str]) -> None:
    assert buildx.run(["sh", "-c", "echo $WORD; echo $WORD >&2"], os.environ | {"WORD": "said"}) == 0
    assert capfd.readouterr() == ("said\n", "said\n")


def test_a_teed_command_shows_plain_progress_and_gives_each_line(capfd: pytest.CaptureFixture[str]) -> None:
    lines: list[bytes] = []
    script = r"echo out; printf '%s\n' $BUILDKIT_PROGRESS >&2; printf '\377\nlast' >&2"
    assert buildx.run_teed(["sh", "-c", script], os.environ, lines.append) == 0
    assert lines == [b"plain\n", b"\xff\n", b"last"]
    out, err = capfd.readouterr()
    assert (out, err[:6], err[-4:]) == ("out\n", "plain\n", "last")


CALLS = {
    "run": "code = buildx.run(command, os.environ)",
    "run_teed": "code = buildx.run_teed(command, os.environ, lambda line: None)",
}


@pytest.mark.parametrize("call", CALLS)
def test_an_interrupt_is_the_command_s_to_answer_and_what_comes_after_is_ours(call: str, tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    command = [
        "sh",
        "-c",
        f"trap 'kill $!; sleep 0.3; echo stopped >&2; exit 42' INT; touch {ready}; sleep 20 >&- 2>&- & wait",
    ]
    program = f"import os, sys\nfrom layerwise.builder import buildx\ncommand = {command!r}\n{CALLS[call]}\n"
    program += "print('recorded', code)\nimport signal; print(signal.getsignal(signal.SIGINT).__name__)"
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 20
    while not ready.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.1)
    os.killpg(process.pid, signal.SIGINT)
    time.sleep(0.1)
    os.killpg(process.pid, signal.SIGINT)  # an impatient user
    out, err = process.communicate(timeout=20)
    assert out == "recorded 42\ndefault_int_handler\n"
    assert "stopped" in err
    assert "Traceback" not in err


def test_an_archive_is_written_to_docker_as_it_loads(docker: Docker, tmp_path: Path) -> None:
    docker.does(f'[ "$*" = "image load --quiet" ] && cat >{tmp_path}/loaded')
    buildx.load(lambda stream: stream.write(bytes(1 << 20)), docker.environment)
    assert (tmp_path / "loaded").read_bytes() == bytes(1 << 20)


def test_a_docker_that_ends_while_it_is_written_to_says_why(docker: Docker) -> None:
    docker.does('echo "no space left" >&2; exit 1')
    with pytest.raises(BuilderError, match="can't load the image: no space left"):
        buildx.load(lambda stream: stream.write(bytes(1 << 24)), docker.environment)


def test_a_docker_that_does_not_read_is_given_up(docker: Docker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buildx, "_LOAD_S", 0.2)
    docker.does("exec sleep 60")
    with pytest.raises(BuilderError, match="can't load the image"):
        buildx.load(lambda stream: stream.write(bytes(1 << 24)), docker.environment)


def test_what_can_not_be_written_ends_docker_and_is_said(docker: Docker) -> None:
    def broken(_stream: object) -> None:
        raise ImageError("the layer is damaged")

    docker.does("cat >/dev/null; exit 1")
    with pytest.raises(ImageError, match="the layer is damaged"):
        buildx.load(broken, docker.environment)


def test_removing_what_is_not_there_is_no_error_and_what_is_in_use_is(docker: Docker) -> None:
    docker.does('echo "Error response from daemon: No such image: $3" >&2; exit 1')
    buildx.remove("a:1", docker.environment)
    docker.does('echo "container 1 is using $3" >&2; exit 1')
    with pytest.raises(BuilderError, match="can't remove the image a:1 again: container 1 is using a:1"):
        buildx.remove("a:1", docker.environment)


def test_the_container_of_a_command_that_does_not_end_is_removed(docker: Docker, tmp_path: Path) -> None:
    docker.does(f'echo "$*" >>{tmp_path}/said; [ "$1" != run ] || exec sleep 60')
    with pytest.raises(BuilderError, match="does not answer"):
        buildx.run_in("a:1", "linux/amd64", ["tool"], docker.environment, 0.3)
    run, remove = (tmp_path / "said").read_text().splitlines()
    (name,) = (word.removeprefix("--name=") for word in run.split() if word.startswith("--name="))
    assert remove == f"container rm --force {name}"
