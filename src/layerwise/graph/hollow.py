"""A stage that keeps the names of files and empties them: what is copied from it changes when a name does.

BuildKit knows a ``COPY --from`` by the content of what is copied (docs/cache.md), so steps below it are served from the
cache although the stage ran again.
"""

from dataclasses import dataclass

from layerwise.ecosystems.effects import Emptied, Path
from layerwise.graph.copying import Selection
from layerwise.graph.vertex import Graph, Kind, Step


@dataclass(frozen=True, slots=True)
class Hollow:
    """A COPY of context files and the RUN below it that empties them.

    Attributes:
        copy: Id of the step of the COPY.
        run: Id of the step of the RUN.
        above: Ids of the steps that the COPY stands on.
        selection: What the COPY takes.
        emptied: What the RUN empties.
        removed: What it removes.
    """

    copy: str
    run: str
    above: tuple[str, ...]
    selection: Selection
    emptied: tuple[Emptied, ...]
    removed: frozenset[Path]

    def hides(self, path: str, *, renamed: bool) -> bool:
        """Whether a change of a context file does not show in what the stage holds.

        Args:
            path: Relative to the context.
            renamed: Whether it came, went or changed its mode: a name is never hidden, unless it is removed.
        """
        place = self.selection.takes(path)
        if place is None:
            return path not in self.selection.links
        if any(one.covers(place) for one in self.removed):
            return True
        return not renamed and any(one.covers(place) for one in self.emptied)


def emptied_by(step: Step) -> tuple[tuple[Emptied, ...], frozenset[Path]]:
    """Return what a RUN empties and what it removes; nothing where it does more than that, or might not do it."""
    if not step.effects.emptied:
        return (), frozenset()
    emptied: tuple[Emptied, ...] = ()
    removed: frozenset[Path] = frozenset()
    for part in step.parts():
        removes = part.effects.removes == part.effects.writes and not part.effects.emptied
        if part.joiner not in ("", "&&") or part.call is None or not (removes or part.effects.emptied):
            return (), frozenset()
        emptied += part.effects.emptied
        removed |= part.effects.removes
    return emptied, removed


def hollows(graph: Graph) -> tuple[Hollow, ...]:
    """Return the hollow stages of a graph."""
    found = []
    steps = {step.id: step for step in graph}
    for step in graph:
        emptied, removed = emptied_by(step)
        below = [steps[edge.step] for edge in step.edges]
        if emptied and len(below) == 1 and below[0].kind is Kind.COPY and len(below[0].files) == 1:
            copy = below[0]
            above = tuple(edge.step for edge in copy.edges)
            found.append(Hollow(copy.id, step.id, above, copy.files[0], emptied, removed))
    return tuple(found)
