"""Platforms as BuildKit writes them."""

_ARCHITECTURES = {
    "i386": "386",
    "x86_64": "amd64",
    "x86-64": "amd64",
    "aarch64": "arm64",
    "armhf": "arm/v7",
    "armel": "arm/v6",
    "arm": "arm/v7",
}
"""Other names of an architecture, with the variant that they imply (containerd/platforms, database.go)."""

_IMPLIED = {"amd64": "v1", "arm64": "v8"}


def normalised(platform: str) -> str:
    """Return ``os/arch[/variant]`` as BuildKit normalises what it is given: ``x86_64`` is ``linux/amd64``."""
    os, slash, rest = platform.lower().partition("/")
    if not slash:
        os, rest = "linux", os
    name, _, variant = rest.partition("/")
    architecture, _, implied = _ARCHITECTURES.get(name, name).partition("/")
    variant = variant or implied
    if variant == _IMPLIED.get(architecture):
        variant = ""
    return "/".join(part for part in (os, architecture, variant) if part)
