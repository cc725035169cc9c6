"""The digests of base images, which a build resolves only once it has begun."""

from collections.abc import Iterable
from dataclasses import replace

from layerwise.inputs.manifest import InputManifest, Part, Piece
from layerwise.oci.reference import whole_name


def with_bases(manifest: InputManifest, bases: Iterable[tuple[str, str]]) -> InputManifest:
    """Return a manifest with the digests that its build resolved images to (``records.Sources.bases``)."""
    known = {_normal(reference): digest for reference, digest in bases if digest}
    steps = tuple(replace(step, pieces=tuple(_based(piece, known) for piece in step.pieces)) for step in manifest.steps)
    return replace(manifest, steps=steps)


def _based(piece: Piece, known: dict[str, str]) -> Piece:
    return piece._replace(value=known.get(_normal(piece.name), piece.value)) if piece.part is Part.BASE else piece


def _normal(reference: str) -> str:
    """Return the whole name of an image, which BuildKit shows in another form than a Dockerfile has it."""
    name = reference.partition("@")[0]
    return whole_name(name) or name
