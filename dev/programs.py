"""The programs that scripts of this folder begin with: dev/engine, which says where the engine is, and layerwise."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from subprocess import PIPE

from dev.montage_stand_ins import Engine

DEV_ENGINE = Path(__file__).with_name("engine")
NO_ENGINE = 4
"""What a script ends with where there is no engine, as layerwise does."""


def engine_environment() -> dict[str, str] | str:
    """Return the variables of the engine that dev/engine brought up, or its reason why there is none."""
    answer = subprocess.run([DEV_ENGINE, "env", "--json"], check=False, capture_output=True, text=True)
    if answer.returncode:
        return answer.stderr.strip()
    environment: dict[str, str] = json.loads(answer.stdout)
    return environment


def needed_engine() -> Engine:
    """Return the engine that dev/engine brought up, and let all that this process runs use it.

    Raises:
        SystemExit: There is none, which is said.
    """
    environment = engine_environment()
    if isinstance(environment, str):
        print(environment, file=sys.stderr)
        raise SystemExit(NO_ENGINE)
    os.environ.update(environment)
    return Engine.of(os.environ)


def layerwise(
    *arguments: str,
    cwd: Path | None = None,
    store: Path | None = None,
    stdout: int | None = PIPE,
    stderr: int | None = None,
    check: bool = True,
) -> subprocess.CompletedProcess[str]:
    """Run layerwise as a user does.

    Args:
        arguments: The command and its arguments.
        cwd: Where it is run, None for here.
        store: The file that keeps what it records, None for what LAYERWISE_STORE says.
        stdout: As subprocess takes it: by default it is kept.
        stderr: See there: by default it is shown.
        check: Whether another exit code than 0 is an error.

    Raises:
        subprocess.CalledProcessError: It failed, and that is an error; the message is what a user would have typed.
    """
    environment = os.environ | ({"LAYERWISE_STORE": f"sqlite:///{store}"} if store else {})
    done = subprocess.run(
        [sys.executable, "-m", "layerwise.cli", *arguments],
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        check=False,
        text=True,
    )
    done.args = shlex.join(("layerwise", *arguments))
    if check:
        done.check_returncode()
    return done
