"""The names of cache refs: one for each branch, platform and way of building, valid as a tag of any registry.

Platforms that write to one ref overwrite each other, and so do two targets, unnoticed (docker/buildx #1044, #3819).
"""

import hashlib
import re
from dataclasses import dataclass

PREFIX = "lw-cache-"
LONGEST = 128
"""Characters of a tag (distribution/reference)."""

_PARSED = re.compile(
    rf"{PREFIX}(?P<scope>[0-9a-f]{{6}})-(?P<branch>[a-z0-9._-]*?)-(?P<digest>[0-9a-f]{{10}})-(?P<platform>[a-z0-9._-]+)"
)
_BRANCH, _PLATFORM = 40, 40  # characters of each that are shown
_SCOPE_DIGITS, _BRANCH_DIGITS, _PLATFORM_DIGITS = 6, 10, 6


@dataclass(frozen=True, slots=True)
class CacheTag:
    """What the name of a cache ref says.

    Attributes:
        scope: A digest of the Dockerfile and the target.
        branch: The branch, cleaned and cut.
        digest: Of the branch.
        platform: With dashes for slashes.
    """

    scope: str
    branch: str
    digest: str
    platform: str


def cache_tag(dockerfile: str, target: str, branch: str, platform: str) -> str:
    """Return the name of a cache ref.

    Args:
        dockerfile: Its path from the root of the repository.
        target: The stage asked for, "" for the last.
        branch: Any name.
        platform: One platform, or several joined by commas where one build makes them all.
    """
    scope = _digest(f"{dockerfile}\0{target}")[:_SCOPE_DIGITS]
    shown = _clean(branch)[:_BRANCH].strip("-._") or "branch"
    return f"{PREFIX}{scope}-{shown}-{branch_digest(branch)}-{_platform(platform)}"


def branch_digest(branch: str) -> str:
    """Return what tells a branch from others whose names look alike once they are cleaned."""
    return _digest(branch)[:_BRANCH_DIGITS]


def read_cache_tag(tag: str) -> CacheTag | None:
    """Return what a tag says that ``cache_tag`` made, None for any other."""
    found = _PARSED.fullmatch(tag)
    return None if found is None else CacheTag(found["scope"], found["branch"], found["digest"], found["platform"])


def platform_tag(tag: str, platform: str) -> str:
    """Return the tag under which one platform of an image is pushed where it can't be pushed by digest alone."""
    mark = f".lw-{_platform(platform)}"
    if len(tag) + len(mark) <= LONGEST:
        return tag + mark
    kept = LONGEST - len(mark) - _BRANCH_DIGITS - 1
    return f"{tag[:kept]}-{_digest(tag)[:_BRANCH_DIGITS]}{mark}"


def _platform(platform: str) -> str:
    cleaned = _clean(platform)
    if cleaned == platform.replace("/", "-") and len(cleaned) <= _PLATFORM:
        return cleaned
    return f"{cleaned[:_PLATFORM]}-{_digest(platform)[:_PLATFORM_DIGITS]}"


def _clean(text: str) -> str:
    """Return a text in the characters of a tag: every other one is a dash."""
    return re.sub(r"[^a-z0-9._]+", "-", text.lower()).strip("-")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
