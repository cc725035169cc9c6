"""Which steps a change makes run again."""

from layerwise.graph.copying import Selection
from layerwise.graph.vertex import Graph, Kind, Step
from layerwise.model.change import Change


class Rebuild:
    """Answers which steps of a graph a change makes run; remembers what each set of files touches.

    The same file sets come back in every rewrite that a plan tries, so one ``Rebuild`` serves them all.
    """

    def __init__(self) -> None:
        self._touched: dict[tuple[str, frozenset[str]], bool] = {}

    def steps(self, graph: Graph, change: Change) -> frozenset[str]:
        """Return the ids of the steps that run; a FROM never does."""
        running: set[str] = set()
        moved: set[str] = set()
        for step in graph:
            if step.kind is Kind.FROM:
                if change.everything or change.bases or _origins_differ(step, change):
                    moved.add(step.id)
            elif change.everything or self._runs(step, change, running, moved):
                running.add(step.id)
        return frozenset(running)

    def _runs(self, step: Step, change: Change, running: set[str], moved: set[str]) -> bool:
        if any(edge.step in running or edge.step in moved for edge in step.edges):
            return True
        return _origins_differ(step, change) or self._files_differ(step, change.files)

    def _files_differ(self, step: Step, changed: frozenset[str]) -> bool:
        return bool(changed) and any(self._takes(selection, changed) for selection in step.files)

    def _takes(self, selection: Selection, changed: frozenset[str]) -> bool:
        key = (selection.identity, changed)
        if key not in self._touched:
            self._touched[key] = any(selection.covers(path) for path in changed)
        return self._touched[key]


def _origins_differ(step: Step, change: Change) -> bool:
    if not (change.arguments or change.instructions):
        return False
    return any(f"arg {name}" in step.origins for name in change.arguments) or not step.origins.isdisjoint(
        change.instructions
    )


def config_differs(graph: Graph, change: Change) -> bool:
    """Whether the image config would differ though no step ran: a LABEL or ENV that depends on what changed."""
    names = {f"arg {name}" for name in change.arguments}
    return not graph.config_origins.isdisjoint(names | change.instructions)
