"""Writes a rewritten file so that nothing is lost: atomically, and not over work that git does not have."""

import contextlib
import os
import pathlib
import subprocess
import tempfile

from layerwise.errors import UsageError


def write(path: pathlib.Path, text: str, *, force: bool) -> None:
    """Replace a file's content at once; mode and symbolic links stay.

    Raises:
        UsageError: The file has changes that git does not have, or git can't say, and ``force`` is not set.
    """
    require_saved(path, force=force)
    target = path.resolve()
    there = target.stat()
    create(target, text, mode=there.st_mode & 0o7777, owner=(there.st_uid, there.st_gid))


def require_saved(path: pathlib.Path, *, force: bool) -> None:
    """Let nobody lose work.

    Raises:
        UsageError: The file has changes that git does not have, or git can't say, and ``force`` is not set.
    """
    if not force and (state := _uncommitted(path.resolve())):
        raise UsageError(f"{path} {state}; commit it first, or use --force")


def create(target: pathlib.Path, text: str, *, mode: int = 0o644, owner: tuple[int, int] | None = None) -> None:
    """Put a file in place whole or not at all; ``owner`` is kept where this user may give files away."""
    handle, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(text.encode("utf-8", "surrogateescape"))
            stream.flush()
            os.fsync(stream.fileno())
        if owner:
            with contextlib.suppress(PermissionError):
                os.chown(temporary, *owner)
        pathlib.Path(temporary).chmod(mode)
        pathlib.Path(temporary).replace(target)
    except BaseException:
        pathlib.Path(temporary).unlink(missing_ok=True)
        raise


def _uncommitted(path: pathlib.Path) -> str:
    """Return what git says of a file that differs from the last commit, "" where it is clean or git is not used."""
    if not any((directory / ".git").exists() for directory in path.parents):
        return ""
    command = [
        "git",
        "--no-optional-locks",
        "--literal-pathspecs",
        "status",
        "--porcelain",
        "--ignored",
        "--",
        path.name,
    ]
    try:
        answer = subprocess.run(command, cwd=path.parent, capture_output=True, check=False)
    except OSError as error:
        return f"may have changes that are not committed (git: {error.strerror})"
    if answer.returncode:
        said = answer.stderr.decode(errors="replace").partition("\n")[0]
        return f"may have changes that are not committed ({said})"
    states = {b"": "", b"??": "is not committed", b"!!": "is ignored by git"}
    return states.get(answer.stdout[:2], "has changes that are not committed")
