"""The caches that a repository or a directory holds."""

import pathlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from layerwise.builder.cache.contents import Outline, read_outline, read_records
from layerwise.builder.cache.refs import PREFIX, CacheTag, read_cache_tag
from layerwise.errors import RegistryError, UsageError
from layerwise.oci.documents import LARGEST_CONFIG, Descriptor, DocumentError, Manifest, decode
from layerwise.oci.reference import Reference
from layerwise.oci.registry import Client
from layerwise.oci.repository import Repository

_AT_ONCE = 8
_INDEX = "index.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One cache ref.

    Attributes:
        name: Its tag, or its directory.
        digest: Of its manifest.
        outline: What that says.
        records: How many records it has.
        newest: When its newest result was made, in seconds since the epoch; None where it does not say.
    """

    name: str
    digest: str
    outline: Outline
    records: int
    newest: float | None

    @property
    def made(self) -> CacheTag | None:
        """What its name says, where layerwise gave it."""
        return read_cache_tag(pathlib.PurePath(self.name).name)


def in_registry(client: Client, reference: Reference) -> tuple[Kept, ...]:
    """Return the caches of a repository that layerwise made, or the one that a tag names.

    Raises:
        RegistryError: The registry does not give them.
        UsageError: The tag names no cache.
    """
    repository = client.repository(reference)
    if reference.tag:
        found = _of_tag(repository, reference.tag)
        if found is None:
            raise UsageError(f"{reference} is no build cache")
        return (found,)
    tags = sorted(tag for tag in repository.tags() if tag.startswith(PREFIX))
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        kept = list(pool.map(lambda tag: _of_tag(repository, tag), tags))
    return tuple(one for one in kept if one)


def in_directory(directory: pathlib.Path) -> tuple[Kept, ...]:
    """Return the caches in a directory, or the one that it is.

    Raises:
        UsageError: There is no such directory.
    """
    if not directory.is_dir():
        raise UsageError(f"{directory}: no such directory")
    places = [directory] if (directory / _INDEX).is_file() else sorted(_caches(directory))
    return tuple(kept for place in places if (kept := _of_directory(place)))


def _of_tag(repository: Repository, tag: str) -> Kept | None:
    document = repository.manifest(tag)
    try:
        outline = read_outline(document.content)
        if outline is None:
            return None
        records, newest = read_records(_config(repository, outline.config))
    except DocumentError as error:
        raise RegistryError(
            f"{repository.name}:{tag} is a broken cache ({error}): a build with --cache mends it"
        ) from error
    return Kept(name=tag, digest=document.digest, outline=outline, records=records, newest=newest or outline.newest)


def _config(repository: Repository, descriptor: Descriptor) -> bytes:
    if (descriptor.size or 0) > LARGEST_CONFIG:
        raise repository.broken(f"has a cache config of {descriptor.size} bytes")
    with repository.blob(descriptor).open() as stream:
        return stream.read()


def _caches(directory: pathlib.Path) -> Iterator[pathlib.Path]:
    return (path.parent for path in directory.glob(f"*/{_INDEX}"))


def _of_directory(directory: pathlib.Path) -> Kept | None:
    """Return the cache that a directory is, None where it is none that can be read."""
    try:
        top = decode((directory / _INDEX).read_bytes(), Manifest).manifests or []
        content = blob_path(directory, top[-1].digest).read_bytes()
        outline = read_outline(content)
        if outline is None:
            return None
        records, newest = read_records(blob_path(directory, outline.config.digest).read_bytes())
    except (OSError, DocumentError, IndexError):
        return None
    newest = newest or outline.newest
    return Kept(name=str(directory), digest=top[-1].digest, outline=outline, records=records, newest=newest)


def blob_path(directory: pathlib.Path, digest: str) -> pathlib.Path:
    """Return where a layout keeps a blob."""
    return directory / "blobs" / pathlib.Path(*digest.split(":"))
