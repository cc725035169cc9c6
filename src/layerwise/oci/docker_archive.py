"""Images in a docker archive: a tar file with a ``manifest.json``, as ``docker save`` has written it since 1.10.

Old ones keep each layer as ``ID/layer.tar``, a layer that two images share as a link to the other's; newer ones keep
blobs as an OCI layout does. Some builders (kaniko, crane) write layers compressed.
"""

import hashlib
import re
from collections.abc import Sequence
from typing import IO

import msgspec

from layerwise.errors import ImageError
from layerwise.oci.documents import LARGEST_CONFIG, LARGEST_MANIFEST, Config, Descriptor, DocumentError, decode
from layerwise.oci.files import Files
from layerwise.oci.image import Blob, Image
from layerwise.oci.layout import broken, stored_blob
from layerwise.oci.parts import LONGEST_MAGIC, codec_of
from layerwise.oci.reference import whole_name
from layerwise.oci.stream import BUFFER, digest_of, whole

MANIFEST = "manifest.json"

_HEXADECIMAL = re.compile(r"(?:^|[/:])([0-9a-f]{64})(?:\.[a-z.]+)?$")


class _Entry(msgspec.Struct, rename="pascal"):
    config: str
    repo_tags: list[str] | None = None
    layers: list[str] | None = None


def is_docker_archive(files: Files) -> bool:
    """Whether the files are those of a docker archive."""
    return files.size(MANIFEST) is not None


def docker_images(files: Files, reference: str, chosen: str) -> tuple[Image, ...]:
    """Return the image of a docker archive, or the one that ``chosen`` names; its manifest's digest is not known.

    Raises:
        ImageError: There is no such image, there are several and none is chosen, or what is there is broken.
    """
    try:
        entries = decode(_document(files, MANIFEST, LARGEST_MANIFEST), list[_Entry])
        return (_image(files, _picked(files.name, entries, chosen), reference),)
    except DocumentError as error:
        raise broken(files, f"has a broken document: {error}") from error


def _picked(name: str, entries: Sequence[_Entry], chosen: str) -> _Entry:
    found = {entry.config: entry for entry in entries if not chosen or _is_called(entry, chosen)}
    tags = ", ".join(f"{name}:{tag}" for entry in found.values() or entries for tag in entry.repo_tags or ())
    if not found:
        raise ImageError(f"{name} holds no {chosen or 'image'}; there is {tags or 'no name in it'}")
    if len(found) > 1:
        raise ImageError(f"{name} holds several images; name one: {tags or 'but they have no names, save it alone'}")
    return next(iter(found.values()))


def _is_called(entry: _Entry, chosen: str) -> bool:
    tags = entry.repo_tags or ()
    return any(chosen in {tag, tag.rpartition(":")[2]} or whole_name(chosen) == whole_name(tag) != "" for tag in tags)


def _image(files: Files, entry: _Entry, reference: str) -> Image:
    content = _document(files, entry.config, LARGEST_CONFIG)
    config = decode(content, Config)
    layers = entry.layers or ()
    if len(layers) != len(config.diff_ids):
        raise broken(files, f"has {len(layers)} layers of the {len(config.diff_ids)} that its config names")
    return Image(
        platform=config.name,
        reference=reference,
        digest="",
        config=content,
        layers=tuple(_layer(files, path, diff_id) for path, diff_id in zip(layers, config.diff_ids, strict=True)),
    )


def _document(files: Files, path: str, limit: int) -> bytes:
    named = _named(path)
    content = whole(_opened(files, path), limit, lambda said: broken(files, said))
    if named and named != digest_of(content):
        raise broken(files, f"has other bytes in {path} than those of {named}")
    return content


def _layer(files: Files, path: str, diff_id: str) -> Blob:
    with _opened(files, path) as stream:
        packed = codec_of(stream.read(LONGEST_MAGIC)) is not None
    digest = (_named(path) or _hashed(files, path)) if packed else diff_id
    return stored_blob(files, path, Descriptor(digest=digest, size=files.size(path)))


def _hashed(files: Files, path: str) -> str:
    digest = hashlib.sha256()
    with files.open(path) as stream:
        while chunk := stream.read(BUFFER):
            digest.update(chunk)
    return f"sha256:{digest.hexdigest()}"


def _named(path: str) -> str:
    """Return the digest that a file is named after: ``blobs/sha256/HEX``, ``HEX.json``, ``sha256:HEX``; else ""."""
    match = _HEXADECIMAL.search(path)
    return f"sha256:{match[1]}" if match else ""


def _opened(files: Files, path: str) -> IO[bytes]:
    if files.size(path) is None:
        raise broken(files, f"does not hold {path}")
    return files.open(path)
