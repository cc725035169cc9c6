"""Requests over connections that are kept, through proxies, sent again where that can help; knows no registry."""

import contextlib
import ssl
import time
from collections.abc import Callable, Mapping
from urllib.parse import unquote, urljoin, urlsplit

import urllib3
from urllib3 import BaseHTTPResponse
from urllib3.exceptions import HTTPError, InvalidHeader

from layerwise.errors import RegistryError
from layerwise.oci.access import Access, address
from layerwise.oci.failures import no_answer, passes

PAUSES_S = (0.5, 1.0, 2.0)
LONGEST_PAUSE_S = 30.0
BUDGET_S = 60.0

_TIMEOUT = urllib3.Timeout(connect=10.0, read=60.0)  # seconds
BUSY = frozenset({429, 500, 502, 503, 504})
"""Statuses of a server that may answer otherwise later."""

_REDIRECTED = frozenset({301, 302, 303, 307, 308})
_REDIRECTS = 5
_SHORT = 1 << 16  # bytes


class Transport:
    """Sends requests; one that meets a connection error, 429 or 5xx again, a few times and within a minute.

    What is sent must stand being sent twice.

    Attributes:
        sleep: Waits for some seconds.
    """

    def __init__(
        self,
        access: Access,
        sleep: Callable[[float], object] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._access = access
        self.sleep = sleep
        self._clock = clock
        self._pools: dict[tuple[str, str], urllib3.PoolManager] = {}

    def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        *,
        body: bytes | None = None,
        pauses_s: tuple[float, ...] = PAUSES_S,
    ) -> BaseHTTPResponse:
        """Send a request and return the answer, whatever its status; its body is still to be read or closed.

        Raises:
            RegistryError: There is no answer.
        """
        end = self._clock() + BUDGET_S
        pauses = iter(pauses_s)
        while True:
            answer, error = self._attempted(method, url, headers, body)
            wait = _wait(answer, error, next(pauses, None))
            if wait is None or self._clock() + wait > end:
                break
            if answer is not None:
                discard(answer)
            self.sleep(wait)
        if answer is None:
            raise RegistryError(no_answer(error, url, self._access.proxy(url))) from error
        return answer

    def followed(
        self, answer: BaseHTTPResponse, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> BaseHTTPResponse:
        """Return where an answer's redirects lead to; a login goes to no other scheme, host or port than the first.

        Raises:
            RegistryError: There is no answer, or the redirects don't end.
        """
        for _ in range(_REDIRECTS):
            location = answer.headers.get("Location")
            if answer.status not in _REDIRECTED or not location:
                return answer
            discard(answer)
            before, url = url, _joined(url, location)
            if _origin(before) != _origin(url):
                headers = {name: value for name, value in headers.items() if name != "Authorization"}
            answer = self.send(method, url, headers, body=body)
        answer.close()
        raise RegistryError(f"{address(url).place} sends us from one place to another, {_REDIRECTS} times: try later")

    def _attempted(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> tuple[BaseHTTPResponse | None, Exception | None]:
        try:
            answer = self._pool(url).urlopen(
                method,
                url,
                headers={"User-Agent": "layerwise", **headers},
                body=body,
                redirect=False,
                retries=False,
                preload_content=False,
                decode_content=False,
                timeout=_TIMEOUT,
            )
        except (HTTPError, ValueError) as error:
            return None, error
        return answer, None

    def _pool(self, url: str) -> urllib3.PoolManager:
        key = (self._access.proxy(url), address(url).scheme)
        if key not in self._pools:
            self._pools[key] = _opened(*key, self._access.environment)
        return self._pools[key]


def _opened(proxy: str, scheme: str, environment: Mapping[str, str]) -> urllib3.PoolManager:
    context = _context(environment) if scheme == "https" else None
    if not proxy:
        return urllib3.PoolManager(ssl_context=context, maxsize=8)
    parts = urlsplit(proxy)
    login = urllib3.make_headers(proxy_basic_auth=unquote(f"{parts.username}:{parts.password or ''}"))
    return urllib3.ProxyManager(proxy, proxy_headers=login if parts.username else None, ssl_context=context, maxsize=8)


def _context(environment: Mapping[str, str]) -> ssl.SSLContext:
    file, directory = environment.get("SSL_CERT_FILE"), environment.get("SSL_CERT_DIR")
    try:
        return ssl.create_default_context(cafile=file or None, capath=directory or None)
    except OSError as error:
        raise RegistryError(f"SSL_CERT_FILE={file}: no certificates can be read from it: {error.strerror}") from error


def _wait(answer: BaseHTTPResponse | None, error: Exception | None, pause: float | None) -> float | None:
    """Return the seconds after which to try again, None where that would not help."""
    if pause is None:
        return None
    if answer is None:
        return pause if passes(error) else None
    if answer.status not in BUSY:
        return None
    asked = retry_after(answer)
    return None if asked > LONGEST_PAUSE_S else max(asked, pause)


def retry_after(answer: BaseHTTPResponse) -> float:
    """Return the seconds that a server asks to wait, 0 where it does not ask."""
    try:
        return urllib3.Retry().parse_retry_after(answer.headers.get("Retry-After", "0"))
    except InvalidHeader:
        return 0.0


def discard(answer: BaseHTTPResponse) -> None:
    """Let go of an answer; its connection is kept where the body is short enough to be read."""
    with contextlib.suppress(HTTPError):
        answer.read(_SHORT)
    answer.close()


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError as error:
        raise RegistryError(f"{address(url).place} sends us to {location}, which is no URL") from error


def _origin(url: str) -> tuple[str, str, int]:
    scheme, _, host, port = address(url)
    return scheme, host, port
