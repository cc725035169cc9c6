"""Input manifests in a database; its SQL is what PostgreSQL takes as well, with values bound as ``:name``."""

import sqlite3

from layerwise.errors import StoreError
from layerwise.inputs.manifest import InputManifest, Trees
from layerwise.inputs.tree import below, name_of
from layerwise.store.document import INPUTS_LAYOUT, Inputs, decode_inputs, encode
from layerwise.store.schema import words
from layerwise.store.sqlite import Connections

_UNCLAIMED_S = 86_400.0  # a build that has no record a day later gets none any more

_REMOVE_INPUTS = "DELETE FROM inputs WHERE build = :build"
_ADD_INPUTS = "INSERT INTO inputs (build, at, layout, document) VALUES (:build, :at, :layout, :document)"
_INPUTS = "SELECT layout, document FROM inputs WHERE build = :build"
_TREE = "SELECT seq FROM trees WHERE name = :name"
_CONTENT = "SELECT content FROM trees WHERE name = :name"
_ADD_TREE = "INSERT INTO trees (name, content) VALUES (:name, :content)"
_ADD_LINK = "INSERT INTO tree_links (parent, child) VALUES (:parent, :child)"
_ADD_ROOT = "INSERT INTO input_trees (build, tree) VALUES (:build, :tree)"
_REMOVE_UNCLAIMED = """
    DELETE FROM inputs WHERE at < :before AND NOT EXISTS (SELECT 1 FROM builds WHERE builds.id = inputs.build)
"""
_REMOVE_TREES = """
    DELETE FROM trees WHERE seq NOT IN (
        WITH RECURSIVE used (tree) AS (
            SELECT tree FROM input_trees
            UNION
            SELECT tree_links.child FROM tree_links JOIN used ON tree_links.parent = used.tree
        )
        SELECT tree FROM used
    )
"""


class StoredTrees:
    """The directories of a store, each read when it is asked for."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def __getitem__(self, name: str, /) -> bytes:
        """Return an encoded directory.

        Raises:
            StoreError: It is not there any more, or damaged.
        """
        with self._connections.reading() as connection:
            row = connection.execute(_CONTENT, {"name": bytes.fromhex(name)}).fetchone()
        if row is None or name_of(row["content"]).hex() != name:
            raise StoreError("the store lost a part of an input manifest: builds made since can be compared again")
        content: bytes = row["content"]
        return content


def add_inputs(connection: sqlite3.Connection, build: str, manifest: InputManifest, now: float) -> None:
    """Add a manifest in the place of the one that a build may have; of its trees those that are not there."""
    name = words(build)
    connection.execute(_REMOVE_INPUTS, {"build": name})
    document = encode(Inputs(manifest.steps, manifest.versions, manifest.notes))
    connection.execute(_ADD_INPUTS, {"build": name, "at": now, "layout": INPUTS_LAYOUT, "document": document})
    for root in manifest.roots():
        connection.execute(_ADD_ROOT, {"build": name, "tree": _added(connection, root, manifest.trees)})


def inputs(connection: sqlite3.Connection, build: str, trees: Trees) -> InputManifest | None:
    """Return the manifest of a build, None where there is none."""
    row = connection.execute(_INPUTS, {"build": words(build)}).fetchone()
    if row is None:
        return None
    found = decode_inputs(build, row["layout"], row["document"])
    return InputManifest(steps=found.steps, versions=found.versions, notes=found.notes, trees=trees)


def remove_unused(connection: sqlite3.Connection, now: float) -> None:
    """Remove the manifests of builds that are not there (any more), and the trees that no manifest names."""
    if connection.execute(_REMOVE_UNCLAIMED, {"before": now - _UNCLAIMED_S}).rowcount:
        connection.execute(_REMOVE_TREES)


def _added(connection: sqlite3.Connection, name: str, trees: Trees) -> int:
    """Add a directory and those below it; one that is there already has all that is below it."""
    digest = bytes.fromhex(name)
    if found := connection.execute(_TREE, {"name": digest}).fetchone():
        return int(found["seq"])
    content = trees[name]
    children = [_added(connection, child, trees) for child in below(content)]
    connection.execute(_ADD_TREE, {"name": digest, "content": content})
    seq = int(connection.execute(_TREE, {"name": digest}).fetchone()["seq"])
    connection.executemany(_ADD_LINK, [{"parent": seq, "child": child} for child in children])
    return seq
