"""Reads the files of a build before it begins: where its steps stand, and what their cache keys are made of."""

import pathlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from layerwise.builder.drive.asked import Asked
from layerwise.builder.drive.builders import Builder
from layerwise.builder.drive.files import Files
from layerwise.builder.drive.sources import read_sources
from layerwise.builder.inputs.files import Files as Digests
from layerwise.builder.inputs.make import inputs_of
from layerwise.builder.placing import Layout, layout
from layerwise.builder.redact import Redactor
from layerwise.inputs.manifest import InputManifest, Versions
from layerwise.syntax.parser import decode

_ANY = "linux/amd64"
"""What a builder is taken to be that does not say what it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """What the files of a build say.

    Attributes:
        layout: Of its Dockerfile, empty where that is not here.
        inputs: The pieces of the steps' cache keys, None where the Dockerfile is not here or can't be read.
    """

    layout: Layout = field(default_factory=Layout)
    inputs: InputManifest | None = None


def study(
    asked: Asked, files: Files, platforms: Sequence[str], builder: Builder, redact: Redactor, digests: pathlib.Path
) -> Study:
    """Read the files of a build; what can't be read is left out, and buildx says why.

    Args:
        asked: What is asked for.
        files: Where they are.
        platforms: That are built, empty for the builder's own.
        builder: The first of those that build them.
        redact: Masks secrets.
        digests: The directory that remembers digests of files.
    """
    try:
        placed = layout(decode(files.dockerfile.read_bytes())) if files.dockerfile else Layout()
    except OSError:
        return Study()
    sources = read_sources(asked, files, platforms, builder.native or _ANY, whole=True)
    graphs = sources.graphs() if sources else ()
    if sources is None or not graphs:
        return Study(layout=placed)
    versions = Versions(frontend=sources.frontend(), buildkit=builder.nodes[0].version)
    return Study(layout=placed, inputs=inputs_of(graphs, sources.request, redact, Digests(digests), versions))
