"""Where an image is that a user names: in a registry, an OCI layout or an archive."""

import pathlib
import re
import stat
from dataclasses import dataclass, replace

from layerwise.errors import ImageError
from layerwise.oci.access import Access
from layerwise.oci.docker_archive import docker_images, is_docker_archive
from layerwise.oci.files import DirectoryFiles, Files, looks_like_tar, open_tar
from layerwise.oci.image import Image
from layerwise.oci.layout import is_layout, layout_images
from layerwise.oci.reference import DIGEST, parse_reference, whole_name

_REGISTRY = "docker://"
_TAR = re.compile(r"\.(?:tar|tgz)(?:\.\w+)?$")


@dataclass(frozen=True, slots=True)
class Place:
    """Where an image is.

    Attributes:
        form: ``registry``, ``oci``, ``oci-archive``, ``docker-archive``, or ``archive`` where its content tells.
        name: Path, or the reference in a registry.
        chosen: Which image of a file or directory that may hold several; "" for the only one.
    """

    form: str
    name: str
    chosen: str = ""


def read_images(reference: str, access: Access | None = None) -> tuple[Image, ...]:
    """Return an image, one value for each of its platforms in the order of its index; attestations are left out.

    Args:
        reference: ``alpine:3.20`` as docker takes it, or with ``docker://`` before it; ``oci:DIR[:TAG]``,
            ``oci-archive:FILE[:TAG]``, ``docker-archive:FILE[:TAG]``; or the path of such a directory or file. Instead
            of a tag a whole name, or ``@sha256:...`` of what an OCI layout's index names.
        access: How registries are reached; as the environment says if it is None.

    Raises:
        UsageError: It is no reference, or an ambiguous one.
        ImageError: A file or directory does not hold the image, or is broken.
        RegistryError: A registry does not give it.
    """
    place = place_of(reference)
    if place.form == "registry":
        from layerwise.oci.registry import Client  # noqa: PLC0415 - urllib3 takes 40 ms to import, and files need none

        return Client(access or Access()).images(parse_reference(place.name), reference)
    files = _files(place)
    read = docker_images if files.name.startswith("docker-archive:") else layout_images
    return read(files, reference, place.chosen)


def place_of(reference: str) -> Place:
    """Return where a reference points to; the file system decides between a path and a name in a registry.

    Raises:
        ImageError: It can be both, or is a path that is not there.
    """
    form, colon, rest = reference.partition(":")
    if colon and form in {"oci", "oci-archive", "docker-archive"}:
        return Place(form, *_split(rest))
    if reference.startswith(_REGISTRY):
        return Place("registry", reference.removeprefix(_REGISTRY))
    path, chosen = _split(reference)
    if reference.startswith(("/", "./", "../")) or _TAR.search(path):
        return _path(path, chosen)
    if _holds_images(reference):
        if whole_name(reference):
            raise ImageError(
                f"{reference} is a path here and could be an image of a registry: "
                f"write ./{reference} for the one or {_REGISTRY}{reference} for the other"
            )
        return _path(reference)
    return Place("registry", reference)


def _split(text: str) -> tuple[str, str]:
    """Return a path and what is chosen there; a path may have colons too, so the longest one that exists is it."""
    if _kind(text):
        return text, ""
    if match := re.search(f"@({DIGEST})$", text):
        return text[: match.start()], match[1]
    colons = [match.start() for match in re.finditer(":", text)]
    found = next((colon for colon in reversed(colons) if _kind(text[:colon])), len(text))
    return text[:found], text[found + 1 :]


def _path(path: str, chosen: str = "") -> Place:
    kind = _kind(path)
    if not kind:
        raise ImageError(f"there is no file {path}; an image of a registry is written {_REGISTRY}HOST/REPOSITORY:TAG")
    return Place("oci" if kind == "directory" else "archive", path, chosen)


def _holds_images(path: str) -> bool:
    kind = _kind(path)
    return _kind(f"{path}/oci-layout") == "file" if kind == "directory" else kind == "file" and looks_like_tar(path)


def _kind(path: str) -> str:
    """Return ``directory`` or ``file``, "" where there is nothing of that name (or none can be)."""
    try:
        mode = pathlib.Path(path).stat().st_mode if path else 0
    except (OSError, ValueError):
        return ""
    return "directory" if stat.S_ISDIR(mode) else "file" if mode else ""


def _files(place: Place) -> Files:
    if place.form == "oci":
        return _directory(place.name)
    if _kind(place.name) == "directory":
        raise ImageError(f"{place.name} is a directory: an OCI layout in it is written oci:{place.name}")
    name = place.name if place.form == "archive" else f"{place.form}:{place.name}"
    files = open_tar(place.name, name)
    if place.form != "docker-archive" and is_layout(files):
        return replace(files, name=f"oci-archive:{place.name}")
    if place.form != "oci-archive" and is_docker_archive(files):
        return replace(files, name=f"docker-archive:{place.name}")
    raise ImageError(f"{name} {_lacking(files)}")


def _directory(path: str) -> DirectoryFiles:
    if _kind(path) == "file":
        raise ImageError(f"{path} is a file: an OCI layout in it is written oci-archive:{path}")
    if not _kind(path):
        raise ImageError(f"there is no directory {path!r}")
    files = DirectoryFiles(f"oci:{path}", pathlib.Path(path))
    if not is_layout(files):
        raise ImageError(f"{path} holds no OCI layout: there is no oci-layout with an index.json")
    return files


def _lacking(files: Files) -> str:
    if is_layout(files):
        return "is an OCI layout without the manifest.json of a docker archive: write oci-archive: before it"
    if is_docker_archive(files):
        return "is a docker archive and no OCI layout: write docker-archive: before it"
    if files.size("repositories") is not None:
        return "was written by a docker before 1.10: load it and save it with a newer one"
    return "holds no image: neither an OCI layout nor what docker save writes (docker export writes no image)"
