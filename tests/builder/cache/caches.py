"""Caches as BuildKit writes them, in a registry and in a directory."""

import json
from pathlib import Path
from urllib.parse import urlsplit

from tests.oci.layouts import digest
from tests.oci.memory import Memory, refused
from tests.oci.server import Answer, Request

CONFIG = "application/vnd.buildkit.cacheconfig.v0"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
MADE = "2026-11-26T01:54:15.192334268Z"


def config(records: int = 2, more: str = "") -> bytes:
    made = [
        {"digest": f"sha256:{number:064}", "layers": [{"layer": 0, "createdAt": MADE}]} for number in range(records)
    ]
    return json.dumps({"layers": [{"blob": "x", "parent": -1}], "records": made, "more": more}).encode()


def descriptor(content: bytes, media_type: str) -> dict[str, object]:
    annotations = {"buildkit/createdat": MADE} if media_type == LAYER else {}
    return {"mediaType": media_type, "digest": digest(content), "size": len(content), "annotations": annotations}


def manifest(layers: list[bytes], records: bytes, *, as_index: bool = False) -> bytes:
    parts = [descriptor(layer, LAYER) for layer in layers]
    if as_index:
        return json.dumps({"mediaType": INDEX, "manifests": [*parts, descriptor(records, CONFIG)]}).encode()
    return json.dumps({"mediaType": MANIFEST, "config": descriptor(records, CONFIG), "layers": parts}).encode()


class Registry(Memory):
    """A registry that lists tags, and removes what it is told to: tags, or manifests alone, or nothing."""

    removes = ("tag", "digest")

    def keep(self, repository: str, tag: str, layers: list[bytes], records: bytes | None = None) -> str:  # type: ignore[override]
        kept = self.repository(repository)
        records = config() if records is None else records
        content = manifest(layers, records)
        kept.blobs |= {digest(blob): blob for blob in (*layers, records)}
        kept.manifests[digest(content)] = (content, MANIFEST)
        kept.tags[tag] = digest(content)
        return digest(content)

    def done(self, request: Request) -> Answer:
        path = urlsplit(request.path).path
        if path.endswith("/tags/list"):
            tags = sorted(self.repository(path.removeprefix("/v2/").removesuffix("/tags/list")).tags)
            return Answer(body=json.dumps({"tags": tags}).encode())
        if request.method == "DELETE" and "/manifests/" in path:
            repository, _, name = path.removeprefix("/v2/").partition("/manifests/")
            return self._delete(repository, name)
        return super().done(request)

    def _delete(self, repository: str, name: str) -> Answer:
        kept = self.repository(repository)
        if (("digest" if ":" in name else "tag") not in self.removes) or not self.removes:
            return refused(400 if self.removes else 405, "DIGEST_INVALID", "provided digest did not match")
        if ":" in name:
            kept.tags = {tag: one for tag, one in kept.tags.items() if one != name}
            kept.manifests.pop(name, None)
        else:
            kept.tags.pop(name, None)
        return Answer(202)


def directory(place: Path, layers: list[bytes], records: bytes | None = None) -> Path:
    """A cache that BuildKit exported to a directory; what is there already stays, as with BuildKit."""
    records = config() if records is None else records
    top = manifest(layers, records)
    blobs = place / "blobs" / "sha256"
    blobs.mkdir(parents=True, exist_ok=True)
    for blob in (*layers, records, top):
        (blobs / digest(blob).partition(":")[2]).write_bytes(blob)
    (place / "index.json").write_text(json.dumps({"manifests": [descriptor(top, MANIFEST)]}))
    return place
