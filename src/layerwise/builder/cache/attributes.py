"""What each kind of cache, and each kind of registry, wants to be told, as ``--cache-from`` and ``--cache-to`` take it.

No export fails a build: its image is worth more than a cache.
"""

import re
from collections.abc import Mapping

from layerwise.builder.drive.output import joined
from layerwise.errors import BuilderError

REGISTRY, LOCAL, GHA, NONE = "registry", "local", "gha", "none"
KINDS = (REGISTRY, LOCAL, GHA, NONE)
MAX, MIN, OFF = "max", "min", "off"

_ONE_MANIFEST = (("image-manifest", "true"), ("oci-mediatypes", "true"))
_WANT_ONE_MANIFEST = {
    "Amazon ECR": r"\d+\.dkr\.ecr(?:-fips)?\.[\w-]+\.amazonaws\.com(?:\.cn)?|public\.ecr\.aws",
    "Google": r"(?:[\w-]+\.)?gcr\.io|[\w-]+-docker\.pkg\.dev",
    "Artifactory": r"[\w-]+\.jfrog\.io",
    "Quay": r"quay\.io",
}
"""Registries that refused a cache in the form of an index (moby/buildkit #2251), which BuildKit before 0.21 makes."""
_LENIENT = (("ignore-error", "true"),)


def registry_kind(host: str) -> str:
    """Return whose a registry is that wants a cache as one manifest, "" for one that takes either form."""
    name = host.partition(":")[0]
    return next((kind for kind, pattern in _WANT_ONE_MANIFEST.items() if re.fullmatch(pattern, name)), "")


def registry_import(repository: str, tag: str) -> str:
    """Return the import of a cache in a registry."""
    return joined((("type", REGISTRY), ("ref", f"{repository}:{tag}")))


def registry_export(repository: str, tag: str, mode: str) -> str:
    """Return the export of a cache to a registry."""
    form = _ONE_MANIFEST if registry_kind(repository.partition("/")[0]) else ()
    return joined((("type", REGISTRY), ("ref", f"{repository}:{tag}"), ("mode", mode), *form, *_LENIENT))


def local_import(directory: str) -> str:
    """Return the import of a cache in a directory."""
    return joined((("type", LOCAL), ("src", directory)))


def local_export(directory: str, mode: str) -> str:
    """Return the export of a cache to a directory."""
    return joined((("type", LOCAL), ("dest", directory), ("mode", mode), *_LENIENT))


def gha_import(scope: str) -> str:
    """Return the import of a cache that GitHub keeps."""
    return joined((("type", GHA), ("scope", scope)))


def gha_export(scope: str, mode: str) -> str:
    """Return the export of a cache that GitHub keeps."""
    return joined((("type", GHA), ("scope", scope), ("mode", mode), *_LENIENT))


def require_gha(environment: Mapping[str, str]) -> None:
    """Refuse GitHub's cache where there is none.

    Raises:
        BuilderError: This is no job of GitHub Actions, or its variables are not there.
    """
    if environment.get("GITHUB_ACTIONS") != "true":
        raise BuilderError("--cache gha works in a job of GitHub Actions alone; elsewhere take --cache registry")
    service = environment.get("ACTIONS_RESULTS_URL") or environment.get("ACTIONS_CACHE_URL")
    if not environment.get("ACTIONS_RUNTIME_TOKEN") or not service:
        raise BuilderError(
            "--cache gha: ACTIONS_RUNTIME_TOKEN and ACTIONS_RESULTS_URL are not passed to this step; a step with "
            "`uses: crazy-max/ghaction-github-runtime@v3` before it does that"
        )
