"""The API of a registry, at its own address and at those of its mirrors, logged in to as each asks."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from urllib3 import BaseHTTPResponse

from layerwise.errors import RegistryError
from layerwise.oci.access import Access, address
from layerwise.oci.tokens import Authority
from layerwise.oci.transport import PAUSES_S, Transport, discard

_NOTHING: Mapping[str, str] = {}


class Endpoint:
    """Where one registry is asked, by requests whose answers come whatever their status.

    Attributes:
        host: Its name in references, or a URL.
        authority: What it asks of those who use it.
        url: Of its API.
        silent: Set once it has not answered: a mirror is not asked again then.
    """

    def __init__(self, host: str, access: Access, transport: Transport) -> None:
        self.host = host
        self.authority = Authority(address(host).place or host, access, transport)
        self.silent = False
        self.url = access.url(host)
        self._transport = transport

    def request(
        self,
        method: str,
        path: str,
        scope: str,
        headers: Mapping[str, str] = _NOTHING,
        *,
        body: bytes | None = None,
        pauses_s: tuple[float, ...] = PAUSES_S,
    ) -> BaseHTTPResponse:
        """Send a request, logging in if it is asked to, and follow where it is sent to.

        Args:
            method: As HTTP calls it.
            path: From ``/v2/`` on.
            scope: What is to be done, as a token server wants it: ``repository:NAME:pull``; several with spaces.
            headers: Of the request, without the login.
            body: Of the request, which must stand being sent twice.
            pauses_s: Seconds before each further try where there is no answer or a busy one.

        Raises:
            RegistryError: There is no answer.
        """
        url = f"{self.url}{path}"
        login = self.authority.header(scope)
        answer = self._transport.send(method, url, {**headers, **login}, body=body, pauses_s=pauses_s)
        if answer.status == HTTPStatus.UNAUTHORIZED and self._logged_in(answer, scope, login):
            discard(answer)
            login = self.authority.header(scope)
            answer = self._transport.send(method, url, {**headers, **login}, body=body, pauses_s=pauses_s)
        return self._transport.followed(answer, method, url, {**headers, **login}, body)

    def rest(self, seconds: float) -> None:
        """Wait before a further try."""
        self._transport.sleep(seconds)

    def _logged_in(self, answer: BaseHTTPResponse, scope: str, refused: Mapping[str, str]) -> bool:
        try:
            return self.authority.answer(", ".join(answer.headers.getlist("WWW-Authenticate")), scope, refused)
        except RegistryError:
            answer.close()
            raise


@dataclass(frozen=True, slots=True)
class Endpoints:
    """A registry, and what is asked before it by those who read."""

    origin: Endpoint
    mirrors: tuple[Endpoint, ...] = ()

    def read(self, method: str, path: str, scope: str, headers: Mapping[str, str] = _NOTHING) -> BaseHTTPResponse:
        """Ask each mirror once, and then the registry itself; see ``Endpoint.request``.

        Raises:
            RegistryError: The registry does not answer.
        """
        for mirror in self.mirrors:
            answer = None if mirror.silent else _tried(mirror, method, path, scope, headers)
            if answer is not None:
                return answer
        return self.origin.request(method, path, scope, headers)


def _tried(mirror: Endpoint, method: str, path: str, scope: str, headers: Mapping[str, str]) -> BaseHTTPResponse | None:
    try:
        answer = mirror.request(method, path, scope, headers, pauses_s=())
    except RegistryError:
        mirror.silent = True
        return None
    if answer.status < HTTPStatus.BAD_REQUEST:
        return answer
    discard(answer)
    return None
