"""Answers of a registry that are none, as errors that say what to do."""

from http import HTTPStatus
from typing import NamedTuple

from urllib3 import BaseHTTPResponse

from layerwise.errors import RegistryError
from layerwise.oci.failures import refused
from layerwise.oci.tokens import Authority, login_again
from layerwise.oci.transport import retry_after

_SPEAKS_TLS = "HTTPS server"  # Go's server: "Client sent an HTTP request to an HTTPS server."


class Heard(NamedTuple):
    """What a registry answered.

    Attributes:
        status: Of HTTP.
        wait_s: Seconds that it asks to wait, 0 where it does not ask.
        said: The reason it gives, "" for none.
    """

    status: int
    wait_s: float
    said: str

    @property
    def shown(self) -> str:
        """The reason in brackets, with a space before them."""
        return f" ({self.said})" if self.said else ""


class Wish(NamedTuple):
    """How an error calls what was asked for: to a registry that knows no login, and to one that knows it."""

    by_nobody: str
    by_login: str


_READ = Wish("gives it to nobody without a login, or there is none", "read it, or there is none")


def heard(answer: BaseHTTPResponse) -> Heard:
    """Return what a registry answered, and let go of the answer."""
    return Heard(answer.status, retry_after(answer), refused(answer))


def refusal(answer: BaseHTTPResponse, authority: Authority, what: str) -> RegistryError:
    """Return the error for an answer that does not give what was asked for, and let go of it."""
    return explained(heard(answer), authority, what, _READ)


def explained(answer: Heard, authority: Authority, what: str, wish: Wish) -> RegistryError:
    """Return the error for an answer, whatever was asked for."""
    status, said, shown, host = answer.status, answer.said, answer.shown, authority.host
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return RegistryError(f"{what}: {_denied(authority, shown, wish)}")
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        when = f"in {answer.wait_s:.0f} s" if answer.wait_s else "later"
        return RegistryError(f"{what}: {host} wants fewer requests{shown}: try again {when}, or log in")
    if status == HTTPStatus.BAD_REQUEST and _SPEAKS_TLS in said:
        return RegistryError(f"{what}: {host} speaks TLS, and was spoken to in plain HTTP: use its host name")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return RegistryError(f"{what}: {host} fails with {status}{shown}: try again later")
    return RegistryError(f"{what}: {host} answers {status}{shown}: is it a registry?")


def _denied(authority: Authority, shown: str, wish: Wish) -> str:
    host, login = authority.host, authority.login
    if authority.problem:
        return f"{host} wants a login, and docker's can't be had: {authority.problem}"
    if login is None:
        return f"{host} {wish.by_nobody}{shown}: {login_again(host)}"
    who = f"the login of {login.username}" if login.username else "docker's login"
    return f"{host} does not let {who} {wish.by_login}{shown}: {login_again(host)} as somebody who may"
