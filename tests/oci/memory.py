"""A registry that keeps all in memory, and answers as distribution does."""

import json
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from tests.oci.layouts import Content, digest
from tests.oci.server import Answer, Request, Server

_MANIFEST = re.compile(r"/v2/(?P<repository>.+)/manifests/(?P<name>[^/]+)")
_BLOB = re.compile(r"/v2/(?P<repository>.+)/blobs/(?P<name>sha(?:256|512):[0-9a-f]+)")
_UPLOAD = re.compile(r"/v2/(?P<repository>.+)/blobs/uploads/(?P<name>[^/]*)")


@dataclass
class Kept:
    """One repository."""

    blobs: dict[str, bytes] = field(default_factory=dict)
    manifests: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)

    def lacking(self, content: bytes) -> Iterator[str]:
        """What a manifest or index names and is not there."""
        said = json.loads(content)
        for child in said.get("manifests", ()):
            if child["digest"] not in self.manifests:
                yield child["digest"]
        for blob in (*filter(None, (said.get("config"),)), *said.get("layers", ())):
            if blob["digest"] not in self.blobs:
                yield blob["digest"]

    def is_whole(self, name: str) -> bool:
        """Whether all that a digest leads to is there."""
        if name not in self.manifests:
            return False
        content, _ = self.manifests[name]
        below = (child["digest"] for child in json.loads(content).get("manifests", ()))
        return not list(self.lacking(content)) and all(map(self.is_whole, below))

    def put(self, *contents: Content, tag: str = "") -> None:
        """Hold images, the last of them under a tag."""
        for content in contents:
            for one in (*content.images, content):
                self.manifests[digest(one.manifest)] = (one.manifest, one.media_type)
            self.blobs |= content.blobs
        # An attestation's manifest is among the blobs of its index.
        for content in contents:
            for said in json.loads(content.manifest).get("manifests", ()):
                self.manifests.setdefault(said["digest"], (self.blobs[said["digest"]], said["mediaType"]))
        if tag:
            self.tags[tag] = digest(contents[-1].manifest)


@dataclass
class Memory(Server):
    """A registry; `mounts` says whether it shares blobs among repositories."""

    repositories: dict[str, Kept] = field(default_factory=dict)
    mounts: bool = True
    lock: threading.Lock = field(default_factory=threading.Lock)

    def repository(self, name: str) -> Kept:
        return self.repositories.setdefault(name, Kept())

    def answer(self, request: Request) -> Answer:
        with self.lock:
            self.requests.append(request)
            return self.done(request)

    def done(self, request: Request) -> Answer:
        """What the registry answers, having done what was asked."""
        path = urlsplit(request.path).path
        for pattern, found in ((_UPLOAD, self._upload), (_MANIFEST, self._manifest), (_BLOB, self._blob)):
            if match := pattern.fullmatch(path):
                return found(request, self.repository(match["repository"]), match["name"])
        return refused(404, "NOT_FOUND", "not found")

    def _manifest(self, request: Request, kept: Kept, name: str) -> Answer:
        if request.method == "PUT":
            return _put(kept, name, request.body, request.headers.get("content-type", ""))
        known = name if ":" in name else kept.tags.get(name, "")
        content, media_type = kept.manifests.get(known, (b"", ""))
        # Without an Accept of its type distribution 2.8 answers that there is none.
        if media_type and media_type in request.headers.get("accept", ""):
            return _bytes(content, {"Content-Type": media_type, "Docker-Content-Digest": known})
        return refused(404, "MANIFEST_UNKNOWN", "manifest unknown")

    def _blob(self, request: Request, kept: Kept, name: str) -> Answer:
        content = kept.blobs.get(name)
        return refused(404, "BLOB_UNKNOWN", "blob unknown to registry") if content is None else _bytes(content)

    def _upload(self, request: Request, kept: Kept, name: str) -> Answer:
        if request.method == "DELETE":
            return Answer(204)
        asked = parse_qs(urlsplit(request.path).query)
        source = self.repository(asked["from"][0]).blobs.get(asked["mount"][0]) if asked else None
        if self.mounts and source is not None:
            kept.blobs[asked["mount"][0]] = source
            return Answer(201)
        return Answer(202, headers={"Location": f"{self.url}{urlsplit(request.path).path}1234?_state=x%3D"})


def _bytes(content: bytes, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(body=content, headers={"Content-Length": str(len(content)), **(headers or {})})


def _put(kept: Kept, name: str, content: bytes, media_type: str) -> Answer:
    if ":" in name and digest(content) != name:
        return refused(400, "DIGEST_INVALID", "provided digest did not match uploaded content")
    if list(kept.lacking(content)):
        return refused(400, "MANIFEST_BLOB_UNKNOWN", "blob unknown to registry")
    kept.manifests[digest(content)] = (content, media_type)
    if ":" not in name:
        kept.tags[name] = digest(content)
    return Answer(201, headers={"Docker-Content-Digest": digest(content)})


def refused(status: int, code: str, message: str, **headers: str) -> Answer:
    said = json.dumps({"errors": [{"code": code, "message": message}]}).encode()
    return Answer(status, said, {"Content-Type": "application/json", **headers})
