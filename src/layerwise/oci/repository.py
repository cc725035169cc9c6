"""What one repository of a registry holds (OCI distribution specification)."""

import difflib
import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import IO

import msgspec
from urllib3 import BaseHTTPResponse

from layerwise.errors import LayerwiseError, RegistryError
from layerwise.oci.documents import LARGEST_MANIFEST, MANIFESTS, Descriptor, DocumentError, decode
from layerwise.oci.download import Download
from layerwise.oci.endpoint import Endpoints
from layerwise.oci.failures import no_answer
from layerwise.oci.image import Blob
from layerwise.oci.reference import Reference
from layerwise.oci.refusals import refusal
from layerwise.oci.stream import digest_of, verified, whole
from layerwise.oci.transport import discard

_ACCEPT = {"Accept": ", ".join(MANIFESTS)}
_NOTHING: Mapping[str, str] = {}
_UNTOLD = frozenset({"application/json", "application/octet-stream"})  # types that say nothing
_SCHEMA_1 = "application/vnd.docker.distribution.manifest.v1+"
_NEXT = re.compile(r'<([^>]*)>\s*;[^,]*\brel\s*=\s*"?next\b')
_PAGE = 1000  # tags; a registry may give fewer
_PAGES = 1000
_LARGEST_PAGE = 16 << 20  # bytes
_NEAR_AMONG, _NEAR = 5000, 5  # tags that are looked at and that are shown where one is not there


@dataclass(frozen=True, slots=True)
class Document:
    """A manifest or an index as a registry gives it.

    Attributes:
        digest: Of the content.
        media_type: As the registry says.
        content: The bytes.
    """

    digest: str
    media_type: str
    content: bytes


class NotThereError(RegistryError):
    """A registry has no such repository, tag, manifest or blob."""


class _Tags(msgspec.Struct):
    tags: list[str] | None = None


class Repository:
    """One repository of a registry."""

    def __init__(self, reference: Reference, endpoints: Endpoints, actions: str = "pull") -> None:
        """Take what a registry has of a repository; ``actions`` are those that a token must allow."""
        self.name = reference.name
        self._path = f"/v2/{reference.repository}"
        self._scope = f"repository:{reference.repository}:{actions}"
        self._endpoints = endpoints

    def manifest(self, wanted: str) -> Document:
        """Return the manifest or index of a tag or digest.

        Raises:
            RegistryError: There is none, or the registry does not give it.
        """
        download = self._download(f"/manifests/{wanted}", lambda: self._no_manifest(wanted), _ACCEPT)
        headers = download.answer.headers
        media_type = headers.get("Content-Type", "").partition(";")[0].strip()
        told = wanted if ":" in wanted else headers.get("Docker-Content-Digest", "")
        content = whole(download, LARGEST_MANIFEST, self.broken)
        digest = digest_of(content, told or "sha256")
        # The digest of a manifest of schema 1 is not that of its bytes; that it is none we read is said elsewhere.
        if told not in {"", digest} and not media_type.startswith(_SCHEMA_1):
            raise self.broken(f"gives other bytes for {wanted} than those of {told}")
        return Document(digest, "" if media_type in _UNTOLD else media_type, content)

    def digest(self, wanted: str) -> str | None:
        """Return the digest of what a tag or digest names, without fetching it; None where it names nothing.

        Raises:
            RegistryError: The registry does not say.
        """
        answer = self._asked("HEAD", f"/manifests/{wanted}", _ACCEPT)
        if not self._is_there(answer):
            return None
        return answer.headers.get("Docker-Content-Digest") or self.manifest(wanted).digest

    def blob_size(self, digest: str) -> int | None:
        """Return the bytes of a blob, without fetching it; None where there is no such blob.

        Raises:
            RegistryError: The registry does not say.
        """
        answer = self._asked("HEAD", f"/blobs/{digest}")
        if not self._is_there(answer):
            return None
        size = answer.headers.get("Content-Length", "")
        if not size.isdecimal():
            raise self.broken(f"does not say how large {digest} is")
        return int(size)

    def blob(self, descriptor: Descriptor) -> Blob:
        """Return a blob, which is asked for when it is opened."""
        digest, size = descriptor.digest, descriptor.size

        def stream() -> IO[bytes]:
            download = self._download(f"/blobs/{digest}", lambda: f"has no blob {digest}, which a manifest of it names")
            return verified(download, digest, size, self.broken)

        return Blob(digest=digest, size=size, media_type=descriptor.media_type, open=stream)

    def tags(self) -> Iterator[str]:
        """Yield the tags, in the registry's order; each page is asked for when it is needed.

        Raises:
            RegistryError: There is no such repository, or the registry does not list its tags.
        """
        query = f"n={_PAGE}"
        for _ in range(_PAGES):
            download = self._download(f"/tags/list?{query}", lambda: "is no repository, or no registry", own=True)
            further = _NEXT.search(download.answer.headers.get("Link", ""))
            try:
                page = decode(whole(download, _LARGEST_PAGE, self.broken), _Tags)
            except DocumentError as error:
                raise self.broken(f"gives no list of tags ({error})") from error
            yield from page.tags or ()
            if further is None:
                return
            # Only the query is taken: a registry behind a proxy may call itself by a host that only it knows.
            query = further[1].partition("?")[2].partition("#")[0]
        raise self.broken("has a list of tags that does not end")

    def broken(self, said: str) -> LayerwiseError:
        """Return the error of a registry that keeps or says what it should not."""
        return RegistryError(f"{self.name} {said}: push it again, or ask who runs the registry")

    def _download(
        self, path: str, missing: Callable[[], str], headers: Mapping[str, str] = _NOTHING, *, own: bool = False
    ) -> Download:
        def begin(start: int) -> BaseHTTPResponse:
            answer = self._asked("GET", path, {**headers, "Range": f"bytes={start}-"} if start else headers, own=own)
            if answer.status in {HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT}:
                return answer
            if answer.status != HTTPStatus.NOT_FOUND:
                raise refusal(answer, self._endpoints.origin.authority, self.name)
            discard(answer)
            raise NotThereError(f"{self.name} {missing()}")

        return Download(begin, lambda error: RegistryError(no_answer(error, self._endpoints.origin.url, "")))

    def _asked(
        self, method: str, path: str, headers: Mapping[str, str] = _NOTHING, *, own: bool = False
    ) -> BaseHTTPResponse:
        """Ask the registry, and its mirrors before it unless it is to be its ``own`` answer."""
        ask = self._endpoints.origin.request if own else self._endpoints.read
        return ask(method, f"{self._path}{path}", self._scope, headers)

    def _is_there(self, answer: BaseHTTPResponse) -> bool:
        if answer.status not in {HTTPStatus.OK, HTTPStatus.NOT_FOUND}:
            raise refusal(answer, self._endpoints.origin.authority, self.name)
        discard(answer)
        return answer.status == HTTPStatus.OK

    def _no_manifest(self, wanted: str) -> str:
        if ":" in wanted:
            return f"has no manifest {wanted}"
        try:
            tags = tuple(itertools.islice(self.tags(), _NEAR_AMONG))
        except NotThereError:
            return "is no repository, or no registry"
        except RegistryError:
            return f"has no tag {wanted}"
        near = difflib.get_close_matches(wanted, tags, _NEAR, 0.5)
        if not near:
            return f"has no tag {wanted}; there is {', '.join(tags[-_NEAR:]) or 'no tag in it'}"
        return f"has no tag {wanted}; near ones: {', '.join(near)}"
