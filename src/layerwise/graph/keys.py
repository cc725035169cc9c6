"""Cache keys with content: which steps of a build would run after another build of nearly the same inputs.

A key here is equal exactly when BuildKit's would be, as far as that can be told without running anything. The
content of another stage is not known before it runs, so a ``COPY --from`` of a stage that runs is taken to change:
BuildKit may still serve it from the cache when the paths come out the same. Only what keeps lines of a requirements
file is known (``sieves.py``).
"""

import hashlib

from layerwise.graph.checksum import content_digest
from layerwise.graph.sieves import sifted_by
from layerwise.graph.vertex import Edge, Graph, Kind, Step


def cache_keys(graph: Graph) -> dict[str, str]:
    """Return each step's key by its id; the context's files are read where a key needs their content."""
    keys: dict[str, str] = {}
    for step in graph:
        keys[step.id] = _key(graph, step, keys)
    return keys


def missed(before: Graph, after: Graph) -> tuple[Step, ...]:
    """Return the steps of ``after`` that run when the cache holds exactly the build ``before``."""
    held = set(cache_keys(before).values())
    keys = cache_keys(after)
    return tuple(step for step in after if step.kind is not Kind.FROM and keys[step.id] not in held)


def _key(graph: Graph, step: Step, keys: dict[str, str]) -> str:
    pieces = [step.kind.value, repr(step.definition)]
    if step.kind in (Kind.RUN, Kind.FROM, Kind.UNKNOWN):
        pieces.append(step.platform)
    pieces += [_input(graph, edge, keys) for edge in step.edges]
    pieces += [content_digest(selection.context, selection) for selection in step.files]
    return hashlib.sha256("\0".join(pieces).encode("utf-8", "surrogateescape")).hexdigest()


def _input(graph: Graph, edge: Edge, keys: dict[str, str]) -> str:
    """Return what an input counts for: the lines that it keeps where it does that, else its own key."""
    text = None if edge.paths is None else sifted_by(graph.step(edge.step), edge.paths)
    return f"{keys[edge.step]} {edge.paths}" if text is None else f"{edge.paths} holds {text!r}"
