"""What keeps the builds of a bench apart from the cache that others share with them on one engine.

A scope gives every RUN a cache key of its own, by a host name that no program looks up, and empty cache mounts of its
own. Within a scope steps are hits as ever; nothing of it shows in the image. A COPY or WORKDIR above the first RUN of a
stage is in no scope: others' cache may have it.
"""

from dataclasses import dataclass

_HOST = "layerwise.invalid"


@dataclass(frozen=True, slots=True)
class Scope:
    """A part of a builder's cache.

    Attributes:
        name: Of small letters, digits and dashes, for BuildKit puts host names into small letters.
    """

    name: str

    def options(self) -> tuple[str, ...]:
        """Return what ``docker buildx build`` is told."""
        return (f"--add-host={self.name}.{_HOST}:127.0.0.1", f"--build-arg=BUILDKIT_CACHE_MOUNT_NS={self.name}")

    def holds_mount(self, description: str) -> bool:
        """Whether a record of the cache, by its description, is a cache mount of this scope."""
        return f'with id "{self.name}/' in description
