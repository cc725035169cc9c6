"""Answers of a registry that does not take what is pushed, as errors that say what to do.

There is no list of such answers: the specification names a dozen codes, and registries write sentences of their own.
"""

import re
from http import HTTPStatus

from urllib3 import BaseHTTPResponse

from layerwise.errors import RegistryError
from layerwise.oci.refusals import Wish, explained, heard
from layerwise.oci.tokens import Authority

_WRITE = Wish("takes it from nobody without a login", "push to it")
_NO_PUSHES = "takes no pushes{shown}: push to the registry that it mirrors, or ask who runs it"
_BY_SENTENCE = (
    (
        re.compile(r"quota|no space left|insufficient storage|storage limit", re.IGNORECASE),
        "has no room for it{shown}: delete what is not needed, or raise its limit",
    ),
    (
        re.compile(r"immutable|tag\b.*\b(?:already exists|cannot be (?:overwritten|updated))", re.IGNORECASE),
        "does not let the tag be moved{shown}: push under another tag",
    ),
    (
        re.compile(r"(?:blob|manifest) unknown|MANIFEST_BLOB_UNKNOWN", re.IGNORECASE),
        "lacks a part of it{shown}: push the image again",
    ),
    (re.compile(r"read[- ]?only|pull[- ]through|operation is unsupported", re.IGNORECASE), _NO_PUSHES),
)
_BY_STATUS = {
    HTTPStatus.NOT_FOUND: "keeps no such repository{shown}: make it there first, or check the name",
    HTTPStatus.METHOD_NOT_ALLOWED: _NO_PUSHES,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "takes nothing so large{shown}: ask who runs it, or the proxy before it",
    HTTPStatus.INSUFFICIENT_STORAGE: "has no room for it{shown}: delete what is not needed, or raise its limit",
}


def push_refusal(answer: BaseHTTPResponse, authority: Authority, what: str) -> RegistryError:
    """Return the error for an answer to what was to be written, and let go of it."""
    found = heard(answer)
    if found.status == HTTPStatus.UNAUTHORIZED:
        return explained(found, authority, what, _WRITE)
    by_sentence = (way for known, way in _BY_SENTENCE if known.search(found.said))
    by_status = (way for status, way in _BY_STATUS.items() if status == found.status)
    way = next(by_sentence, None) or next(by_status, None)
    if way is None:
        return explained(found, authority, what, _WRITE)
    return RegistryError(f"{what}: {authority.host} {way.format(shown=found.shown)}")
