"""What is to be said of a cache once it was sent out: BuildKit does not say that nobody can import it."""

import pathlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from layerwise.builder.cache import attributes
from layerwise.builder.cache.contents import LARGEST, Outline, read_outline
from layerwise.builder.cache.kept import in_directory
from layerwise.builder.cache.using import CacheUse
from layerwise.errors import RegistryError, UsageError
from layerwise.oci.access import Access, is_loopback
from layerwise.oci.documents import DocumentError
from layerwise.oci.reference import Reference, parse_reference
from layerwise.oci.registry import Client

_MIB = 1 << 20
_NOWHERE = "/nonexistent"  # as the home of users without one


@dataclass(frozen=True, slots=True, kw_only=True)
class Readers:
    """How a registry is read.

    Attributes:
        user: With the user's logins.
        anyone: Without any.
    """

    user: Client
    anyone: Client


def readers(access: Access) -> Readers:
    """Return how registries are read with an access, and how without its logins."""
    nobody = {**access.environment, "DOCKER_CONFIG": _NOWHERE}
    return Readers(user=Client(access), anyone=Client(replace(access, environment=nobody)))


def export_notes(use: CacheUse, platforms: Sequence[str], read_by: Readers, *, inner: bool) -> Iterator[str]:
    """Yield what is to be said of the caches that a build sent out, a sentence each.

    Args:
        use: The cache of the build.
        platforms: Of each call that ended well.
        read_by: How the registry is read.
        inner: Whether it holds steps of stages that are not in the image.
    """
    if use.kind == attributes.GHA:
        return
    for names in platforms:
        if use.exports(names):
            yield from _of(use, use.tag(names), read_by, inner=inner)


def _of(use: CacheUse, tag: str, read_by: Readers, *, inner: bool) -> Iterator[str]:
    if use.kind == attributes.LOCAL:
        for kept in _local(pathlib.Path(use.place) / tag):
            yield from _size(kept, f"{use.place}/{tag}")
        return
    reference = Reference(*_parts(use.place), tag=tag)
    try:
        document = read_by.user.repository(reference).manifest(tag)
        outline = read_outline(document.content)
    except (RegistryError, DocumentError) as error:
        yield f"the cache that was sent out can't be looked at: {error}"
        return
    if outline:
        yield from _size(outline, str(reference))
    if inner and use.mode == attributes.MAX and use.branches.public is not True and _public(read_by, reference):
        yield (
            f"anyone can read {reference}, and with it the files of every stage, sources too: --cache-mode min sends "
            "out what is in the image alone, --cache-ref names a repository with fewer readers"
        )


def _parts(place: str) -> tuple[str, str]:
    reference = parse_reference(place)
    return reference.host, reference.repository


def _local(directory: pathlib.Path) -> Iterator[Outline]:
    try:
        yield from (kept.outline for kept in in_directory(directory))
    except UsageError:
        return


def _size(outline: Outline, name: str) -> Iterator[str]:
    """Yield that a cache is too large to be imported; its config is the larger part as a rule."""
    if outline.too_large:
        largest = max(outline.config.size or 0, outline.manifest_bytes)
        yield (
            f"{name} can't be imported: {largest / _MIB:.1f} MiB of records, and BuildKit reads {LARGEST // _MIB} MiB; "
            "--cache-mode min, or fewer steps, make it smaller"
        )


def _public(read_by: Readers, reference: Reference) -> bool:
    """Whether a registry gives a cache to anyone; one on this machine is read by whoever uses the machine."""
    if is_loopback(reference.host.partition(":")[0]):
        return False
    try:
        return read_by.anyone.repository(reference).digest(reference.tag) is not None
    except RegistryError:
        return False
