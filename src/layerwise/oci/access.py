"""How registries are reached: over TLS or plain HTTP, by which mirrors, through which proxy."""

import ipaddress
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import urlsplit

from layerwise.errors import RegistryError
from layerwise.oci.reference import DOCKER_HUB

_API_HOSTS = {DOCKER_HUB: "registry-1.docker.io"}
_PORTS = {"http": 80, "https": 443}


class Address(NamedTuple):
    """What a URL says of a server.

    Attributes:
        scheme: ``http`` or ``https``.
        place: Host and port as written.
        host: In lower case, without the port.
        port: As written, or that of the scheme.
    """

    scheme: str
    place: str
    host: str
    port: int


def address(url: str) -> Address:
    """Return what a URL says of a server; URLs come from registries too.

    Raises:
        RegistryError: It is none.
    """
    try:
        parts = urlsplit(url)
        return Address(parts.scheme, parts.netloc, parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0))
    except ValueError as error:
        raise RegistryError(f"{url} is no URL of a registry: {error}") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How registries are reached.

    Attributes:
        insecure: Hosts that are spoken to in plain HTTP, with a port or for all of theirs; loopback hosts always are.
        mirrors: By host, what is asked before it, in this order, by those who read: a host or a URL.
        environment: Says where docker's config is, which proxy is to be used, and where credential helpers are.
    """

    insecure: frozenset[str] = frozenset()
    mirrors: Mapping[str, Sequence[str]] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)

    def url(self, host: str) -> str:
        """Return where a registry's API is, without a slash at its end."""
        if "://" in host:
            return host.rstrip("/")
        return f"{'http' if self.is_plain(host) else 'https'}://{_API_HOSTS.get(host, host)}"

    def is_plain(self, host: str) -> bool:
        """Whether a host is spoken to in plain HTTP."""
        name = address(f"//{host}").host
        return host in self.insecure or name in self.insecure or is_loopback(name)

    def proxy(self, url: str) -> str:
        """Return the proxy through which a URL is reached, "" for none, as docker (Go's httpproxy) does.

        Raises:
            RegistryError: The URL is none.
        """
        scheme, _, host, port = address(url)
        if is_loopback(host) or any(_matches(rule, host, port) for rule in self._variable("no_proxy").split(",")):
            return ""
        found = self._variable(f"{scheme}_proxy")
        return found if "://" in found or not found else f"http://{found}"

    def _variable(self, name: str) -> str:
        return self.environment.get(name.upper()) or self.environment.get(name, "")


def is_loopback(host: str) -> bool:
    """Whether a host, without a port, is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _matches(rule: str, host: str, port: int) -> bool:
    """Whether a part of NO_PROXY names a host: itself, a domain above it, or a network that its address is in."""
    rule = rule.strip().lower()
    name, colon, number = rule.rpartition(":")
    if colon and number.isdigit() and ":" not in name:
        return number == str(port) and _matches(name, host, port)
    if rule in {"", "*"}:
        return rule == "*"
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(rule, strict=False)
    except ValueError:
        domain = rule.removeprefix("*").lstrip(".")
        return host.endswith(f".{domain}") or (host == domain and not rule.startswith((".", "*")))
