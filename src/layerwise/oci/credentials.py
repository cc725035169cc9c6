"""Logins that docker keeps: in its ``config.json``, or in the helper programs which that names."""

import base64
import binascii
import pathlib
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from layerwise.decoding import decoder
from layerwise.errors import RegistryError
from layerwise.oci.reference import DOCKER_HUB

_HUB = "https://index.docker.io/v1/"
_WAIT_S = 30.0
_TOKEN_USER = "<token>"  # noqa: S105 - what a helper calls the user whose secret is an identity token


@dataclass(frozen=True, slots=True)
class Login:
    """Who asks a registry.

    Attributes:
        username: "" with an identity token alone.
        password: "" with an identity token.
        identity_token: Exchanged for access tokens instead of a password; "" where there is none.
    """

    username: str = ""
    password: str = field(default="", repr=False)
    identity_token: str = field(default="", repr=False)

    @property
    def basic(self) -> str:
        """The value of a header that logs in by name and password."""
        return f"Basic {base64.b64encode(f'{self.username}:{self.password}'.encode()).decode()}"


class _Auth(msgspec.Struct):
    auth: str | None = ""
    username: str | None = ""
    password: str | None = ""
    identity_token: str | None = msgspec.field(name="identitytoken", default="")


class _Config(msgspec.Struct, rename="camel"):
    auths: dict[str, _Auth] | None = None
    cred_helpers: dict[str, str] | None = None
    creds_store: str | None = ""


class _Helped(msgspec.Struct, rename="pascal"):
    username: str = ""
    secret: str = ""


def find_login(host: str, environment: Mapping[str, str]) -> Login | None:
    """Return the login that docker keeps for a registry, None where it keeps none.

    Raises:
        RegistryError: Docker's config is broken, or names a helper that does not work.
    """
    config = _config(environment)
    helpers = {_host(key): helper for key, helper in (config.cred_helpers or {}).items()}
    helper = helpers.get(host) or config.creds_store
    found = _helped(helper, _HUB if host == DOCKER_HUB else host, environment) if helper else None
    return found or _kept(config, host)


def _config(environment: Mapping[str, str]) -> _Config:
    home = environment.get("DOCKER_CONFIG") or pathlib.Path(environment.get("HOME") or "~").expanduser() / ".docker"
    path = pathlib.Path(home) / "config.json"
    try:
        return decoder(_Config).decode(path.read_bytes())
    except FileNotFoundError:
        return _Config()
    except OSError as error:
        raise RegistryError(f"docker's logins can't be read: {path}: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RegistryError(
            f"docker's config {path} is broken ({error}): `docker login` needs it mended too"
        ) from error


def _kept(config: _Config, host: str) -> Login | None:
    for key, kept in (config.auths or {}).items():
        if _host(key) == host and (login := _login(kept)):
            return login
    return None


def _login(kept: _Auth) -> Login | None:
    try:
        username, _, password = base64.b64decode(kept.auth or "").decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    login = Login(kept.username or username, kept.password or password.strip("\0"), kept.identity_token or "")
    return login if login.password or login.identity_token else None


def _host(key: str) -> str:
    """Return the registry of a key: ``https://index.docker.io/v1/`` is docker.io's, ``https://HOST/v2/`` HOST's."""
    host = key.partition("://")[2] or key
    host = host.partition("/")[0]
    return DOCKER_HUB if host in {"index.docker.io", "registry-1.docker.io"} else host


def _helped(helper: str, server: str, environment: Mapping[str, str]) -> Login | None:
    """Ask a credential helper (docker/docker-credential-helpers); it says no by its exit code and a known sentence."""
    program = f"docker-credential-{helper}"
    try:
        done = subprocess.run(
            (program, "get"), input=server.encode(), env=environment, capture_output=True, timeout=_WAIT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RegistryError(f"docker keeps its logins with {program}, which does not run: {error}") from error
    if done.returncode:
        said = (done.stdout + done.stderr).decode(errors="replace").strip()
        if "credentials not found" in said:
            return None
        raise RegistryError(f"docker keeps its logins with {program}, which fails: {said[:300]}")
    try:
        found = decoder(_Helped).decode(done.stdout)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RegistryError(f"docker keeps its logins with {program}, which says no JSON: {error}") from error
    if found.username == _TOKEN_USER:
        return Login(identity_token=found.secret)
    return Login(found.username, found.secret) if found.secret else None
