"""Writes a rewritten file so that nothing is lost: atomically, and not over work that git does not have."""

import os
import pathlib
import subprocess
import tempfile

from layerwise.errors import UsageError


def write(path: pathlib.Path, text: str, *, force: bool) -> None:
    """Replace a file's content at once; mode and symbolic links stay.

    Raises:
        UsageError: Git says that the file has changes which are not committed, and ``force`` is not set.
    """
    target = path.resolve()
    if not force and (state := _uncommitted(target)):
        raise UsageError(f"{path} {state}; commit it first, or use --force")
    create(target, text, mode=target.stat().st_mode & 0o7777)


def create(target: pathlib.Path, text: str, *, mode: int = 0o644) -> None:
    """Put a file in place whole or not at all."""
    handle, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(text.encode("utf-8", "surrogateescape"))
            stream.flush()
            os.fsync(stream.fileno())
        pathlib.Path(temporary).chmod(mode)
        pathlib.Path(temporary).replace(target)
    except BaseException:
        pathlib.Path(temporary).unlink(missing_ok=True)
        raise


def _uncommitted(path: pathlib.Path) -> str:
    """Return what git says of a file that differs from the last commit, "" where it is clean or git is not used."""
    command = ["git", "--no-optional-locks", "status", "--porcelain", "--ignored", "--", path.name]
    try:
        answer = subprocess.run(command, cwd=path.parent, capture_output=True, check=False, text=True)
    except OSError:
        return ""
    if answer.returncode or not answer.stdout:
        return ""
    states = {"??": "is not committed", "!!": "is ignored by git"}
    return states.get(answer.stdout[:2], "has changes that are not committed")
