"""A stage with the stages it takes files from, and what of their files leaves the group."""

from collections.abc import Collection, Iterator, Sequence

from layerwise.ecosystems.effects import Path
from layerwise.graph.vertex import Graph, Step
from layerwise.syntax.tree import Dockerfile, Instruction, Stage


def closure(graphs: Sequence[Graph], stage: Stage) -> frozenset[int]:
    """Return the index of a stage and of all that it stands on or copies from; -1 among them is an image."""
    members = {stage.index}
    while True:
        found = {
            graph.step(edge.step).stage_index
            for graph in graphs
            for step in graph
            if step.stage_index in members
            for edge in step.edges
        }
        if found <= members:
            return frozenset(members)
        members |= found


def steps_in(graphs: Sequence[Graph], members: frozenset[int]) -> tuple[Step, ...]:
    """Return the steps of stages, of every platform."""
    return tuple(step for graph in graphs for step in graph if step.stage_index in members)


def handed_on(graphs: Sequence[Graph], members: frozenset[int]) -> frozenset[str] | None:
    """Return the paths that other stages copy out of the group; None where one stands on it, or it is the target."""
    taken: set[str] = set()
    for graph in graphs:
        if graph.target in members:
            return None
        for step in graph:
            for edge in step.edges if step.stage_index not in members else ():
                if graph.step(edge.step).stage_index not in members:
                    continue
                if edge.paths is None:
                    return None
                taken.update(edge.paths)
    return frozenset(taken)


def stands_on(dockerfile: Dockerfile, members: frozenset[int], used: Collection[int]) -> bool:
    """Whether another stage stands on the group, or may, or one that this target leaves out takes files from it.

    Edges do not tell: a stage whose steps are all linked copies has none to what it stands on.
    """
    names = {stage.name for stage in dockerfile.stages if stage.index in members}
    indices = {str(index) for index in members}
    for stage in dockerfile.stages:
        if stage.index in members:
            continue
        if "$" in stage.opening.image or stage.opening.image.lower() in names:
            return True
        taken = {value.lower() for one in stage.instructions for value in _sources(one)}
        if stage.index not in used and not taken.isdisjoint(names | indices):
            return True
    return False


def _sources(instruction: Instruction) -> Iterator[str]:
    yield from instruction.flag_values("from")
    for mount in instruction.flag_values("mount"):
        yield from (word.partition("=")[2] for word in mount.split(",") if word.startswith("from="))


TEXT_OF_THE_SYSTEM = tuple(
    Path(path, tree=True) for path in ("/etc/ssl/certs", "/etc/passwd", "/etc/group", "/usr/share/zoneinfo")
)
"""What lies in an image as text or tables that no architecture shows in."""
