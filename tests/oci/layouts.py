"""Images made by hand, and written as the places that keep images do it."""

import gzip
import hashlib
import io
import json
import pathlib
import tarfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

OCI = "application/vnd.oci.image"
DOCKER = "application/vnd.docker"
OCI_INDEX = f"{OCI}.index.v1+json"
OCI_MANIFEST = f"{OCI}.manifest.v1+json"
DOCKER_LIST = f"{DOCKER}.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = f"{DOCKER}.distribution.manifest.v2+json"


class Addable(Protocol):
    """One entry of a layer."""

    def add_to(self, archive: tarfile.TarFile) -> None:
        """Write it."""


@dataclass(frozen=True)
class File:
    """A regular file of a layer; `tests.prove.images` has entries of every kind."""

    name: str
    content: bytes = b""

    def add_to(self, archive: tarfile.TarFile) -> None:
        """Write it."""
        info = tarfile.TarInfo(self.name)
        info.size = len(self.content)
        archive.addfile(info, io.BytesIO(self.content))


class Content(Protocol):
    """An image or an index: what a tag can name."""

    @property
    def descriptor(self) -> dict[str, object]:
        """What an index says of it."""

    @property
    def blobs(self) -> dict[str, bytes]:
        """All it is made of, by digest, itself too."""

    @property
    def images(self) -> tuple["Made", ...]:
        """The images, one for each platform."""


@dataclass(frozen=True)
class Made:
    """An image of one platform, as bytes."""

    platform: str
    config: bytes
    layers: tuple[bytes, ...]
    tars: tuple[bytes, ...] = field(repr=False)
    manifest: bytes
    media_type: str = OCI_MANIFEST

    @property
    def digest(self) -> str:
        """Of the manifest."""
        return digest(self.manifest)

    @property
    def descriptor(self) -> dict[str, object]:
        """What an index says of it."""
        return described(self.manifest, self.media_type) | {"platform": platform_of(self.platform)}

    @property
    def blobs(self) -> dict[str, bytes]:
        """All it is made of, by digest."""
        return by_digest(self.config, *self.layers, self.manifest)

    @property
    def images(self) -> tuple["Made", ...]:
        """Itself."""
        return (self,)


@dataclass(frozen=True)
class Index:
    """Images of several platforms under one name."""

    images: tuple[Made, ...]
    manifest: bytes
    others: Mapping[str, bytes] = field(default_factory=dict)
    media_type: str = OCI_INDEX

    @property
    def digest(self) -> str:
        """Of the index."""
        return digest(self.manifest)

    @property
    def descriptor(self) -> dict[str, object]:
        """What an index of indexes says of it."""
        return described(self.manifest, self.media_type)

    @property
    def blobs(self) -> dict[str, bytes]:
        """All it is made of, by digest."""
        found = by_digest(self.manifest) | dict(self.others)
        for image in self.images:
            found |= image.blobs
        return found


# ---- made ------------------------------------------------------------------------------------------------------------


def digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def by_digest(*contents: bytes) -> dict[str, bytes]:
    return {digest(content): content for content in contents}


def described(content: bytes, media_type: str) -> dict[str, object]:
    return {"mediaType": media_type, "digest": digest(content), "size": len(content)}


def platform_of(name: str) -> dict[str, str]:
    return dict(zip(("os", "architecture", "variant"), name.split("/"), strict=False))


def document(**values: object) -> bytes:
    return json.dumps(values).encode()


def tar(entries: Iterable[Addable]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for entry in entries:
            entry.add_to(archive)
    return buffer.getvalue()


def gzipped(content: bytes) -> bytes:
    return gzip.compress(content, compresslevel=1, mtime=0)


def plain(content: bytes) -> bytes:
    return content


def image(
    *layers: Iterable[Addable],
    platform: str = "linux/amd64",
    stored: Callable[[bytes], bytes] = gzipped,
    docker: bool = False,
    config: Mapping[str, object] | None = None,
    annotations: Mapping[str, str] | None = None,
) -> Made:
    """An image of layers, the lowest first, each a list of tar entries; `docker` gives it docker's media types."""
    tars = tuple(map(tar, layers))
    blobs = tuple(map(stored, tars))
    rootfs = {"type": "layers", "diff_ids": [digest(one) for one in tars]}
    settings = document(
        **platform_of(platform), **({"config": {"Env": ["A=b"]}, "rootfs": rootfs} | dict(config or {}))
    )
    kinds = (
        ("container.image.v1+json", "image.rootfs.diff.tar.gzip") if docker else ("config.v1+json", "layer.v1.tar+gzip")
    )
    config_type, layer_type = (f"{DOCKER if docker else OCI}.{kind}" for kind in kinds)
    media_type = DOCKER_MANIFEST if docker else OCI_MANIFEST
    manifest = document(
        schemaVersion=2,
        mediaType=media_type,
        config=described(settings, config_type),
        layers=[described(blob, layer_type) for blob in blobs],
        **({"annotations": dict(annotations)} if annotations else {}),
    )
    return Made(platform, settings, blobs, tars, manifest, media_type)


def index(*images: Made, attested: bool = False, docker: bool = False, more: Sequence[dict[str, object]] = ()) -> Index:
    """An index of images; `attested` puts an attestation beside each, as buildx does; `more` are further descriptors."""
    attestations = [attestation(image) for image in images] if attested else []
    media_type = DOCKER_LIST if docker else OCI_INDEX
    said = [one.descriptor for one in images] + [one for one, _ in attestations] + list(more)
    others = {name: content for _, blobs in attestations for name, content in blobs.items()}
    return Index(images, document(schemaVersion=2, mediaType=media_type, manifests=said), others, media_type)


def attestation(image: Made) -> tuple[dict[str, object], dict[str, bytes]]:
    statement = document(_type="https://in-toto.io/Statement/v0.1", subject=image.digest)
    config = document(architecture="unknown", os="unknown", rootfs={"type": "layers", "diff_ids": [digest(statement)]})
    manifest = document(
        schemaVersion=2,
        mediaType=OCI_MANIFEST,
        config=described(config, f"{OCI}.config.v1+json"),
        layers=[described(statement, "application/vnd.in-toto+json")],
    )
    refers = {"vnd.docker.reference.digest": image.digest, "vnd.docker.reference.type": "attestation-manifest"}
    said = described(manifest, OCI_MANIFEST) | {"platform": platform_of("unknown/unknown"), "annotations": refers}
    return said, by_digest(statement, config, manifest)


# ---- written as ------------------------------------------------------------------------------------------------------


def named(content: Content, name: str = "", tag: str = "") -> dict[str, object]:
    """What a layout's index says of an image that has a name: the whole one as docker save writes it, and the tag."""
    names = {"io.containerd.image.name": name, "org.opencontainers.image.ref.name": tag or name.rpartition(":")[2]}
    said = {key: value for key, value in names.items() if value}
    return content.descriptor | ({"annotations": said} if said else {})


def layout(*contents: Content, entries: Sequence[dict[str, object]] | None = None) -> dict[str, bytes]:
    """The files of an OCI layout; `entries` are what its index says where that is not just the contents."""
    blobs = {name: data for content in contents for name, data in content.blobs.items()}
    said = entries if entries is not None else [content.descriptor for content in contents]
    files = {f"blobs/{name.replace(':', '/')}": data for name, data in blobs.items()}
    files["oci-layout"] = document(imageLayoutVersion="1.0.0")
    files["index.json"] = document(schemaVersion=2, mediaType=OCI_INDEX, manifests=list(said))
    return files


def new_docker_archive(content: Content, name: str = "docker.io/library/shop:1") -> dict[str, bytes]:
    """What `docker save` writes since version 25: an OCI layout that has a manifest.json too, of its first platform."""
    first = content.images[0]
    return layout(content, entries=[named(content, name)]) | {
        "manifest.json": json.dumps(
            [
                {
                    "Config": blob_path(first.config),
                    "RepoTags": [name.removeprefix("docker.io/library/")],
                    "Layers": [blob_path(one) for one in first.layers],
                }
            ]
        ).encode()
    }


def old_docker_archive(*images: Made, names: Sequence[str] = ("shop:1",)) -> tuple[dict[str, bytes], dict[str, str]]:
    """What `docker save` wrote before: files, and links of layers that an image before has too."""
    files: dict[str, bytes] = {}
    links: dict[str, str] = {}
    places: dict[str, str] = {}
    entries = []
    for image, name in zip(images, names, strict=True):
        layers = []
        for number, content in enumerate(image.tars):
            directory = hashlib.sha256(f"{name}{number}".encode()).hexdigest()
            path = f"{directory}/layer.tar"
            layers.append(path)
            files[f"{directory}/VERSION"] = b"1.0"
            if content in places:
                links[path] = f"../{places[content]}"
            else:
                files[path] = content
                places[content] = path
        config = f"{digest(image.config).partition(':')[2]}.json"
        files[config] = image.config
        entries.append({"Config": config, "RepoTags": [name], "Layers": layers})
    files["manifest.json"] = json.dumps(entries).encode()
    files["repositories"] = b"{}"
    return files, links


def blob_path(content: bytes) -> str:
    return f"blobs/{digest(content).replace(':', '/')}"


def write_directory(directory: pathlib.Path, files: Mapping[str, bytes]) -> pathlib.Path:
    for name, content in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return directory


def write_tar(
    path: pathlib.Path,
    files: Mapping[str, bytes],
    links: Mapping[str, str] | None = None,
    *,
    packed: Callable[[bytes], bytes] = plain,
    prefix: str = "",
) -> pathlib.Path:
    """Write files as a tar file, compressed as a whole by `packed`, each name with a prefix (`./`)."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, target in (links or {}).items():
            info = tarfile.TarInfo(prefix + name)
            info.type, info.linkname = tarfile.SYMTYPE, target
            archive.addfile(info)
        for name, content in files.items():
            File(prefix + name, content).add_to(archive)
    path.write_bytes(packed(buffer.getvalue()))
    return path
