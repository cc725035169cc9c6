"""Where a project's caches are kept: as the command line says, else layerwise.toml, else a directory of the user's."""

import hashlib
import pathlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from layerwise.builder.cache.attributes import LOCAL
from layerwise.config import Config
from layerwise.oci.reference import Reference, parse_reference

_EMPTY = Reference("", "")


@dataclass(frozen=True, slots=True)
class Place:
    """A repository, or a directory where there is one.

    Attributes:
        repository: With a tag where one cache of it is meant.
        directory: None for a repository.
    """

    repository: Reference = _EMPTY
    directory: pathlib.Path | None = None

    def __str__(self) -> str:
        return str(self.directory or self.repository)


def place_of(named: str | None, config: Config, project: str, environment: Mapping[str, str]) -> Place:
    """Return where caches are kept.

    Args:
        named: By the command line: a repository, one tag of it, or a directory.
        config: Names a repository, a directory or the image.
        project: What builds here are builds of.
        environment: Says where the user's own caches are.

    Raises:
        UsageError: The name is none.
    """
    if named is not None:
        return _named(named)
    if config.cache_kind == LOCAL or (config.cache_directory and not config.cache_ref):
        return Place(directory=pathlib.Path(config.cache_directory or own_directory(environment, project)))
    if repository := config.cache_ref or next(iter(config.tags), ""):
        return Place(repository=replace(parse_reference(repository), tag="", digest=""))
    return Place(directory=own_directory(environment, project))


def _named(text: str) -> Place:
    path = pathlib.Path(text)
    if path.is_dir() or text.startswith((".", "/", "~")):
        return Place(directory=path.expanduser())
    reference = parse_reference(text)
    tag = reference.tag if ":" in text.rpartition("/")[2] else ""
    return Place(repository=replace(reference, tag=tag, digest=""))


def own_directory(environment: Mapping[str, str], project: str) -> pathlib.Path:
    """Return the directory of a project's local caches where its user has named none."""
    above = environment.get("XDG_CACHE_HOME") or pathlib.Path(environment.get("HOME", "~")).expanduser() / ".cache"
    digest = hashlib.sha256(project.encode("utf-8", "surrogateescape")).hexdigest()[:10]
    return pathlib.Path(above) / "layerwise" / "caches" / f"{re.sub('[^A-Za-z0-9.]+', '-', project)[-40:]}-{digest}"
