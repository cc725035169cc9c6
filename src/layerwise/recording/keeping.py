"""Puts a record into the store, with how its inputs differed from those of the build before it."""

import os
import pathlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

from layerwise.builder.checkout import Checkout, changed_between
from layerwise.builder.placing import graphs_of
from layerwise.builder.seen import change_seen
from layerwise.errors import LayerwiseError
from layerwise.graph.context import read_context
from layerwise.graph.vertex import Graph
from layerwise.model.scenarios import scenarios
from layerwise.records import BuildRecord, Ending, Outcome
from layerwise.store.store import Store
from layerwise.syntax.parser import read

_LOOKED_THROUGH = 20  # builds, for the last one that was completed
_DEPENDENCIES = "deps:"


@dataclass(frozen=True, slots=True)
class Tree:
    """The files that a build was made from, as they are on this machine.

    Attributes:
        checkout: The work tree.
        context: The build context.
        dockerfile: The Dockerfile.
    """

    checkout: Checkout
    context: pathlib.Path
    dockerfile: pathlib.Path


@dataclass(frozen=True, slots=True)
class Kept:
    """A record in the store; ``new`` is False where it was there already."""

    record: BuildRecord
    new: bool


def keep(record: BuildRecord, tree: Tree | None, store: Store) -> Kept:
    """Add a record to the store.

    Raises:
        StoreError: The store can't be written.
    """
    before = next((one for one in store.before(record, limit=_LOOKED_THROUGH) if one.ending is Ending.COMPLETED), None)
    graphs: tuple[Graph, ...] = ()
    changed = None
    if tree and before and any(step.outcome is Outcome.EXECUTED for step in record.steps):
        graphs = tuple(_graphs(tree))  # reads the whole context, so only where a cause is looked for
        changed = _changed(record, before, tree, graphs)
    seen = change_seen(record, before, changed, dict(_manifests(graphs)))
    record = replace(record, change=seen)
    return Kept(record, store.add(record))


def _graphs(tree: Tree) -> Iterator[Graph]:
    """Yield the graphs of the stages; none where the Dockerfile or the context can't be read any more."""
    try:
        context = read_context(tree.context, os.path.relpath(tree.dockerfile, tree.context))
        yield from graphs_of(read(tree.dockerfile), context)
    except (LayerwiseError, OSError):
        return


def _changed(record: BuildRecord, before: BuildRecord, tree: Tree, graphs: tuple[Graph, ...]) -> frozenset[str] | None:
    """Return the files that a step copies, by path from the context, whose content differs; None if nobody can tell.

    A ``.dockerignore`` is among them, for it says what the others are; the Dockerfile is not.
    """
    was, now = before.sources, record.sources
    if not was.commit or not now.commit or was.dirty is None or now.dirty is None:
        return None
    paths = changed_between(tree.checkout.root, (was.commit, was.dirty), (now.commit, now.dirty))
    if paths is None:
        return None
    root, context = tree.checkout.root.resolve(), tree.context.resolve()
    dockerfile = tree.dockerfile.resolve()
    inside = {
        (root / path).relative_to(context).as_posix()
        for path in paths
        if (root / path).is_relative_to(context) and root / path != dockerfile
    }
    ignored_by = {context / ".dockerignore", dockerfile.with_name(f"{dockerfile.name}.dockerignore")}
    taken = [selection for graph in graphs for step in graph for selection in step.files]
    return frozenset(
        path for path in inside if context / path in ignored_by or any(selection.covers(path) for selection in taken)
    )


def _manifests(graphs: tuple[Graph, ...]) -> Iterator[tuple[str, str]]:
    """Yield the files that select packages, each with the ecosystem that reads it."""
    for graph in graphs:
        for scenario in scenarios((graph,), (), frozenset()):
            if scenario.name.startswith(_DEPENDENCIES):
                yield from ((path, scenario.name.removeprefix(_DEPENDENCIES)) for path in scenario.files)
