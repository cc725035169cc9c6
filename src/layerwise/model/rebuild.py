"""Which steps a change makes run again."""

from collections.abc import Set as AbstractSet
from typing import TypeAlias

from layerwise.graph.aside import Aside, takings
from layerwise.graph.copying import Selection
from layerwise.graph.hollow import hollows
from layerwise.graph.sieves import siftings
from layerwise.graph.vertex import Graph, Kind
from layerwise.model.change import Change

_Files: TypeAlias = frozenset[str]
Seen: TypeAlias = tuple[frozenset[str], frozenset[str], frozenset[Aside]]
"""Selections that take one of the files, by identity, RUNs whose stages show nothing of the change, and COPYs of which
what is taken of their stages shows nothing."""
_Key: TypeAlias = tuple[Seen, frozenset[str], frozenset[str], bool, bool]


class Rebuild:
    """Answers which steps of a graph a change makes run, and remembers it.

    Most commits are the same to a build: they touch files of the same COPY steps. So what is remembered is by the
    selections that a change touches, and those by the set of files, which come back in every rewrite a plan tries.
    """

    def __init__(self) -> None:
        self._touches: dict[tuple[str, _Files], bool] = {}
        self._touched: dict[frozenset[str], dict[_Files, frozenset[str]]] = {}
        self._graphs: dict[Graph, GraphRebuild] = {}

    def steps(self, graph: Graph, change: Change) -> frozenset[str]:
        """Return the ids of the steps that run; a FROM never does."""
        return self.of(graph).steps(change)

    def of(self, graph: Graph) -> "GraphRebuild":
        """Return what answers for one graph."""
        if graph not in self._graphs:
            selections = {each.identity: each for step in graph for each in step.files}
            touched = self._touched.setdefault(frozenset(selections), {})
            self._graphs[graph] = GraphRebuild(graph, selections, self._touches, touched)
        return self._graphs[graph]


class GraphRebuild:
    """Answers for one graph.

    Args:
        graph: The graph.
        selections: What its steps take of build contexts, by identity.
        touches: Whether a selection takes one of a set of files, for all graphs.
        touched: Which of the selections do, for all graphs that have the same ones.
    """

    __slots__ = (
        *("_asides", "_beside", "_hollows", "_running", "_selections", "_siftings", "_steps", "_takings", "_touched"),
        "_touches",
    )

    def __init__(
        self,
        graph: Graph,
        selections: dict[str, Selection],
        touches: dict[tuple[str, _Files], bool],
        touched: dict[_Files, frozenset[str]],
    ) -> None:
        self._steps = [
            (
                step.id,
                step.kind is Kind.FROM,
                tuple(edge.step for edge in step.edges if edge.paths is None),
                tuple(edge.step for edge in step.edges if edge.paths is not None),
                step.origins,
                tuple(selection.identity for selection in step.files),
            )
            for step in graph
        ]
        self._selections = selections
        self._hollows = hollows(graph)
        self._siftings = siftings(graph)
        self._takings = {(one.step, one.source): one for one in takings(graph)}
        self._asides = tuple(aside for one in self._takings.values() for aside in one.asides)
        self._beside: dict[_Files, frozenset[Aside]] = {}
        self._touches = touches
        self._touched = touched
        self._running: dict[_Key, frozenset[str]] = {}

    def steps(self, change: Change) -> frozenset[str]:
        """Return the ids of the steps that run; a FROM never does."""
        seen = self.seen(change)
        key = (seen, change.arguments, change.instructions, change.bases, change.everything)
        if key not in self._running:
            self._running[key] = self._found(change, seen)
        return self._running[key]

    def seen(self, change: Change) -> Seen:
        """Return what of a change of files tells what it makes run, so that changes that are alike can be told."""
        return self.touched(change.files), self._hiding(change), self._landing_aside(change.files)

    def _hiding(self, change: Change) -> frozenset[str]:
        """Return the ids of the RUNs whose stages show nothing of a change of files."""
        hollow = (
            one.run
            for one in self._hollows
            if all(one.hides(path, renamed=path in change.renamed) for path in change.files)
        )
        sifted = (
            one.run for one in self._siftings if all(one.hides(path, change.texts(path)) for path in change.files)
        )
        return frozenset((*hollow, *sifted))

    def _landing_aside(self, changed: _Files) -> frozenset[Aside]:
        """Return the COPYs that put all files of a change aside of what is taken of their stages."""
        found = self._beside.get(changed)
        if found is None:
            touched = self.touched(changed)
            hiding = (one for one in self._asides if one.selection.identity not in touched or one.hides_all(changed))
            found = self._beside[changed] = frozenset(hiding)
        return found

    def touched(self, changed: _Files) -> frozenset[str]:
        """Return the identities of the selections that take one of the files."""
        found = self._touched.get(changed)
        if found is None:
            taking = (identity for identity, each in self._selections.items() if self._takes(each, changed))
            found = self._touched[changed] = frozenset(taking)
        return found

    def _found(self, change: Change, seen: Seen) -> frozenset[str]:
        touched, hiding, beside = seen
        names = change.instructions.union(f"arg {name}" for name in change.arguments)
        bases = change.everything or change.bases
        copies = {one.run: one.copy for one in self._hollows} | {one.run: one.copy for one in self._siftings}
        silent = {copies[run] for run in hiding} | hiding
        running: set[str] = set()
        moved: set[str] = set()
        same: set[str] = set()  # what runs, and leaves what it left before
        owned: set[str] = set()  # what runs for itself and not for what it stands on or takes
        for step, is_base, roots, contents, origins, taken in self._steps:
            own = not names.isdisjoint(origins)
            if is_base:
                if own or bases or not touched.isdisjoint(taken):
                    moved.add(step)
                continue
            if own := own or change.everything:
                owned.add(step)
            other = running - same if same else running
            if step in silent and not own and other.isdisjoint(roots) and moved.isdisjoint(roots):
                same.add(step)
            above = running.isdisjoint(roots) and moved.isdisjoint(roots)
            shown = (self._shows(step, source, other | moved, beside, owned) for source in contents)
            if own or not above or not touched.isdisjoint(taken) or any(shown):
                running.add(step)
        return frozenset(running)

    def _shows(
        self, step: str, source: str, ran: AbstractSet[str], beside: AbstractSet[Aside], owned: AbstractSet[str]
    ) -> bool:
        """Whether what a step takes of a stage may have changed.

        Args:
            step: The step.
            source: The last one of the stage.
            ran: What ran and may have left something else, and bases that moved.
            beside: COPYs that put what changed aside of what is taken.
            owned: What ran for itself.
        """
        taking = self._takings.get((step, source))
        if taking is None:
            return source in ran
        aside = {one.copy for one in taking.asides if one in beside} | taking.elsewhere
        return not (ran & taking.stands) <= aside - owned

    def _takes(self, selection: Selection, changed: _Files) -> bool:
        key = (selection.identity, changed)
        if key not in self._touches:
            self._touches[key] = any(selection.covers(path) for path in changed)
        return self._touches[key]


def config_differs(graph: Graph, change: Change) -> bool:
    """Whether the image config would differ though no step ran: a LABEL or ENV that depends on what changed."""
    names = {f"arg {name}" for name in change.arguments}
    return not graph.config_origins.isdisjoint(names | change.instructions)
