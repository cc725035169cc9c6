"""A COPY that lands aside of what a later step takes of its stage: that step is served from the cache all the same.

BuildKit knows a ``COPY --from`` and a mount by the content of what is taken (docs/cache.md), whatever else lies in the
stage. Where symbolic links of a base or of a RUN lead from one place to the other, this does not see it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from layerwise.ecosystems.effects import Path
from layerwise.graph.copying import Selection
from layerwise.graph.patterns import split_wildcards
from layerwise.graph.vertex import Edge, Graph, Kind, Step


@dataclass(frozen=True, slots=True, eq=False)
class Aside:
    """A COPY or ADD of context files in a stage of which a step takes some paths.

    Attributes:
        copy: Id of the step of the COPY.
        taken: What is taken, trees; ends above the first name with a wildcard.
        selection: What the COPY takes.
    """

    copy: str
    taken: tuple[Path, ...]
    selection: Selection

    def hides_all(self, paths: Iterable[str]) -> bool:
        """Whether changes of context files do not show in what is taken, also where they came or went."""
        return all(map(self._hides, paths))

    def _hides(self, path: str) -> bool:
        place = self.selection.takes(path)
        if place is None:
            return path not in self.selection.links
        return not any(one.overlaps(Path(place, tree=True)) for one in self.taken)


@dataclass(frozen=True, slots=True, eq=False)
class Taking:
    """A step that takes some paths of a stage.

    Attributes:
        step: Its id.
        source: Id of the last step of the stage.
        stands: Ids of the steps that the stage is made of, its base among them.
        asides: Those of them that may land aside, one at least, where nothing below may write anywhere.
        elsewhere: Those that leave what is taken as it is, whatever changes: they make a directory, or their commands
            are known to write elsewhere.
    """

    step: str
    source: str
    stands: frozenset[str]
    asides: tuple[Aside, ...]
    elsewhere: frozenset[str]


def takings(graph: Graph) -> tuple[Taking, ...]:
    """Return what steps take of stages in which a COPY of context files may land aside of it."""
    found = (_taking(graph, step, edge) for step in graph for edge in step.edges if edge.paths is not None)
    return tuple(one for one in found if one.asides)


def _taking(graph: Graph, step: Step, edge: Edge) -> Taking:
    last = graph.step(edge.step)
    stage = (*graph.above(last), last)
    # Without the backslashes an escaped wildcard counts as one: more is taken then, never less.
    taken = tuple(Path(split_wildcards(path.replace("\\", ""))[0] or "/", tree=True) for path in edge.paths or ())
    elsewhere = frozenset(one.id for one in stage if _is_elsewhere(one, taken))
    asides = tuple(_asides(stage, taken, elsewhere))
    return Taking(step.id, edge.step, frozenset(one.id for one in stage), asides, elsewhere)


def _is_elsewhere(step: Step, taken: tuple[Path, ...]) -> bool:
    if step.kind is not Kind.RUN:
        return step.kind is Kind.WORKDIR
    effects = step.effects
    known = effects.opaque is None and not effects.needs_source and not effects.doubts
    return known and not any(one.overlaps(written) for one in taken for written in effects.writes)


def _asides(stage: tuple[Step, ...], taken: tuple[Path, ...], elsewhere: frozenset[str]) -> Iterator[Aside]:
    """Yield the COPYs that may land aside, the last one first; above what runs with them nothing is told apart."""
    for step in reversed(stage):
        if step.id in elsewhere:
            continue
        if step.kind not in (Kind.COPY, Kind.ADD) or len(step.files) != 1:
            return
        selection = step.files[0]
        if any(one.covers(selection.target) for one in taken):
            return
        yield Aside(step.id, taken, selection)
