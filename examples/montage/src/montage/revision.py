"""Which build of montage this is."""

import os

from montage import __version__


def commit() -> str:
    """The commit that the image was built from; "unknown" outside an image."""
    return os.environ.get("GIT_COMMIT") or "unknown"


def short() -> str:
    """Version and abbreviated commit, as shown in the page footer."""
    revision = commit()
    return f"{__version__} ({revision[:9]})"
