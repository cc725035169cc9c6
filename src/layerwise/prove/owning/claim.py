"""What package managers say of paths."""

from typing import TypeAlias

from layerwise.prove.verdict import Owner

Claim: TypeAlias = tuple[str, Owner]
"""A path as the package manager knows it, and the package that it belongs to; others may claim it as well."""


def text(content: bytes) -> str:
    """Return a list of paths as text, whatever bytes its paths are made of."""
    return content.decode("utf-8", "surrogateescape")
