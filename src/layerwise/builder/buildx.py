"""Runs docker; the only module that does."""

import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO

from layerwise.errors import BuilderError, BuildFailed

_GROUPS = "__group__"  # where buildx keeps what the builds of one bake have in common; no builder may be called so
_WAIT_S = 60.0
_LOAD_S = 600.0


@dataclass(frozen=True, slots=True, order=True)
class Reference:
    """An engine's record of a build: the builder, the node of it that built, and the record's id there."""

    builder: str
    node: str
    id: str


def can_export(environment: Mapping[str, str]) -> bool:
    """Whether docker has a buildx that gives records of builds away (0.23 and later do).

    Raises:
        BuilderError: There is no docker here, or it does not answer.
    """
    answer = _docker(("buildx", "history", "export", "--help"), environment)
    # An unknown subcommand is answered by the help of the command above it.
    return answer.returncode == 0 and b"buildx history export" in answer.stdout


def references(environment: Mapping[str, str]) -> frozenset[Reference]:
    """Return the builds that buildx has begun on this machine, running ones too.

    buildx writes one file for each in its configuration directory (localstate in docker/buildx) when it begins.
    """
    directory = _config_directory(environment) / "refs"
    found = (path.relative_to(directory).parts for path in directory.glob("*/*/*") if path.is_file())
    return frozenset(Reference(*parts) for parts in found if parts[0] != _GROUPS)


def export(reference: Reference, environment: Mapping[str, str]) -> bytes:
    """Return the engine's record of a build as a ``.dockerbuild`` archive.

    Raises:
        BuilderError: The builder does not answer, or has no such record any more.
    """
    with tempfile.TemporaryDirectory(prefix="layerwise-") as directory:
        path = pathlib.Path(directory) / "build.dockerbuild"
        where = ("--builder", reference.builder, "--output", str(path))
        answer = _docker(("buildx", "history", "export", *where, reference.id), environment)
        if answer.returncode or not path.is_file():
            raise BuilderError(f"builder {reference.builder}: no record of build {reference.id}: {_last(answer)}")
        return path.read_bytes()


def usage(environment: Mapping[str, str], builder: str | None) -> str:
    """Return the records of a builder's cache, as JSON lines or, from a buildx before 0.28, as text.

    Raises:
        BuilderError: The builder does not answer.
    """
    where = ("--builder", builder) if builder else ()
    answer = _docker(("buildx", "du", "--format", "json", *where), environment)
    if answer.returncode:
        answer = _docker(("buildx", "du", "--verbose", *where), environment)
    if answer.returncode:
        raise BuilderError(f"docker buildx du: {_last(answer)}")
    return answer.stdout.decode(errors="replace")


def require_builder(environment: Mapping[str, str]) -> None:
    """Ask buildx's current builder whether it answers.

    Raises:
        BuilderError: There is no docker here, or no builder.
    """
    answer = _docker(("buildx", "inspect"), environment)
    if answer.returncode:
        raise BuilderError(f"no builder answers: {_last(answer)}")


def build_archive(
    dockerfile: pathlib.Path,
    context: pathlib.Path,
    options: Sequence[str],
    archive: pathlib.Path,
    take: Callable[[bytes], object] | None = None,
) -> None:
    """Build a Dockerfile and write its image to an OCI archive; buildx shows its progress on standard error.

    Args:
        dockerfile: The Dockerfile.
        context: The build context.
        options: Further options of ``docker buildx build``.
        archive: The file to write.
        take: Is given each line of the progress, which is plain then.

    Raises:
        BuildFailed: It does not build.
        BuilderError: There is no docker here.
    """
    output = ("--provenance=false", f"--output=type=oci,dest={archive}", f"--file={dockerfile}")
    command = ("docker", "buildx", "build", *output, *options, str(context))
    code = run(command, None) if take is None else run_teed(command, os.environ, take)
    if code:
        raise BuildFailed(f"{dockerfile} does not build: docker ended with {code}")


def load(write: Callable[[IO[bytes]], None], environment: Mapping[str, str]) -> None:
    """Bring the images of an archive into the engine's store.

    Args:
        write: Writes the archive to a stream.
        environment: For docker.

    Raises:
        BuilderError: There is no docker here, or it does not take the archive in time.
    """
    command = ("docker", "image", "load", "--quiet")
    with _started(command, environment, subprocess.PIPE, subprocess.PIPE) as process:
        assert process.stdin is not None
        limit = threading.Timer(_LOAD_S, process.kill)
        limit.start()
        try:
            with suppress(BrokenPipeError):  # docker has ended, and says why
                write(process.stdin)
            out, err = process.communicate()
        finally:
            limit.cancel()
    if process.returncode:
        answer = subprocess.CompletedProcess(command, process.returncode, out, err)
        raise BuilderError(f"docker can't load the image: {_last(answer)}")


def remove(name: str, environment: Mapping[str, str]) -> None:
    """Remove an image's name from the engine's store, and the image where that was its only one.

    Raises:
        BuilderError: There is no docker here, it does not answer, or the image is in use.
    """
    answer = _docker(("image", "rm", name), environment)
    if answer.returncode and b"No such image" not in answer.stderr:
        raise BuilderError(f"docker can't remove the image {name} again: {_last(answer)}")


def run_in(
    image: str, platform: str, command: Sequence[str], environment: Mapping[str, str], limit_s: float
) -> tuple[int, bytes, bytes]:
    """Run a command in a new container without a network; return its exit code and what it wrote.

    The container is gone afterwards, whatever happens.

    Raises:
        BuilderError: There is no docker here, or the command takes longer than ``limit_s`` seconds.
    """
    name = f"layerwise-{uuid.uuid4().hex}"
    start = ("run", "--rm", f"--name={name}", "--network=none", f"--platform={platform}", f"--entrypoint={command[0]}")
    try:
        answer = _docker((*start, image, *command[1:]), environment, limit_s)
    except BaseException:  # the client is killed then, and the container would run on
        _docker(("container", "rm", "--force", name), environment)
        raise
    return answer.returncode, answer.stdout, answer.stderr


def run(command: Sequence[str], environment: Mapping[str, str] | None) -> int:
    """Run a user's command with his terminal and return its exit code; an interrupt is the command's to answer.

    Raises:
        BuilderError: There is no such command.
    """
    with _undisturbed(), _started(command, environment, None) as process:
        return _code(process.wait())


def run_teed(command: Sequence[str], environment: Mapping[str, str], take: Callable[[bytes], object]) -> int:
    """Run a user's command with plain progress; each line it writes to standard error is shown and given to ``take``.

    Raises:
        BuilderError: There is no such command.
    """
    plain = {**environment, "BUILDKIT_PROGRESS": "plain"}
    with _undisturbed(), _started(command, plain, subprocess.PIPE) as process:
        assert process.stderr is not None
        for line in process.stderr:
            sys.stderr.buffer.write(line)
            sys.stderr.buffer.flush()
            take(line)
        return _code(process.wait())


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Let an interrupt pass: the command shares our terminal, answers it and ends, and then its build is recorded."""
    if threading.current_thread() is not threading.main_thread():  # interrupts reach only that one
        yield
        return
    before = signal.signal(signal.SIGINT, lambda *_: None)  # a handler of ours is not inherited, ignoring would be
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _started(
    command: Sequence[str], environment: Mapping[str, str] | None, stderr: int | None, piped: int | None = None
) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(command, env=environment, stdin=piped, stdout=piped, stderr=stderr)
    except OSError as error:
        raise BuilderError(f"{command[0]}: {error.strerror}") from error


def _code(returned: int) -> int:
    """Return an exit code as a shell gives it: 128 and the signal for a command that a signal ended."""
    return returned if returned >= 0 else 128 - returned


def _docker(
    arguments: Iterable[str], environment: Mapping[str, str], limit_s: float | None = None
) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            ("docker", *arguments),
            env=environment,
            check=False,
            stdin=subprocess.DEVNULL,  # what is piped to us is the command's
            capture_output=True,
            timeout=_WAIT_S if limit_s is None else limit_s,
        )
    except FileNotFoundError as error:
        raise BuilderError(
            "there is no docker on the PATH; layerwise reads builds through its buildx plugin"
        ) from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BuilderError(f"docker does not answer: {error}") from error


def _config_directory(environment: Mapping[str, str]) -> pathlib.Path:
    if own := environment.get("BUILDX_CONFIG"):
        return pathlib.Path(own)
    docker = environment.get("DOCKER_CONFIG") or pathlib.Path(environment.get("HOME", "~")).expanduser() / ".docker"
    return pathlib.Path(docker) / "buildx"


def _last(answer: subprocess.CompletedProcess[bytes]) -> str:
    lines = answer.stderr.decode(errors="replace").strip().splitlines()
    return re.sub(r"^ERROR:\s*", "", lines[-1]) if lines else f"docker ended with {answer.returncode}"
