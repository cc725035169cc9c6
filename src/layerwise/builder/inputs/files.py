"""Where digests of files are remembered between builds."""

import time
from collections.abc import Callable
from pathlib import Path

from layerwise.builder.inputs.known import KnownFiles
from layerwise.builder.inputs.remembered import Remembered
from layerwise.graph.listing import Listing


class Files:
    """The digests of files, remembered between builds; several processes may remember at once.

    Args:
        directory: Where: ``store.place.state_directory(environment) / "files"``. It is made when it is needed.
        clock: Nanoseconds since the epoch.
    """

    def __init__(self, directory: Path, clock: Callable[[], int] = time.time_ns) -> None:
        self._remembered = Remembered(directory)
        self._clock = clock

    def of(self, listing: Listing) -> KnownFiles:
        """Return the files of a context that was just walked."""
        return KnownFiles(listing, self._remembered, self._clock())
