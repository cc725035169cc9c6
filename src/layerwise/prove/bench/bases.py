"""The images that a build starts from or copies from: to have them there before, and to have them moved."""

from collections.abc import Mapping, Sequence

from layerwise.graph.vertex import Graph, Kind
from layerwise.syntax.tree import Dockerfile

MARKER = "layerwise-base"
"""The file that a moved base has in its root, and the layer is made for: labels alone leave the cache as it is."""


def bases_of(graphs: Sequence[Graph]) -> Mapping[str, tuple[str, ...]]:
    """Return the images by reference, a named context already in a name's place, with their platforms."""
    found: dict[str, dict[str, None]] = {}
    for graph in graphs:
        for step in graph:
            if step.kind is Kind.FROM and not step.files:
                found.setdefault(step.display.removeprefix("FROM "), {})[step.platform] = None
    return {reference: tuple(platforms) for reference, platforms in found.items()}


def names_of(reference: str, contexts: Mapping[str, object]) -> tuple[str, ...]:
    """Return under which names a Dockerfile means an image: itself, or the named contexts that stand for it."""
    return tuple(name for name, place in contexts.items() if place == reference) or (reference,)


def is_pinned(reference: str) -> bool:
    """Whether a reference names one digest for ever."""
    return "@" in reference


def recipe(dockerfile: Dockerfile, reference: str) -> str:
    """Return the text of a Dockerfile that gives an image one more layer, read by the frontend of another file."""
    frontend = next((each.value for each in dockerfile.directives if each.name == "syntax"), "")
    above = f"# syntax={frontend}\n" if frontend else ""
    return f"{above}FROM {reference}\nCOPY {MARKER} /.{MARKER}\n"
