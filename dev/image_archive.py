"""Reads an image from a tar file: an OCI or Docker archive, or one flattened root file system.

Layers are put on top of each other as the OCI image specification says, whiteouts included. File contents are hashed as
they stream by and never held; what time stamps put into a file's content is left out of the hash.
"""

import contextlib
import hashlib
import json
import re
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import IO, Any

_WHITEOUT, _OPAQUE = ".wh.", ".wh..wh..opq"
_XATTR = "SCHILY.xattr."
_CHUNK = 1 << 20  # bytes


class ArchiveError(Exception):
    """A tar file that holds no image, or one that cannot be read here."""


class Kind(Enum):
    """What an entry of a file system is."""

    FILE = "file"
    DIRECTORY = "directory"
    SYMLINK = "symbolic link"
    CHARACTER = "character device"
    BLOCK = "block device"
    FIFO = "fifo"


_KINDS = {
    tarfile.DIRTYPE: Kind.DIRECTORY,
    tarfile.SYMTYPE: Kind.SYMLINK,
    tarfile.CHRTYPE: Kind.CHARACTER,
    tarfile.BLKTYPE: Kind.BLOCK,
    tarfile.FIFOTYPE: Kind.FIFO,
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One path of a root file system; time stamps are no part of it."""

    kind: Kind
    mode: int  # permission bits with set-user-id, set-group-id and sticky
    owner: tuple[int, int]  # user and group, as numbers
    content: str = ""  # digest of a file
    target: str = ""  # of a symbolic link
    device: tuple[int, int] = (0, 0)
    xattrs: tuple[tuple[str, str], ...] = ()
    twin: str = ""  # the first path, by name, of those that are hard links of one file


@dataclass(frozen=True, slots=True)
class Image:
    """A flattened image: entries by absolute path, and settings by name."""

    entries: Mapping[str, Entry]
    settings: Mapping[str, str] = field(default_factory=dict)


def read_image(path: Path, platform: str | None = None) -> Image:
    """Read an image; `platform` chooses from an archive that holds several.

    Raises:
        ArchiveError: there is no image in the file, several and none chosen, or a compression that Python cannot undo.
    """
    try:
        with tarfile.open(path) as archive:
            names = set(archive.getnames())
            if {"index.json", "oci-layout"} <= names:
                return _read_oci(archive, platform)
            if "manifest.json" in names:
                return _read_docker(archive)
        with tarfile.open(path, "r|*") as stream:
            return Image(_linked(_read_layer(stream).entries))
    except (tarfile.TarError, KeyError, EOFError) as error:
        raise ArchiveError(f"{path} cannot be read as an image: {error}") from error


def _read_oci(archive: tarfile.TarFile, platform: str | None) -> Image:
    manifest = _chosen(archive, _json(archive, "index.json"), platform)
    layers = [_blob_name(layer) for layer in manifest["layers"]]
    return Image(_flattened(archive, layers), settings_of(_json(archive, _blob_name(manifest["config"]))))


def _read_docker(archive: tarfile.TarFile) -> Image:
    (manifest,) = _json(archive, "manifest.json")
    return Image(_flattened(archive, manifest["Layers"]), settings_of(_json(archive, manifest["Config"])))


def _chosen(archive: tarfile.TarFile, index: dict[str, Any], platform: str | None) -> dict[str, Any]:
    """The one image manifest below an index, whose entries may be indexes again."""
    manifests = list(_manifests(archive, index, platform))
    if len(manifests) != 1:
        found = f"{len(manifests)} images" + (f" for {platform}" if platform else "")
        raise ArchiveError(f"the archive holds {found}; name one platform")
    return manifests[0]


def _manifests(archive: tarfile.TarFile, index: dict[str, Any], platform: str | None) -> Iterator[dict[str, Any]]:
    for descriptor in index["manifests"]:
        machine = descriptor.get("platform", {})
        name = "/".join(machine[key] for key in ("os", "architecture", "variant") if key in machine)
        if name.startswith("unknown/"):
            continue  # an attestation, stored beside the image that it is about
        document = _json(archive, _blob_name(descriptor))
        if "manifests" in document:
            yield from _manifests(archive, document, platform)
        elif platform is None or not name or platform == name:
            yield document


def _json(archive: tarfile.TarFile, name: str) -> Any:
    return json.load(_opened(archive, name))


def _blob_name(descriptor: Mapping[str, str]) -> str:
    return "blobs/" + descriptor["digest"].replace(":", "/")


def _opened(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    content = archive.extractfile(name)
    if content is None:
        raise ArchiveError(f"{name} is no file")
    return content


# ---- file systems ---------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Layer:
    entries: dict[str, Entry] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)
    emptied: set[str] = field(default_factory=set)


def _flattened(archive: tarfile.TarFile, layers: list[str]) -> dict[str, Entry]:
    entries: dict[str, Entry] = {}
    for name in layers:
        with _opened(archive, name) as blob, _uncompressed(blob, name) as stream:
            _lay_on(entries, _read_layer(stream, entries))
    return _linked(entries)


@contextlib.contextmanager
def _uncompressed(blob: IO[bytes], name: str) -> Iterator[tarfile.TarFile]:
    if blob.read(4) == b"\x28\xb5\x2f\xfd":
        raise ArchiveError(f"{name} is compressed with zstd; export the image with gzip")
    blob.seek(0)
    with tarfile.open(fileobj=blob, mode="r|*") as stream:
        yield stream


def _lay_on(entries: dict[str, Entry], layer: _Layer) -> None:
    """Put a layer on what is below it; whiteouts concern only what is below, wherever they stand in the layer."""
    replaced = {path for path, entry in layer.entries.items() if entry.kind is not Kind.DIRECTORY}
    gone = layer.removed | replaced
    for path in [path for path in entries if _within(path, gone, layer.emptied)]:
        del entries[path]
    entries.update(layer.entries)


def _within(path: str, gone: set[str], emptied: set[str]) -> bool:
    if path in gone:
        return True
    parent = path.rpartition("/")[0]
    while parent:
        if parent in gone or parent in emptied:
            return True
        parent = parent.rpartition("/")[0]
    return False


def _read_layer(stream: tarfile.TarFile, below: Mapping[str, Entry] | None = None) -> _Layer:
    layer = _Layer()
    for member in stream:
        path = _absolute(member.name)
        parent, _, name = path.rpartition("/")
        if name == _OPAQUE:
            layer.emptied.add(parent)
        elif name.startswith(_WHITEOUT):
            layer.removed.add(f"{parent}/{name.removeprefix(_WHITEOUT)}")
        elif member.islnk():
            target = _absolute(member.linkname)
            first = layer.entries.get(target) or (below or {})[target]
            # every hard link names one and the same path for now; `_linked` sorts the names
            layer.entries[target] = layer.entries[path] = replace(first, twin=first.twin or target)
        elif path:
            layer.entries[path] = _entry(stream, member, path)
    return layer


def _absolute(name: str) -> str:
    parts = [part for part in name.split("/") if part not in {"", "."}]
    return "".join(f"/{part}" for part in parts)


def _entry(stream: tarfile.TarFile, member: tarfile.TarInfo, path: str) -> Entry:
    kind = _KINDS.get(member.type, Kind.FILE)
    xattrs = {key: text for key, text in member.pax_headers.items() if key.startswith(_XATTR)}
    return Entry(
        kind,
        member.mode & 0o7777 if kind is not Kind.SYMLINK else 0o777,
        (member.uid, member.gid),
        content=_digest(stream, member, path) if kind is Kind.FILE else "",
        target=member.linkname if kind is Kind.SYMLINK else "",
        device=(member.devmajor, member.devminor) if kind in {Kind.CHARACTER, Kind.BLOCK} else (0, 0),
        xattrs=tuple(sorted((key.removeprefix(_XATTR), text) for key, text in xattrs.items())),
    )


def _digest(stream: tarfile.TarFile, member: tarfile.TarInfo, path: str) -> str:
    content = stream.extractfile(member)
    assert content is not None, "only files are hashed"
    digest = hashlib.sha256()
    if without_times := _WITHOUT_TIMES.get(path if path in _WITHOUT_TIMES else Path(path).suffix):
        digest.update(without_times(content.read()))
    else:
        while chunk := content.read(_CHUNK):
            digest.update(chunk)
    return f"sha256:{digest.hexdigest()}"


def _compiled_python(content: bytes) -> bytes:
    """A .pyc without its source's time and size: PEP 552, flags 0."""
    by_time = content[4:8] == bytes(4)
    return content[:8] + content[16:] if by_time else content


def _shadow(content: bytes) -> bytes:
    """shadow(5) without the day of the last change of each password."""
    return re.sub(rb"(?m)^([^:\n]*:[^:\n]*:)\d+:", rb"\1:", content)


_WITHOUT_TIMES = {".pyc": _compiled_python, "/etc/shadow": _shadow, "/etc/shadow-": _shadow}


def _linked(entries: dict[str, Entry]) -> dict[str, Entry]:
    """Hard links named after the first of their paths, so that their order in the archive says nothing."""
    groups: dict[str, list[str]] = {}
    for path, entry in entries.items():
        if entry.twin:
            groups.setdefault(entry.twin, []).append(path)
    for paths in groups.values():
        name = min(paths) if len(paths) > 1 else ""
        for path in paths:
            entries[path] = replace(entries[path], twin=name)
    return entries


# ---- settings -------------------------------------------------------------------------------------------------------

_PLAIN = ("Entrypoint", "Cmd", "WorkingDir", "User", "StopSignal", "Shell", "Healthcheck", "OnBuild", "ArgsEscaped")
_KEYED = ("ExposedPorts", "Volumes", "Labels")


def settings_of(document: Mapping[str, Any]) -> dict[str, str]:
    """An image's config as flat settings; Env is a map, and when and how it was made is left out."""
    config = document.get("config") or {}
    settings = {key: str(document[key]) for key in ("os", "architecture", "variant") if document.get(key)}
    settings |= {key: json.dumps(config[key], sort_keys=True) for key in _PLAIN if config.get(key)}
    for key in _KEYED:
        settings |= {f"{key} {name}": json.dumps(value) for name, value in (config.get(key) or {}).items()}
    pairs = (pair.partition("=") for pair in config.get("Env") or ())
    return settings | {f"Env {name}": value for name, _, value in pairs}
