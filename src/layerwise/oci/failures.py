"""What went wrong between a registry and us, in words that say what to do."""

import re
from collections.abc import Iterable

import msgspec
from urllib3 import BaseHTTPResponse
from urllib3.exceptions import (
    HTTPError,
    IncompleteRead,
    LocationValueError,
    NameResolutionError,
    NewConnectionError,
    ProxyError,
    SSLError,
)
from urllib3.exceptions import TimeoutError as SilenceError

from layerwise.decoding import decoder
from layerwise.oci.access import address

_UNTRUSTED = re.compile("certificate verify failed: (.*?)(?: \\(_ssl|$)", re.IGNORECASE)
_NO_TLS = re.compile("wrong.version.number|http.request|record layer failure", re.IGNORECASE)
_ERRNO = re.compile(r"\[Errno -?\d+\] ([^'\"()]+)")
_ENOSPC = re.compile(rb'no space left on device|"Err": ?28\b')
_LARGEST = 1 << 16  # bytes of an error's body that are read


class _Said(msgspec.Struct):
    code: str = ""
    message: str | None = ""
    detail: msgspec.Raw = msgspec.Raw(b"null")

    @property
    def reason(self) -> str:
        """What is said; distribution says of what its disk did only in the details, in words or as an errno."""
        said = self.message or self.code
        cause = _ENOSPC.search(bytes(self.detail)) if self.code == "UNKNOWN" else None
        return f"{said}: no space left on device" if cause else said


class _Errors(msgspec.Struct):
    errors: list[_Said] | None = None
    details: str | None = ""  # of token servers (auth.docker.io)


def passes(error: Exception | None) -> bool:
    """Whether an error of a connection may be gone at the next try."""
    if isinstance(error, NameResolutionError | ProxyError | LocationValueError):
        return False
    if isinstance(error, SSLError):
        return not _UNTRUSTED.search(str(error)) and not _NO_TLS.search(str(error))
    return isinstance(error, HTTPError)


def no_answer(error: Exception | None, url: str, proxy: str) -> str:
    """Return why a request, or the rest of an answer, did not arrive; ``proxy`` is that of the URL, or ""."""
    _, place, host, _ = address(url)
    said = str(error)
    if isinstance(error, ProxyError) or (proxy and isinstance(error, LocationValueError)):
        way = f"check the proxy's variable, or add {host} to NO_PROXY"
        return f"the proxy {_shown(proxy)} can't be used for {place} ({_reason(error)}): {way}"
    if isinstance(error, NameResolutionError):
        return f"there is no host {place}, or its name can't be resolved here: check the reference and the network"
    if isinstance(error, SSLError) and (untrusted := _UNTRUSTED.search(said)):
        way = "add its authority to this system's certificates, or name a file with it in SSL_CERT_FILE"
        return f"the certificate of {place} is not trusted ({untrusted[1]}): {way}"
    if isinstance(error, SSLError) and _NO_TLS.search(said):
        return f"{place} speaks plain HTTP and no TLS: if that is meant, say so with `--insecure {place}`"
    if isinstance(error, NewConnectionError):
        return f"{place} can't be reached ({_reason(error)}): is the registry up, and the port right?"
    if isinstance(error, SilenceError):
        return f"{place} does not answer in time: is the registry up, and the network?"
    return f"the connection to {place} broke ({_reason(error)}): try again"


def refused(answer: BaseHTTPResponse) -> str:
    """Return what a registry says with an error, on one line, "" where it says nothing; the answer is used up."""
    try:
        content = answer.read(_LARGEST)
    except HTTPError:
        return ""
    finally:
        answer.close()
    try:
        found = decoder(_Errors).decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _line([content.decode(errors="replace")]) if _is_text(answer) else ""
    return _line([*(one.reason for one in found.errors or ()), found.details or ""])


def _is_text(answer: BaseHTTPResponse) -> bool:
    return answer.headers.get("Content-Type", "").startswith("text/plain")


def _line(texts: Iterable[str]) -> str:
    printable = ("".join(filter(str.isprintable, " ".join(text.split()))) for text in texts)
    return "; ".join(filter(None, printable))[:300]


def _shown(proxy: str) -> str:
    """Return a proxy's URL without the login that may stand in it."""
    scheme, place, _, _ = address(proxy)
    return f"{scheme}://{place.rpartition('@')[2]}"


def _reason(error: Exception | None) -> str:
    while error is not None and error.args and isinstance(error.args[-1], Exception):
        error = error.args[-1]
    if isinstance(error, IncompleteRead):
        return "its answer ends in the middle"
    found = _ERRNO.search(str(error))
    return _line([found[1] if found else str(error)])
