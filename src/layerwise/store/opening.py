"""Opens the store that a URL names."""

import time
from collections.abc import Callable
from typing import Literal, overload

from layerwise.store.place import file_of, is_there, make_room
from layerwise.store.store import Store


@overload
def open_store(
    url: str, *, create: Literal[True] = True, timeout_s: float = 30.0, clock: Callable[[], float] = time.time
) -> Store: ...


@overload
def open_store(
    url: str, *, create: bool, timeout_s: float = 30.0, clock: Callable[[], float] = time.time
) -> Store | None: ...


def open_store(
    url: str, *, create: bool = True, timeout_s: float = 30.0, clock: Callable[[], float] = time.time
) -> Store | None:
    """Open the store at a URL.

    Args:
        url: ``sqlite:///PATH``.
        create: Make the store where there is none; readers ask with False, and get None.
        timeout_s: Seconds to wait for other processes that write.
        clock: Seconds since the epoch.

    Raises:
        StoreError: It can't be opened, or a newer layerwise wrote it.
    """
    path = file_of(url)
    if create:
        make_room(path)
    elif not is_there(path):
        return None
    from layerwise.store.database import SqlStore  # noqa: PLC0415 - where there is no store, none of it is needed

    return SqlStore(path, timeout_s=timeout_s, clock=clock)
