"""Platforms as BuildKit writes them, and as programs that run there print them."""

import re

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


_MACHINES = {
    "linux/amd64": ("x86_64", "amd64"),
    "linux/arm64": ("aarch64", "arm64"),
    "linux/ppc64le": ("ppc64le", "ppc64el"),
    "linux/riscv64": ("riscv64", "riscv64"),
    "linux/s390x": ("s390x", "s390x"),
}
"""What ``uname -m`` and ``dpkg --print-architecture`` print; on 386 and arm that is the kernel's affair."""

_ONE_ARCHITECTURE = re.compile(r"@|amd64|x86[-_]?64|i386|arm64|arm32|armv7|aarch64|ppc64|riscv64|s390x")


def machine(platform: str) -> str | None:
    """Return what ``uname -m`` prints on a platform, None where that depends on more."""
    return _MACHINES[platform][0] if platform in _MACHINES else None


def printed(platform: str, image: str) -> dict[str, str]:
    """Return what commands that ask for the platform print in a stage, by ``$(command)``.

    Nothing is known where the base image may be of one architecture whatever is asked for: one named by digest, or
    for an architecture.
    """
    if platform not in _MACHINES or _ONE_ARCHITECTURE.search(image):
        return {}
    kernel, debian = _MACHINES[platform]
    return dict.fromkeys(("$(uname -m)", "$(arch)"), kernel) | {"$(dpkg --print-architecture)": debian}
