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
from contextlib import contextmanager, nullcontext, suppress
from typing import IO

from layerwise.builder.local_state import Reference
from layerwise.errors import BuilderError, BuildFailed

_WAIT_S = 60.0
_LOAD_S = 600.0
_PRUNE_S = 600.0
_INTERRUPTED = 130


def can_export(environment: Mapping[str, str]) -> bool:
    """Whether docker has a buildx that gives records of builds away (0.23 and later do).

    Raises:
        BuilderError: There is no docker here, or it does not answer.
    """
    answer = _docker(("buildx", "history", "export", "--help"), environment)
    # An unknown subcommand is answered by the help of the command above it.
    return answer.returncode == 0 and b"buildx history export" in answer.stdout


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


def prune(ids: Iterable[str], environment: Mapping[str, str], builder: str | None) -> None:
    """Remove records of a builder's cache by their ids; those that something uses stay.

    Raises:
        BuilderError: The builder does not answer.
    """
    only = f"id=^({'|'.join(ids)})$"
    # without --all those stay of which an image has the files too, though no image needs the record
    where = ("--builder", builder) if builder else ()
    answer = _docker(("buildx", "prune", *where, "--all", "--force", "--filter", only), environment, _PRUNE_S)
    if answer.returncode:
        raise BuilderError(f"docker buildx prune: {_last(answer)}")


def is_builder(name: str, environment: Mapping[str, str]) -> bool:
    """Whether there is a builder of this name.

    Raises:
        BuilderError: There is no docker here, or it does not answer.
    """
    return _docker(("buildx", "inspect", name), environment).returncode == 0


def create_builder(name: str, driver_options: Iterable[str], environment: Mapping[str, str]) -> None:
    """Make a builder in a container of its own, without making it the current one.

    Raises:
        BuilderError: It can't be made, or does not start.
    """
    given = (word for option in driver_options for word in ("--driver-opt", option))
    how = ("--driver", "docker-container", *given, "--bootstrap")
    answer = _docker(("buildx", "create", "--name", name, *how), environment, _LOAD_S)
    if answer.returncode:
        raise BuilderError(f"no builder of its own can be made: {_last(answer)}")


def remove_builder(name: str, environment: Mapping[str, str]) -> None:
    """Remove a builder and all that it has cached; nothing where there is none.

    Raises:
        BuilderError: It can't be removed.
    """
    answer = _docker(("buildx", "rm", "--force", name), environment)
    if answer.returncode and b"no builder" not in answer.stderr:
        raise BuilderError(f"docker can't remove the builder {name} again: {_last(answer)}")


def look_up(reference: Reference, environment: Mapping[str, str]) -> str:
    """Return what a builder remembers of one build, as JSON; "" where it remembers none.

    There is no list of them here: ``docker buildx history ls`` can end the engine itself (moby/buildkit#6614).

    Raises:
        BuilderError: There is no docker here, or it does not answer.
    """
    where = ("--builder", reference.builder, "--format", "json")
    answer = _docker(("buildx", "history", "inspect", *where, reference.id), environment)
    return answer.stdout.decode(errors="replace") if answer.returncode == 0 else ""


def endpoint(environment: Mapping[str, str]) -> str:
    """Return where the docker client finds its engine: ``unix:///var/run/docker.sock``; "" where it does not say."""
    answer = _docker(("context", "inspect", "--format", "{{.Endpoints.docker.Host}}"), environment)
    return answer.stdout.decode(errors="replace").strip() if answer.returncode == 0 else ""


def data_directory(environment: Mapping[str, str]) -> str:
    """Return where the engine keeps its data, as a path of its own machine; "" where it does not say."""
    answer = _docker(("info", "--format", "{{.DockerRootDir}}"), environment)
    return answer.stdout.decode(errors="replace").strip() if answer.returncode == 0 else ""


def inspect(environment: Mapping[str, str], builder: str | None) -> str:
    """Return what a builder says of itself, the current one where none is named; it is not started for that.

    Raises:
        BuilderError: There is no such builder.
    """
    answer = _docker(("buildx", "inspect", *((builder,) if builder else ())), environment)
    if answer.returncode:
        raise BuilderError(f"{_last(answer)}; `docker buildx ls` shows which builders there are")
    return answer.stdout.decode(errors="replace")


def contexts(environment: Mapping[str, str]) -> frozenset[str]:
    """Return the names of docker's contexts.

    Raises:
        BuilderError: There is no docker here.
    """
    answer = _docker(("context", "ls", "--format", "{{.Name}}"), environment)
    if answer.returncode:
        raise BuilderError(f"docker context ls: {_last(answer)}")
    return frozenset(answer.stdout.decode(errors="replace").split())


def build_help(environment: Mapping[str, str]) -> str:
    """Return the help of ``docker buildx build``.

    Raises:
        BuilderError: There is no docker here.
    """
    return _docker(("buildx", "build", "--help"), environment).stdout.decode(errors="replace")


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
        KeyboardInterrupt: The build was interrupted, which docker answers before we do.
    """
    output = ("--provenance=false", f"--output=type=oci,dest={archive}", f"--file={dockerfile}")
    command = ("docker", "buildx", "build", *output, *options, str(context))
    code = run(command, None) if take is None else run_teed(command, os.environ, take)
    if code == _INTERRUPTED:
        raise KeyboardInterrupt
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
    with _started(command, environment, subprocess.PIPE, subprocess.PIPE, subprocess.PIPE) as process:
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


class Running:
    """A command that runs, its progress on standard error being ours to read."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], given: pathlib.Path | None, *, mute: bool
    ) -> None:
        """Start a command.

        Args:
            command: The program and its arguments.
            environment: Its own.
            given: What it reads from standard input, None for what we would.
            mute: Whether what it writes to standard output is dropped.

        Raises:
            BuilderError: There is no such command.
        """
        with given.open("rb") if given else nullcontext() as stdin:
            stdout = subprocess.DEVNULL if mute else None
            self._process = _started(command, environment, subprocess.PIPE, stdin, stdout)

    def lines(self) -> Iterator[bytes]:
        """Yield what it writes to standard error, to the end."""
        assert self._process.stderr is not None
        with self._process.stderr as stream:
            yield from stream

    def code(self) -> int:
        """Wait for its end and return its exit code, as a shell gives it."""
        return _code(self._process.wait())

    def interrupt(self) -> None:
        """Interrupt it as Ctrl-C does: buildx then cancels its build."""
        self._process.send_signal(signal.SIGINT)

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()


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
    command: Sequence[str],
    environment: Mapping[str, str] | None,
    stderr: int | None,
    stdin: int | IO[bytes] | None = None,
    stdout: int | None = None,
) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(command, env=environment, stdin=stdin, stdout=stdout, stderr=stderr)
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


def _last(answer: subprocess.CompletedProcess[bytes]) -> str:
    lines = answer.stderr.decode(errors="replace").strip().splitlines()
    return re.sub(r"^ERROR:\s*", "", lines[-1]) if lines else f"docker ended with {answer.returncode}"
