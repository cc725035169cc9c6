"""One difference of two images, before anything is said about what it means."""

from dataclasses import dataclass
from enum import Enum


class Facet(Enum):
    """In what two images differ at one place."""

    PLATFORM = "platform"
    """A platform that only one of them has."""
    SETTING = "setting"
    """A key of the image config."""
    PRESENCE = "presence"
    """A path that only one of them has."""
    KIND = "kind"
    MODE = "mode"
    OWNER = "owner"
    CONTENT = "content"
    TARGET = "link target"
    DEVICE = "device"
    XATTRS = "extended attributes"
    HARD_LINK = "hard link"
    MTIME = "mtime"
    THROUGH = "written through a link"
    """A layer writes through a symbolic link of one below, which runtimes do differently."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One facet of one place.

    Attributes:
        where: An absolute path, a key of the image config (``Env PATH``), or a platform.
        facet: In what the images differ.
        left: What the first has there, None where it has nothing.
        right: What the second has there.
    """

    where: str
    facet: Facet
    left: str | None
    right: str | None

    @property
    def is_file(self) -> bool:
        """Whether it is about a path."""
        return self.facet not in (Facet.PLATFORM, Facet.SETTING)
