"""Images in an OCI layout, a directory or a tar file; what ``docker save`` and ``--output type=oci`` write is one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO

from layerwise.errors import ImageError
from layerwise.oci.documents import LARGEST_MANIFEST, Descriptor, DocumentError, Manifest, decode
from layerwise.oci.files import Files
from layerwise.oci.image import Blob, Image
from layerwise.oci.manifests import images, is_attestation
from layerwise.oci.reference import whole_name
from layerwise.oci.stream import verified, whole

INDEX = "index.json"

_NAMES = ("io.containerd.image.name", "org.opencontainers.image.ref.name")  # the whole name, if any, and its tag


def is_layout(files: Files) -> bool:
    """Whether the files are those of an OCI layout."""
    return files.size("oci-layout") is not None and files.size(INDEX) is not None


def layout_images(files: Files, reference: str, chosen: str) -> tuple[Image, ...]:
    """Return the images of a layout, or of the one of its entries that ``chosen`` names: by tag, whole name or digest.

    Raises:
        ImageError: There is no such entry, there are several and none is chosen, or what is there is broken.
    """
    source = _Layout(files)
    content = whole(files.open(INDEX), LARGEST_MANIFEST, source.broken)
    try:
        entries = decode(content, Manifest).manifests or ()
    except DocumentError as error:
        raise source.broken(f"has a broken {INDEX}: {error}") from error
    return images(source, _picked(files.name, entries, chosen), reference)


@dataclass(frozen=True, slots=True)
class _Layout:
    files: Files

    def has(self, descriptor: Descriptor) -> bool:
        return self.files.size(_path(descriptor.digest)) is not None

    def manifest(self, descriptor: Descriptor) -> bytes:
        return whole(self.blob(descriptor).open(), LARGEST_MANIFEST, self.broken)

    def blob(self, descriptor: Descriptor) -> Blob:
        return stored_blob(self.files, _path(descriptor.digest), descriptor)

    def broken(self, said: str) -> ImageError:
        return broken(self.files, said)


def _path(digest: str) -> str:
    return f"blobs/{digest.replace(':', '/')}"


def stored_blob(files: Files, path: str, descriptor: Descriptor) -> Blob:
    """Return the blob that a file is; what it should be says the descriptor."""

    def stream() -> IO[bytes]:
        if files.size(path) is None:
            raise broken(files, f"does not hold {descriptor.digest}")
        return verified(files.open(path), descriptor.digest, descriptor.size, lambda said: broken(files, said))

    return Blob(digest=descriptor.digest, size=descriptor.size, media_type=descriptor.media_type, open=stream)


def broken(files: Files, said: str) -> ImageError:
    """Return the error of files that do not hold what they should."""
    return ImageError(f"{files.name} {said}: it is broken, write it again")


def _picked(name: str, entries: Sequence[Descriptor], chosen: str) -> Sequence[Descriptor]:
    """Return the entries that are one image: one, or one for each platform."""
    entries = [entry for entry in entries if not is_attestation(entry)]
    found = tuple({entry.digest: entry for entry in entries if not chosen or _is_called(entry, chosen)}.values())
    suffixes = sorted({_suffix(entry) for entry in found or entries})
    if chosen and not found:
        raise ImageError(
            f"{name} holds no {chosen}; there is {', '.join(map(name.__add__, suffixes)) or 'nothing in it'}"
        )
    if len(found) > 1 and not _are_one(found):
        raise ImageError(f"{name} holds several images; name one: {', '.join(map(name.__add__, suffixes))}")
    return found


def _names(entry: Descriptor) -> tuple[str, ...]:
    return tuple(filter(None, map(entry.annotation, _NAMES)))


def _suffix(entry: Descriptor) -> str:
    names = _names(entry)
    return f":{names[0]}" if names else f"@{entry.digest}"


def _is_called(entry: Descriptor, chosen: str) -> bool:
    return bool({chosen, whole_name(chosen)} & {entry.digest, *_names(entry)})


def _are_one(entries: Sequence[Descriptor]) -> bool:
    platforms = {entry.platform.name for entry in entries if entry.platform}
    return len(set(map(_names, entries))) == 1 and len(platforms) == len(entries)
