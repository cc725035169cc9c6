"""Where a repository's root, its Dockerfile and the build context are."""

import os
import pathlib

from layerwise.config import Config
from layerwise.errors import UsageError
from layerwise.invocation.invocation import Invocation, is_remote, unresolved
from layerwise.invocation.search import Found, best
from layerwise.project.wanted import Wanted


def root_of(start: pathlib.Path) -> pathlib.Path:
    """Return the nearest directory upwards that holds ``.git``, else ``start``."""
    resolved = start.resolve()
    for directory in (resolved, *resolved.parents):
        if (directory / ".git").exists():
            return directory
    return resolved


def places_of(
    wanted: Wanted, config: Config, start: pathlib.Path, root: pathlib.Path, found: Found
) -> tuple[pathlib.Path, pathlib.Path]:
    """Return the Dockerfile and the build context: as the user says, else layerwise.toml, else the team's own files.

    Raises:
        UsageError: One of them is not there.
    """
    named = wanted.file or config.dockerfile
    context = start if wanted.path or not config.context else start / config.context
    if not context.is_dir():
        raise UsageError(f"{context}: no such directory; {config.source} names it as the build context")
    if named:
        dockerfile = pathlib.Path(named)
        if not wanted.file:
            dockerfile = start / named
        if not dockerfile.is_file():
            why = "-f is relative to the current directory" if wanted.file else f"{config.source} names it"
            raise UsageError(f"{dockerfile}: no such Dockerfile; {why}")
        if not wanted.path and (build := best(found.invocations, relative(dockerfile, root))):
            return dockerfile, _context_of(build, root, start) or context
        return dockerfile, context
    for name in ("Dockerfile", "Containerfile"):
        if (context / name).is_file():
            return context / name, context
    built = dict.fromkeys(build.dockerfile for build in found.invocations if (root / build.dockerfile).is_file())
    if len(built) == 1 and (build := best(found.invocations, next(iter(built)))):
        directory = _context_of(build, root, start)
        if directory:
            return _shown(root / build.dockerfile), directory
    files = (path for path in root.rglob("*ockerfile*") if path.is_file() and ".git" not in path.parts)
    there = sorted(str(_shown(path)) for path in files)
    hint = f"; there is {', '.join(there[:5])}: name one with -f" if there else ""
    raise UsageError(f"{context}: no Dockerfile here{hint}")


def _context_of(build: Invocation, root: pathlib.Path, start: pathlib.Path) -> pathlib.Path | None:
    """Return a build's context where it is a directory of this repository."""
    if is_remote(build.context) or unresolved(build.context):
        return None
    directory = root / build.context
    if not directory.is_dir():
        return None
    return start if directory.resolve() == start.resolve() else _shown(directory)


def _shown(path: pathlib.Path) -> pathlib.Path:
    """Return a path as seen from the current directory."""
    return pathlib.Path(os.path.relpath(path))


def relative(path: pathlib.Path, root: pathlib.Path) -> str:
    """Return a path as seen from the root."""
    return pathlib.Path(os.path.relpath(path.resolve(), root)).as_posix()
