"""The other Dockerfiles of a build context: those that somebody builds on it, and those that lie about."""

import pathlib
import re

from layerwise.graph.elsewhere import Elsewhere, beside
from layerwise.graph.request import Request
from layerwise.invocation.invocation import Invocation, is_remote, pattern, unresolved
from layerwise.invocation.search import Found
from layerwise.project.places import relative

_DOCKERFILE = re.compile(
    r"(?:Dockerfile|Containerfile)(?:[._-].*)?(?<!\.dockerignore)|.*\.(?:Dockerfile|dockerfile|Containerfile)"
)


def elsewhere(found: Found, root: pathlib.Path, own: str, directory: str, request: Request) -> Elsewhere:
    """Return what the other Dockerfiles of a context take: those that somebody builds, and those that lie about."""
    builds = [one for one in found.invocations if _is_on(one, directory)]
    places = (root / directory, (root / own).parent)
    names = {one.name for place in places for one in place.iterdir() if _DOCKERFILE.fullmatch(one.name)}
    lying = {relative(place / name, root) for place in places for name in names if (place / name).is_file()}
    below = (path for path in request.context.files() if _DOCKERFILE.fullmatch(path.rpartition("/")[2]))
    lying |= {pathlib.PurePosixPath(directory, path).as_posix() for path in below}
    untold = [one for one in builds if unresolved(one.dockerfile) or one.dockerfile == "-"]
    named = {one.dockerfile for one in builds if one not in untold}
    unknown = (f"{one.source} builds a Dockerfile that only a run can tell" for one in untold)
    return beside(lying | named, lambda name: _text(root / name), own, request, unknown)


def _is_on(build: Invocation, directory: str) -> bool:
    """Whether a build may have a directory of the repository as its context; an address is taken for the repository."""
    if is_remote(build.context):
        return directory == "."
    return pattern(build.context).fullmatch(directory) is not None


def _text(path: pathlib.Path) -> str | None:
    try:
        return path.read_bytes().decode("utf-8", "surrogateescape")
    except OSError:
        return None
