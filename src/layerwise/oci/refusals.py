"""Answers of a registry that are none, as errors that say what to do."""

from http import HTTPStatus

from urllib3 import BaseHTTPResponse

from layerwise.errors import RegistryError
from layerwise.oci.failures import refused
from layerwise.oci.tokens import Authority, login_again
from layerwise.oci.transport import retry_after

_SPEAKS_TLS = "HTTPS server"  # Go's server: "Client sent an HTTP request to an HTTPS server."


def refusal(answer: BaseHTTPResponse, authority: Authority, what: str) -> RegistryError:
    """Return the error for an answer that does not give what was asked for, and let go of it."""
    status, wait, said = answer.status, retry_after(answer), refused(answer)
    shown = f" ({said})" if said else ""
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return RegistryError(f"{what}: {_denied(authority, shown)}")
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        when = f"in {wait:.0f} s" if wait else "later"
        return RegistryError(f"{what}: {authority.host} wants fewer requests{shown}: try again {when}, or log in")
    if status == HTTPStatus.BAD_REQUEST and _SPEAKS_TLS in said:
        return RegistryError(f"{what}: {authority.host} speaks TLS, and was spoken to in plain HTTP: use its host name")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return RegistryError(f"{what}: {authority.host} fails with {status}{shown}: try again later")
    return RegistryError(f"{what}: {authority.host} answers {status}{shown}: is it a registry?")


def _denied(authority: Authority, shown: str) -> str:
    host, login = authority.host, authority.login
    if authority.problem:
        return f"{host} wants a login, and docker's can't be had: {authority.problem}"
    if login is None:
        return f"{host} gives it to nobody without a login, or there is none{shown}: {login_again(host)}"
    who = f"the login of {login.username}" if login.username else "docker's login"
    return f"{host} does not let {who} read it, or there is none{shown}: {login_again(host)} as somebody who may"
