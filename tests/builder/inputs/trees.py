"""Small build contexts on disk, and what becomes known of them."""

import os
import time
from collections.abc import Callable
from pathlib import Path

from layerwise.builder.inputs.contents import Contents
from layerwise.builder.inputs.files import Files
from layerwise.builder.inputs.make import inputs_of
from layerwise.builder.redact import Redactor
from layerwise.graph.context import Context, read_context
from layerwise.graph.lower import lower
from layerwise.graph.request import Request
from layerwise.inputs.manifest import InputManifest
from layerwise.syntax.parser import parse

LATER_NS = 10_000_000_000


def later() -> int:
    """A clock by which all files were written long ago."""
    return time.time_ns() + LATER_NS


def put(root: Path, **files: str) -> None:
    """Write files; a name holds `__` for each slash."""
    for name, text in files.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def contents(root: Path, state: Path, clock: Callable[[], int] = later) -> tuple[Context, Contents, list[str]]:
    """A context, what is known of it, and the notes about that."""
    context = read_context(root)
    assert context.listing is not None
    known = Files(state, clock).of(context.listing)
    return context, Contents(known), known.notes


def manifest(
    root: Path, state: Path, dockerfile: str, clock: Callable[[], int] = later, **arguments: str | None
) -> InputManifest:
    """The input manifest of a build of a directory."""
    request = Request(context=read_context(root), build_args=arguments)
    graphs = [lower(parse(dockerfile), request, platform) for platform in request.platforms]
    return inputs_of(graphs, request, Redactor(b"key"), Files(state, clock))


def rewritten(path: Path, text: str) -> None:
    """Write a file and set its times back, as tools do that pin them."""
    status = path.stat()
    path.write_text(text)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
