"""What `dev/engine` says, and how it runs other programs."""

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path


class EngineUnavailableError(Exception):
    """No engine can be had here; the message is one plain line that says why."""


@contextmanager
def step(what: str) -> Iterator[None]:
    """Say what was done and how many seconds it took, once it is done."""
    begun = time.monotonic()
    yield
    print(f"  {what:<66} {time.monotonic() - begun:6.1f} s", file=sys.stderr, flush=True)


def say(line: str) -> None:
    """Print one line of progress to standard error."""
    print(f"  {line}", file=sys.stderr, flush=True)


def run(argv: Sequence[str], log: Path, *, env: Mapping[str, str] | None = None, stdin: str = "") -> None:
    """Run a program to its end, its output going to `log`.

    Raises:
        EngineUnavailableError: the program failed; carries the last line that it wrote.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as sink:
        try:
            done = subprocess.run(argv, check=False, env=env, input=stdin, text=True, stdout=sink, stderr=sink)
        except FileNotFoundError:
            raise EngineUnavailableError(f"{argv[0]} is not on this machine") from None
    if done.returncode:
        raise EngineUnavailableError(f"{Path(argv[0]).name} failed: {last_line(log)} (whole output: {log})")


def last_line(log: Path) -> str:
    """The line of `log` that most likely names the fault: the first error, else the last line."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith(("E:", "ERROR", "failed"))]
    return (errors[:1] or lines[-1:] or ["it wrote nothing"])[0]


def succeeds(argv: Sequence[str], env: Mapping[str, str] | None = None) -> bool:
    """Whether a program exists and exits with 0 within 10 seconds."""
    try:
        done = subprocess.run(argv, check=False, env=env, capture_output=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
