"""What keeps the builds of a bench apart from the cache that others share with them on one engine.

A scope gives every RUN a cache key of its own, by a host name that no program looks up, and empty cache mounts of its
own. Within a scope steps are hits as ever; nothing of it shows in the image. A COPY or WORKDIR above the first RUN of a
stage is in no scope: others' cache may have it, and base images are everybody's.
"""

import re
from dataclasses import dataclass

IMAGES = "layerwise-bench"
"""What every image of a bench is called; its tag begins with the bench's nonce."""
_HOST = "layerwise.invalid"
_PULLED = re.compile(rf"pulled from (?:\S+/)?{IMAGES}:([^-\s]+)-")


@dataclass(frozen=True, slots=True)
class Scope:
    """A part of a builder's cache.

    Attributes:
        name: Of small letters, digits and dashes, for BuildKit puts host names into small letters.
    """

    name: str

    @classmethod
    def of(cls, nonce: str, number: int) -> "Scope":
        """Return one of a bench."""
        return cls(f"{_of_bench(nonce)}{number}")

    def options(self) -> tuple[str, ...]:
        """Return what ``docker buildx build`` is told."""
        return (f"--add-host={self.name}.{_HOST}:127.0.0.1", f"--build-arg=BUILDKIT_CACHE_MOUNT_NS={self.name}")

    def holds_mount(self, description: str) -> bool:
        """Whether a record of the cache, by its description, is a cache mount of this scope."""
        return f'with id "{self.name}/' in description

    def holds_base(self, description: str) -> bool:
        """Whether a record of the cache, by its description, is of a base image that the scope's bench has moved."""
        pulled = _PULLED.match(description)
        return pulled is not None and self.name.startswith(_of_bench(pulled[1]))


def _of_bench(nonce: str) -> str:
    """Return what the names of a bench's scopes begin with."""
    return f"lw{nonce}"
