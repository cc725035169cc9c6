"""What a RUN leaves in its layer that nothing needs: download caches, and archives that it has unpacked."""

from collections.abc import Iterator

from layerwise.ecosystems import Part
from layerwise.ecosystems.effects import Path
from layerwise.ecosystems.keeping import DOCKER_CLEAN
from layerwise.ecosystems.places import place
from layerwise.graph.cache_use import ARCHIVES, TOOLS, UNFINISHED
from layerwise.graph.run_script import RunScript, run_script
from layerwise.graph.vertex import Graph, Kind, Step
from layerwise.syntax.tree import Dockerfile

_FETCHING = frozenset({"curl", "wget"})
_ARCHIVES = (".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst", ".zip", ".deb", ".rpm", ".whl")
_UNUSED = "/etc/apk/cache"  # a cache where somebody made that directory


def caches_left(dockerfile: Dockerfile, graph: Graph, step: Step, script: RunScript) -> tuple[str, ...]:
    """Return the download caches that lie in the layer of a RUN; of those with more than one place, the first."""
    found = dict[str, None]()
    for index, part in enumerate(script.parts):
        off = [one for one in part.effects.uncached if one != "keepcache"]  # dnf keeps its indexes all the same
        paths = sorted(one.path for one in part.effects.caches if not one.read_later and one.path != _UNUSED)
        if off or part.effects.opaque or not part.effects.work:
            continue
        if any(work.kind.startswith("dnf.") for work in part.effects.work):
            paths = paths[:1]
        for path in paths:
            if path == ARCHIVES and not _archives_stay(dockerfile, graph, step):
                continue
            if not step.mounts(path) and not any(_removes(later, path) for later in script.parts[index + 1 :]):
                found[path] = None
    return tuple(found)


def _removes(part: Part, path: str) -> bool:
    """Whether a part of a script removes what lies in a cache."""
    rm = part.call is not None and part.call.name == "rm"
    cleans = part.call is not None and part.call.name not in TOOLS and not part.effects.fetches
    if part.effects.opaque or not (rm or cleans):
        return False
    tree = Path(path, tree=True)
    inside = any(tree.covers(one.path) and one != UNFINISHED for one in part.effects.writes)
    return inside or (rm and any(one.covers(path) for one in part.effects.writes))


def _archives_stay(dockerfile: Dockerfile, graph: Graph, step: Step) -> bool:
    """Whether the setting that throws apt's downloads away was removed above."""
    scripts = (run_script(dockerfile, above) for above in graph.above(step) if above.kind is Kind.RUN)
    return any(
        any(one.covers(DOCKER_CLEAN) for one in removed_by(part))
        for script in scripts
        if script is not None
        for part in script.parts
    )


def archives_left(script: RunScript) -> Iterator[str]:
    """Yield the archives that a RUN downloads, unpacks and leaves."""
    for index, part in enumerate(script.parts):
        for path in downloads(part):
            rest = script.parts[index + 1 :]
            gone = any(one.covers(path) for later in rest for one in removed_by(later))
            if not gone and any(_unpacks(later, path) for later in rest):
                yield path


def downloads(part: Part) -> tuple[str, ...]:
    """Return the archives that a part of a script downloads, by their names."""
    if part.call is None or part.call.name not in _FETCHING:
        return ()
    return tuple(sorted(path.path for path in part.effects.writes if path.path.endswith(_ARCHIVES)))


def _unpacks(part: Part, path: str) -> bool:
    archive = any(work.kind == "archive.extract" for work in part.effects.work)
    return archive and any(one.covers(path) for one in part.effects.reads)


def removed_by(part: Part) -> dict[Path, str]:
    """Return what an ``rm`` removes, with its words; nothing of any other command, or where a word can't be told."""
    if part.call is None or part.call.name != "rm":
        return {}
    words = (one for one in part.call.arguments if not one.prefix.startswith("-"))
    return {place(one, part.scope): one.text for one in words if one.known}
