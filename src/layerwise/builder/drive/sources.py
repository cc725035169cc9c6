"""A Dockerfile that is on this machine, and the graphs that its build comes to."""

import os
import pathlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from layerwise.builder.drive.asked import Asked
from layerwise.builder.drive.files import Files
from layerwise.errors import LayerwiseError
from layerwise.graph.context import Context, read_context
from layerwise.graph.lower import lower
from layerwise.graph.request import Request
from layerwise.graph.vertex import Graph, Kind
from layerwise.syntax.parser import decode, parse
from layerwise.syntax.tree import Dockerfile

_IMAGE = "docker-image://"


@dataclass(frozen=True, slots=True)
class Sources:
    """A Dockerfile that was read, for a request.

    Attributes:
        dockerfile: The Dockerfile.
        request: What is built of it.
    """

    dockerfile: Dockerfile
    request: Request

    def frontend(self) -> str:
        """Return the image that turns the Dockerfile into steps, "" for the one that BuildKit brings."""
        directive = next((one.value for one in self.dockerfile.directives if one.name == "syntax"), "")
        return self.request.build_args.get("BUILDKIT_SYNTAX") or directive

    def graphs(self) -> tuple[Graph, ...]:
        """Return the graph of each platform, none of a Dockerfile that BuildKit would refuse."""
        try:
            return tuple(lower(self.dockerfile, self.request, platform) for platform in self.request.platforms)
        except LayerwiseError:
            return ()


def read_sources(asked: Asked, files: Files, platforms: Sequence[str], native: str, *, whole: bool) -> Sources | None:
    """Return what is built, None where its files are not here or can't be read: buildx then says so itself.

    Args:
        asked: What is asked for.
        files: Of ``files_of``.
        platforms: Those that are built.
        native: The builder's own.
        whole: Whether the files of the context are listed too, which takes its time where there are many.
    """
    if files.dockerfile is None:
        return None
    try:
        dockerfile = parse(decode(files.dockerfile.read_bytes()), str(files.dockerfile))
        context = _context(files) if whole else Context.from_paths(())
        contexts = {name: _named(value) for name, value in _pairs(asked.line.values("build-context")).items()}
    except (LayerwiseError, OSError):
        return None
    named = tuple(dict.fromkeys(native if name == "local" else name for name in platforms))
    request = Request(
        context=context,
        target=asked.line.last("target") or None,
        platforms=named or (native,),
        build_platform=native,
        build_args=dict(_arguments(asked.line.values("build-arg"))),
        contexts=contexts,
    )
    return Sources(dockerfile, request)


def emulated_platforms(graphs: Sequence[Graph]) -> frozenset[str]:
    """Return the platforms on which something has to run."""
    return frozenset(step.platform for graph in graphs for step in graph if step.kind in (Kind.RUN, Kind.UNKNOWN))


def inner_stages(graph: Graph) -> frozenset[str]:
    """Return the stages that a target needs and its image does not hold."""
    return frozenset(step.stage for step in graph if step.kind is not Kind.FROM) - {
        step.stage for step in graph.layers()
    }


def _context(files: Files) -> Context:
    if files.context is None or files.dockerfile is None:
        return Context.from_paths(())
    return read_context(files.context, os.path.relpath(files.dockerfile, files.context))


def _pairs(texts: Sequence[str]) -> Mapping[str, str]:
    return {name: value for name, _, value in (text.partition("=") for text in texts)}


def _named(value: str) -> Context | str:
    directory = pathlib.Path(value)
    return read_context(directory) if directory.is_dir() else value.removeprefix(_IMAGE)


def _arguments(texts: Sequence[str]) -> list[tuple[str, str | None]]:
    """Return build arguments; one without a value takes that of the variable of its name."""
    parted = (text.partition("=") for text in texts)
    return [(name, value if given else os.environ.get(name)) for name, given, value in parted]
