"""Where the download caches of a RUN lie, whose they are, and whether that can be told at all."""

import re
from collections.abc import Iterable, Iterator

from layerwise.ecosystems.effects import CacheDirectory, Path
from layerwise.graph.identity import numbers
from layerwise.graph.request import Request
from layerwise.graph.run_script import RunScript
from layerwise.graph.state import ROOT
from layerwise.graph.vertex import Graph, Step
from layerwise.syntax.tree import Dockerfile, From

Caches = tuple[CacheDirectory, ...]

_PLAIN = re.compile(r"(?:/[\w.@+-]+)+")
_OF_THE_SYSTEM = ("/var/", "/etc/")
# Variables that official images of a language set, and that move the caches of its package manager.
_MOVED_BY = {
    "go": "GOPATH",
    "cargo": "CARGO_HOME",
    "gem": "GEM_HOME",
    "bundler": "GEM_HOME",
    "gradle": "GRADLE_USER_HOME",
}


def unmounted(step: Step) -> Caches:
    """Return the caches that no mount holds yet; none of conda, whose environments link to what lies there."""
    if any(work.kind.startswith("conda.") for work in step.effects.work):
        return ()
    return tuple(sorted(one for one in step.effects.caches if not step.mounts(one.path)))


def homeless(step: Step) -> bool:
    """Whether a package manager would have a cache, but nobody knows the home directory in which it lies."""
    known = step.effects.fetches and not step.effects.opaque and not step.effects.caches
    managers = (work.kind.partition(".") for work in step.effects.work)
    return known and step.scope is not None and step.scope.home is None and any(verb for *_, verb in managers)


def unplaceable(request: Request, graph: Graph, step: Step, caches: Caches) -> str:
    """Return why the place of the caches can't be told or written in a mount, "" where it can."""
    assert step.scope is not None, "asked of the steps of RUNs"
    managers = {work.kind.partition(".")[0] for work in step.effects.work}
    moving = {_MOVED_BY[manager] for manager in managers if manager in _MOVED_BY}
    unset = sorted(moving.difference(step.scope.environment))
    if unset and (image := base_image(graph, step)) not in request.bases:
        return f"{unset[0]} of {image} decides where its cache lies, and nobody looked that image up"
    if any(cache.path.startswith(_OF_THE_SYSTEM) for cache in caches) and step.scope.user not in ROOT:
        return f"{step.scope.user} runs it, and the cache is the system's"
    return next((f"{one.path} can't be written in a mount" for one in caches if not _PLAIN.fullmatch(one.path)), "")


def unseen(request: Request, graph: Graph, step: Step, caches: Iterable[CacheDirectory]) -> Iterator[str]:
    """Yield what of the base image decides where the caches are, and was not looked up."""
    image = base_image(graph, step)
    if request.base_of(image).user is None:
        yield from (doubt for doubt in step.effects.doubts if "base image's user" in doubt)
        if any(not cache.path.startswith(_OF_THE_SYSTEM) for cache in caches):
            yield f"nobody looked up the variables of {image}, which may put downloads elsewhere"


def base_image(graph: Graph, step: Step) -> str:
    """Return the image on which a step's stage stands, as written."""
    openings = (above.instruction for above in graph.above(step))
    return next((opening.image for opening in openings if isinstance(opening, From)), "scratch")


def owner(dockerfile: Dockerfile, graph: Graph, step: Step) -> str | None:
    """Return the options of a mount that give it to the user of a RUN, "" for root; None where that can't be told."""
    if step.scope is None or step.scope.user in ROOT:
        return ""
    ids = numbers(dockerfile, graph, step)
    return ids and f",uid={ids[0]}" + (f",gid={ids[1]}" if ids[1] else "")


def shared_parent(script: RunScript, caches: Caches) -> str:
    """Say what else a user writes beside a cache: while the RUN runs, directories made for a mount belong to root."""
    trees = [Path(cache.path, tree=True) for cache in caches]
    home = script.parts[0].scope.home or ""
    for tree in trees:
        parent = Path(tree.path.rpartition("/")[0], tree=True)
        written = (path for part in script.parts for path in part.effects.writes if parent.covers(path.path))
        beside = next((path for path in written if not any(one.covers(path.path) for one in trees)), None)
        if beside is not None and parent.path != home:
            return f"it writes {beside.path} too, beside a mount whose directory would be root's"
    return ""
