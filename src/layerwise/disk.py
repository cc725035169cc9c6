"""Whether there is room left on a disk."""

import pathlib
import shutil

_NOTHING = 1 << 16  # bytes: a file system keeps some for itself, and SQLite's file of shared memory takes more


def no_room(place: pathlib.Path) -> bool:
    """Whether nothing can be written any more on the disk of a file or directory, which need not be there yet."""
    there = next((one for one in (place, *place.parents) if one.exists()), pathlib.Path("/"))
    return shutil.disk_usage(there).free < _NOTHING
