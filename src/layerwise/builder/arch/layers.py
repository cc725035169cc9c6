"""Scans the layers of images, several at once, each of them once."""

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from layerwise.builder.arch.scan import Entry, scan
from layerwise.builder.arch.scans import Scans, packed, unpacked
from layerwise.errors import EnvironmentMissing, ImageError, RegistryError
from layerwise.oci.image import Blob

_AT_ONCE = 3

Scanned = Mapping[str, tuple[Entry, ...] | str]
"""By the digest of a layer what is in it, or why that can't be read."""


def scan_layers(layers: Sequence[Blob], scans: Scans, tell: Callable[[str], object]) -> Scanned:
    """Return what is in some layers; ``tell`` is given a sentence for each that is read.

    Raises:
        RegistryError: The registry does not give one, or gives other bytes than those of its digest.
    """
    wanted = {layer.digest: layer for layer in layers}
    found = {digest: kept for digest in wanted if (kept := unpacked(scans.get(digest))) is not None}
    left = [layer for digest, layer in wanted.items() if digest not in found]
    stop = threading.Event()

    def read(layer: Blob) -> tuple[Entry, ...] | str:
        tell(f"reading layer {layer.digest[:19]} for the programs in it{_size(layer)}")
        try:
            with layer.open() as blob:
                entries = scan(blob, stop.is_set)
        except RegistryError:
            raise
        except (ImageError, EnvironmentMissing) as error:
            return str(error)
        scans.put(layer.digest, packed(entries))
        return entries

    with ThreadPoolExecutor(_AT_ONCE) as threads:
        try:
            return {**found, **dict(zip((layer.digest for layer in left), threads.map(read, left), strict=True))}
        finally:
            # Where one failed, or somebody pressed Ctrl-C, nobody waits for the others to be read to their ends.
            stop.set()


def _size(layer: Blob) -> str:
    return f", {layer.size / 1e6:.1f} MB" if layer.size is not None else ""
