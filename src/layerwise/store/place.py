"""Where a store lies: what its URL means, and which one is taken where nobody names one."""

import os
from collections.abc import Mapping
from pathlib import Path

from layerwise.errors import StoreError

ANOTHER = "name another store with LAYERWISE_STORE or --store"

_SQLITE = "sqlite:///"
_POSTGRESQL = ("postgresql", "postgres")


def default_url(environment: Mapping[str, str]) -> str:
    """Return the URL of the store: ``LAYERWISE_STORE``, else a file below ``$XDG_STATE_HOME`` or ``~/.local/state``.

    Raises:
        StoreError: There is no home directory.
    """
    return environment.get("LAYERWISE_STORE") or f"{_SQLITE}{state_directory(environment) / 'builds.db'}"


def state_directory(environment: Mapping[str, str]) -> Path:
    """Return where layerwise keeps what is the user's: ``layerwise`` in ``$XDG_STATE_HOME`` or ``~/.local/state``.

    Raises:
        StoreError: There is no home directory.
    """
    state = Path(environment.get("XDG_STATE_HOME", ""))
    if not state.is_absolute():  # the XDG specification has relative paths ignored
        state = _home(environment) / ".local" / "state"
    return state / "layerwise"


def _home(environment: Mapping[str, str]) -> Path:
    if named := environment.get("HOME"):
        return Path(named)
    try:
        return Path.home()
    except RuntimeError as error:
        raise StoreError(f"there is no home directory to keep a store of builds in: {ANOTHER}") from error


def file_of(url: str) -> Path:
    """Return the absolute path of the file that a URL names.

    Raises:
        StoreError: The URL names no file, or a kind of database that layerwise does not know; of such a URL, which
            may hold a password, the message shows the scheme alone.
    """
    scheme, separator, rest = url.partition("://")
    if not separator:
        raise StoreError(f"{url!r} is no URL of a store: write a file as {_SQLITE}builds.db")
    if scheme.partition("+")[0] in _POSTGRESQL:
        raise StoreError(f"stores in PostgreSQL are not supported yet: name a file, as in {_SQLITE}builds.db")
    if scheme != "sqlite":
        raise StoreError(f"layerwise knows no store of the kind {scheme!r}: name a file, as in {_SQLITE}builds.db")
    if not rest.startswith("/") or rest in {"/", "/:memory:"}:
        raise StoreError(f"{url!r} names no file: write {_SQLITE}builds.db, or {_SQLITE}/var/builds.db from the root")
    return Path(os.path.abspath(rest[1:]))  # noqa: PTH100 - Path.resolve would follow links


def make_room(path: Path) -> None:
    """Make the file, empty and for its owner alone, and the directories that it lacks.

    Raises:
        StoreError: The system refuses.
    """
    try:
        for parent in reversed(path.parents):
            parent.mkdir(mode=0o700, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise StoreError(f"the store {path} can't be made or written ({error.strerror}): {ANOTHER}") from error


def is_there(path: Path) -> bool:
    """Return whether the file exists.

    Raises:
        StoreError: The system does not let us look.
    """
    try:
        return path.exists()
    except OSError as error:
        raise StoreError(f"the store {path} can't be read ({error.strerror}): {ANOTHER}") from error
