"""Which steps a change makes run again."""

from typing import TypeAlias

from layerwise.graph.copying import Selection
from layerwise.graph.vertex import Graph, Kind, Step
from layerwise.model.change import Change

_Key: TypeAlias = tuple[Graph, frozenset[str], frozenset[str], frozenset[str], bool, bool]


class Rebuild:
    """Answers which steps of a graph a change makes run, and remembers it.

    Most commits are the same to a build: they touch files of the same COPY steps. So what is remembered is by the
    selections that a change touches, and those by the set of files, which come back in every rewrite a plan tries.
    """

    def __init__(self) -> None:
        self._touches: dict[tuple[str, frozenset[str]], bool] = {}
        self._selections: dict[Graph, dict[str, Selection]] = {}
        self._running: dict[_Key, frozenset[str]] = {}

    def steps(self, graph: Graph, change: Change) -> frozenset[str]:
        """Return the ids of the steps that run; a FROM never does."""
        touched = self._touched(graph, change.files)
        key = (graph, touched, change.arguments, change.instructions, change.bases, change.everything)
        if key not in self._running:
            self._running[key] = _running(graph, change, touched)
        return self._running[key]

    def _touched(self, graph: Graph, changed: frozenset[str]) -> frozenset[str]:
        """Return the identities of the selections of a graph that take one of the files."""
        if not changed:
            return _NO_FILES
        if graph not in self._selections:
            self._selections[graph] = {each.identity: each for step in graph for each in step.files}
        return frozenset(
            identity for identity, selection in self._selections[graph].items() if self._takes(selection, changed)
        )

    def _takes(self, selection: Selection, changed: frozenset[str]) -> bool:
        key = (selection.identity, changed)
        if key not in self._touches:
            self._touches[key] = any(selection.covers(path) for path in changed)
        return self._touches[key]


_NO_FILES: frozenset[str] = frozenset()


def _running(graph: Graph, change: Change, touched: frozenset[str]) -> frozenset[str]:
    running: set[str] = set()
    moved: set[str] = set()
    for step in graph:
        above = any(edge.step in running or edge.step in moved for edge in step.edges)
        own = _origins_differ(step, change) or any(selection.identity in touched for selection in step.files)
        if step.kind is Kind.FROM:
            if own or change.everything or change.bases:
                moved.add(step.id)
        elif above or own or change.everything:
            running.add(step.id)
    return frozenset(running)


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
