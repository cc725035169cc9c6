"""What of a build needs the files that one step brings: without them it would fail, or make something else."""

import posixpath
from collections.abc import Iterable

from layerwise.ecosystems.effects import SYSTEM, Path
from layerwise.graph.passage import brief, named
from layerwise.graph.vertex import Graph, Kind, Step
from layerwise.syntax.tree import Dockerfile

_STARTS = frozenset({"CMD", "ENTRYPOINT", "HEALTHCHECK"})


def needed_below(graph: Graph, step: Step, brought: Iterable[Path]) -> str:
    """Say which later step needs, or may need, what a step brings; "" where none does."""
    written = tuple(brought)
    steps = graph.steps
    for later in steps[steps.index(step) + 1 :]:
        if step in graph.above(later):
            if why := _reads(later, written):
                return why
        elif taken := _taken(graph, later, step, written):
            return f"{named(later)} takes {taken}"
    return ""


def _reads(later: Step, written: tuple[Path, ...]) -> str:
    if later.effects.opaque:
        return f"{named(later)} may need it: {later.effects.opaque}"
    if later.kind is not Kind.RUN:
        return ""
    touched = [path for path in later.effects.reads if path not in SYSTEM]
    touched += [path for path in later.effects.writes if any(path.path == one.path for one in written)]
    found = (path.path for path in touched for one in written if path.overlaps(one))
    return next((f"{named(later)} touches {path}" for path in found), "")


def _taken(graph: Graph, later: Step, step: Step, written: tuple[Path, ...]) -> str:
    for edge in later.edges:
        source = graph.step(edge.step)
        if edge.paths is not None and (source is step or step in graph.above(source)):
            taken = (Path(path, tree=True) for path in edge.paths)
            if found := next((path.path for path in taken for one in written if path.overlaps(one)), ""):
                return found
    return ""


def started_with(dockerfile: Dockerfile, brought: Iterable[Path]) -> str:
    """Say which CMD, ENTRYPOINT or HEALTHCHECK names what a step brings; "" where none does."""
    written = tuple(brought)
    names = {posixpath.basename(path.path) for path in written}
    for instruction in dockerfile.instructions():
        if instruction.keyword not in _STARTS:
            continue
        words = instruction.text.translate(str.maketrans("[]\",'", "     ")).split()
        if any(word in names or any(path.covers(word) for path in written) for word in words):
            return f"{brief(instruction)} names it"
    return ""
