"""The write side of a repository: manifests, tags, and blobs that another repository of the registry has."""

from http import HTTPStatus
from urllib.parse import urlencode, urlsplit

from urllib3 import BaseHTTPResponse

from layerwise.errors import RegistryError
from layerwise.oci.documents import Manifest, decode
from layerwise.oci.endpoint import Endpoint, Endpoints
from layerwise.oci.push_refusals import push_refusal
from layerwise.oci.reference import Reference
from layerwise.oci.repository import Document, Repository
from layerwise.oci.transport import BUSY, LONGEST_PAUSE_S, PAUSES_S, discard, retry_after

_TAKEN = frozenset({HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.ACCEPTED})
_REMOVED = _TAKEN | {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_FOUND}
_NOT_DONE = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.NOT_IMPLEMENTED})
"""By tag, distribution before 3.0 answers 400; where deletion is turned off, 405."""


class Origin(Repository):
    """One repository of a registry at the registry itself: no mirror, which may be behind it, is asked."""

    def __init__(self, reference: Reference, endpoint: Endpoint) -> None:
        super().__init__(reference, Endpoints(endpoint), "pull,push")
        self._endpoint = endpoint

    def put(self, document: Document) -> None:
        """Write a manifest or index under its digest; what it names must be there.

        Raises:
            RegistryError: The registry does not take it.
        """
        answer = self._write("PUT", f"/manifests/{document.digest}", document)
        self._must_be_taken(answer, document.digest)

    def point(self, tag: str, document: Document, before: str | None) -> str | None:
        """Let a tag name a manifest or index, and return the digest that it names then.

        That is another one where somebody else moved the tag since it named ``before``: an answer that got lost is not
        taken for a failure, and the request is not repeated, before the tag was read.

        Raises:
            RegistryError: The registry does not take it, or does not say whether it did.
        """
        pauses = iter(PAUSES_S)
        while True:
            lost, wait = self._pointed(tag, document)
            if lost is None:
                return document.digest
            now = self._told(tag, lost)
            if now != before:
                return now
            pause = next(pauses, None)
            if pause is None or wait > LONGEST_PAUSE_S:
                raise lost
            self._endpoint.rest(max(pause, wait))

    def mount(self, digest: str, source: Reference) -> bool:
        """Take a blob over from another repository of the registry; False where it does not do that.

        Raises:
            RegistryError: Nothing may be pushed here, or the registry does not answer.
        """
        asked = urlencode({"mount": digest, "from": source.repository})
        scope = f"{self._scope} repository:{source.repository}:pull"
        answer = self._endpoint.request("POST", f"{self._path}/blobs/uploads/?{asked}", scope)
        if answer.status == HTTPStatus.CREATED:
            discard(answer)
            return True
        self._end_upload(answer, digest)  # that it began instead
        return False

    def try_upload(self) -> None:
        """Begin an upload and end it at once, to hear what the registry says to that.

        Raises:
            RegistryError: It takes none.
        """
        self._end_upload(self._endpoint.request("POST", f"{self._path}/blobs/uploads/", self._scope, pauses_s=()), "")

    def delete(self, wanted: str) -> bool:
        """Remove a tag, or a manifest with every tag that names it; False where the registry does not do that.

        Raises:
            RegistryError: Nothing may be removed here, or the registry does not answer.
        """
        answer = self._endpoint.request("DELETE", f"{self._path}/manifests/{wanted}", f"{self._scope},delete")
        if answer.status in _REMOVED:
            discard(answer)
            return True
        if answer.status in _NOT_DONE:
            discard(answer)
            return False
        raise push_refusal(answer, self._endpoint.authority, f"{self.name}:{wanted}")

    def _pointed(self, tag: str, document: Document) -> tuple[RegistryError | None, float]:
        """Ask once; return why it is not known to be done, None where it is, and the seconds to wait before more."""
        try:
            answer = self._write("PUT", f"/manifests/{tag}", document, pauses_s=())
        except RegistryError as error:
            return error, 0.0
        wait = retry_after(answer)
        if answer.status in BUSY:
            return push_refusal(answer, self._endpoint.authority, f"{self.name}:{tag}"), wait
        self._must_be_taken(answer, tag)
        return None, 0.0

    def _told(self, tag: str, lost: RegistryError) -> str | None:
        try:
            return self.digest(tag)
        except RegistryError as error:
            raise RegistryError(
                f"whether {self.name}:{tag} was moved is not known: {lost}; and then {error}; "
                "build again once the registry answers: that finishes it, or finds it done"
            ) from error

    def _write(
        self, method: str, path: str, document: Document, *, pauses_s: tuple[float, ...] = PAUSES_S
    ) -> BaseHTTPResponse:
        kind = document.media_type or decode(document.content, Manifest).media_type
        headers = {"Content-Type": kind}
        return self._endpoint.request(
            method, f"{self._path}{path}", self._scope, headers, body=document.content, pauses_s=pauses_s
        )

    def _end_upload(self, answer: BaseHTTPResponse, what: str) -> None:
        location = answer.headers.get("Location", "")
        self._must_be_taken(answer, what)
        if location:
            # Only the path is taken, as for lists of tags.
            parts = urlsplit(location)
            path = f"{parts.path}?{parts.query}" if parts.query else parts.path
            discard(self._endpoint.request("DELETE", path, self._scope))

    def _must_be_taken(self, answer: BaseHTTPResponse, what: str) -> None:
        if answer.status not in _TAKEN:
            joint = "@" if ":" in what else ":" if what else ""
            raise push_refusal(answer, self._endpoint.authority, f"{self.name}{joint}{what}")
        discard(answer)
