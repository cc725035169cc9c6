"""The recordings of tests/recordings, and archives made of them."""

import hashlib
import io
import json
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path

from layerwise.builder.bundle import EngineRecord, read_bundle
from layerwise.builder.engine_record import Surroundings, record_of
from layerwise.builder.observed import Observed, Vertex
from layerwise.builder.rawjson import read_rawjson
from layerwise.builder.redact import Redactor
from layerwise.records import BuildRecord, Source

DIRECTORY = Path(__file__).parents[1] / "recordings"
SHAPES = tuple(sorted(path.parent.name for path in DIRECTORY.glob("*/record.dockerbuild")))
LOG = "application/vnd.buildkit.status.v0"
CONFIG = "application/vnd.buildkit.historyrecord.v0"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
PROVENANCE = "application/vnd.in-toto+json"


def content(shape: str, name: str) -> bytes:
    return (DIRECTORY / shape / name).read_bytes()


def text(shape: str) -> str:
    return content(shape, "Dockerfile").decode()


def observed(shape: str, name: str = "live.rawjson") -> Observed:
    found = read_rawjson(content(shape, name).splitlines(keepends=True))
    assert found is not None
    return found


def engine_records(shape: str) -> tuple[EngineRecord, ...]:
    return read_bundle(io.BytesIO(content(shape, "record.dockerbuild")), shape)


def records(shape: str, redact: Redactor | None = None) -> tuple[BuildRecord, ...]:
    around = Surroundings(project="shop", source=Source.BUNDLE)
    return tuple(record_of(one, around, redact or Redactor(b"key")) for one in engine_records(shape))


def vertex(found: Observed, part: str) -> Vertex:
    (one,) = (vertex for vertex in found.vertices if part in vertex.name)
    return one


def files(shape: str) -> dict[str, bytes]:
    """The files of an export, by path."""
    return unpacked(content(shape, "record.dockerbuild"))


def unpacked(archive: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        return {one.name: tar.extractfile(one).read() for one in tar if one.isfile()}


def packed(found: Mapping[str, bytes]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        for path, data in found.items():
            member = tarfile.TarInfo(path)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return made.getvalue()


def blobs(shape: str, media_type: str) -> list[bytes]:
    """The blobs of one type in an export."""
    found: list[bytes] = []
    changed(shape, media_type, lambda blob: found.append(blob) or blob)
    return found


def changed(shape: str, media_type: str, change: Callable[[bytes], bytes]) -> bytes:
    """An export in which the blobs of one type are others, and every digest is right."""
    old = files(shape)
    new: dict[str, bytes] = {}
    renamed: dict[str, str] = {}

    def take(descriptor: dict[str, str]) -> dict[str, str]:
        data = old[_path(descriptor["digest"])]
        if descriptor["mediaType"] == media_type:
            data = change(data)
        if descriptor["mediaType"].endswith((".manifest.v1+json", ".index.v1+json")):
            document = json.loads(data)
            for key in ("manifests", "layers"):
                if key in document:
                    document[key] = [take(one) for one in document[key]]
            if "config" in document:  # behind the layers, for it names some of them
                document["config"] = take(document["config"])
            data = json.dumps(document).encode()
        for name, other in renamed.items():
            data = data.replace(name.encode(), other.encode())
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        if digest != descriptor["digest"]:
            renamed[descriptor["digest"]] = digest
        new[_path(digest)] = data
        return descriptor | {"digest": digest}

    index = json.loads(old["index.json"])
    index["manifests"] = [take(one) for one in index["manifests"]]
    return packed(new | {"index.json": json.dumps(index).encode()})


def _path(digest: object) -> str:
    return f"blobs/{str(digest).replace(':', '/')}"
