"""An image as an archive that docker loads, under a name and an id of its own."""

import hashlib
import io
import json
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from layerwise.oci.image import Blob, Image


def pack(image: Image, name: str, stream: IO[bytes]) -> None:
    """Write an image, whose config is known to be sound, to a stream as ``docker save`` does.

    The name is in the config too, as the comment, that nothing in a container sees: so the id is that of no image that
    an engine has already, and who removes this one removes no other.

    Raises:
        ImageError: A layer can't be read.
    """
    config = json.dumps({**json.loads(image.config), "comment": name}).encode()
    config_name = f"{hashlib.sha256(config).hexdigest()}.json"
    layers = [f"{number}.tar" for number in range(len(image.layers))]
    manifest = [{"Config": config_name, "RepoTags": [name], "Layers": layers}]
    with tarfile.open(fileobj=stream, mode="w|") as archive:
        _add(archive, "manifest.json", json.dumps(manifest).encode())
        _add(archive, config_name, config)
        for layer, path in zip(image.layers, layers, strict=True):
            _add_layer(archive, path, layer)


def _add(archive: tarfile.TarFile, path: str, content: bytes) -> None:
    info = tarfile.TarInfo(path)
    info.size = len(content)
    archive.addfile(info, io.BytesIO(content))


def _add_layer(archive: tarfile.TarFile, path: str, layer: Blob) -> None:
    info = tarfile.TarInfo(path)
    with layer.open() as blob, _sized(blob, layer.size) as (content, info.size):
        archive.addfile(info, content)


@contextmanager
def _sized(blob: IO[bytes], size: int | None) -> Iterator[tuple[IO[bytes], int]]:
    """Give a stream with its size; where nobody says it, the stream is written to a file first."""
    if size is not None:
        yield blob, size
        return
    with tempfile.TemporaryFile() as held:
        shutil.copyfileobj(blob, held)
        size = held.tell()
        held.seek(0)
        yield held, size
