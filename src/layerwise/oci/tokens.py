"""Logging in to a registry: Basic, or a Bearer token that a token server gives (distribution, spec/auth)."""

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from urllib.parse import urlencode

import msgspec
from urllib3 import BaseHTTPResponse
from urllib3.exceptions import HTTPError

from layerwise.errors import RegistryError
from layerwise.oci.access import Access, address
from layerwise.oci.credentials import Login, find_login
from layerwise.oci.documents import DocumentError, decode
from layerwise.oci.failures import no_answer, refused
from layerwise.oci.reference import DOCKER_HUB
from layerwise.oci.stream import whole
from layerwise.oci.transport import Transport

_PARAMETER = r"""[\w-]+\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^\s,"]*)"""
_CHALLENGES = re.compile(rf"(?:^|,)\s*([A-Za-z]+)\s+({_PARAMETER}(?:\s*,\s*{_PARAMETER})*)", re.ASCII)
_PARAMETERS = re.compile(r"""([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))""", re.ASCII)
_CLIENT = "layerwise"
_LARGEST = 1 << 20  # bytes of a token server's answer


@dataclass(frozen=True, slots=True)
class Challenge:
    """One way to log in that a registry offers.

    Attributes:
        scheme: ``basic`` or ``bearer``, in lower case.
        parameters: By name, in lower case.
    """

    scheme: str
    parameters: Mapping[str, str]


class _Token(msgspec.Struct):
    token: str | None = ""
    access_token: str | None = ""


class Authority:
    """What one registry asks of those who use it: a login, and a token for each scope.

    A token is used until the registry refuses it, so how long it is good for need not be known. Threads may share it.
    """

    def __init__(self, host: str, access: Access, transport: Transport) -> None:
        self.host = host
        self._access = access
        self._transport = transport
        self._headers: dict[str, str] = {}
        self._lock = threading.Lock()

    @cached_property
    def login(self) -> Login | None:
        """The login that docker keeps for the registry; None where it keeps none, or can't say."""
        try:
            return find_login(self.host, self._access.environment)
        except RegistryError as error:
            self.problem = str(error)
            return None

    problem = ""
    """Why the login can't be had, "" where nothing went wrong; much can be read without one."""

    def header(self, scope: str) -> dict[str, str]:
        """Return the header to send; empty as long as the registry has not asked for one."""
        known = self._headers.get(scope)
        return {"Authorization": known} if known else {}

    def answer(self, offered: str, scope: str, refused: Mapping[str, str]) -> bool:
        """Log in as a registry's ``WWW-Authenticate`` asks; False where there is nothing that was not tried.

        ``refused`` is the header that the registry did not take; where another thread has a newer one, that is used.

        Raises:
            RegistryError: The token server gives no token.
        """
        with self._lock:
            if self.header(scope) not in ({}, refused):
                return True
            return self._answered(offered, scope)

    def _answered(self, offered: str, scope: str) -> bool:
        before = self._headers.pop(scope, "")
        challenges = {challenge.scheme: challenge.parameters for challenge in challenges_of(offered)}
        if "bearer" in challenges:
            self._headers[scope] = f"Bearer {self._token(challenges['bearer'], scope)}"
        elif "basic" in challenges and self.login and self.login.password and self.login.basic != before:
            self._headers[scope] = self.login.basic
        return scope in self._headers

    def _token(self, parameters: Mapping[str, str], scope: str) -> str:
        realm = parameters.get("realm", "")
        if address(realm).scheme not in {"http", "https"}:
            raise RegistryError(f"{self.host} wants a token and does not say from where ({realm!r}): is it a registry?")
        self._must_be_private(realm)
        answer = self._asked(realm, parameters.get("service", ""), parameters.get("scope", "") or scope)
        if answer.status != HTTPStatus.OK:
            raise self._no_token(answer, realm)
        try:
            token = decode(whole(answer, _LARGEST, self._broken), _Token)
        except HTTPError as error:
            raise RegistryError(no_answer(error, realm, self._access.proxy(realm))) from error
        except DocumentError as error:
            raise self._broken(f"has a token server that gives no token ({error})") from error
        if not (found := token.token or token.access_token):
            raise self._broken("has a token server that answers without a token")
        return found

    def _broken(self, said: str) -> RegistryError:
        return RegistryError(f"{self.host} {said}: ask who runs it")

    def _asked(self, realm: str, service: str, scopes: str) -> BaseHTTPResponse:
        named = [("service", service)] if service else []
        if self.login and self.login.identity_token:
            form = {"grant_type": "refresh_token", "refresh_token": self.login.identity_token, "client_id": _CLIENT}
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            asked = urlencode([*form.items(), *named, ("scope", scopes)]).encode()
            return self._transport.send("POST", realm, headers, body=asked)
        headers = {"Authorization": self.login.basic} if self.login else {}
        # Several scopes stand side by side in a form and each for itself in a query (distribution, spec/auth).
        query = urlencode([*named, *(("scope", scope) for scope in scopes.split())])
        url = f"{realm}{'&' if '?' in realm else '?'}{query}"
        return self._transport.followed(self._transport.send("GET", url, headers), "GET", url, headers)

    def _must_be_private(self, realm: str) -> None:
        scheme, place, _, _ = address(realm)
        if self.login and scheme == "http" and not self._access.is_plain(place):
            raise RegistryError(f"{self.host} wants its login sent to {realm}, in plain HTTP, where others can read it")

    def _no_token(self, answer: BaseHTTPResponse, realm: str) -> RegistryError:
        status, said = answer.status, refused(answer)
        if status in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN} and self.login:
            who = f" of {self.login.username}" if self.login.username else ""
            return RegistryError(
                f"{self.host} refuses docker's login{who} ({said or status}): {login_again(self.host)}"
            )
        return RegistryError(
            f"{self.host}: its token server {realm} answers {status} ({said}): {login_again(self.host)}"
        )


def challenges_of(offered: str) -> tuple[Challenge, ...]:
    """Return the ways to log in that a ``WWW-Authenticate`` header offers, several joined by commas."""
    return tuple(
        Challenge(
            match[1].lower(),
            {
                name.lower(): re.sub(r"\\(.)", r"\1", quoted) or bare
                for name, quoted, bare in _PARAMETERS.findall(match[2])
            },
        )
        for match in _CHALLENGES.finditer(offered)
    )


def login_again(host: str) -> str:
    """Return how to log in to a registry."""
    return "`docker login`" if host == DOCKER_HUB else f"`docker login {host}`"
