"""Recorded builds, kept in a database.

::

    with open_store(default_url(os.environ)) as store:
        store.add(record)

None of these names loads the database; ``open_store`` does, once there is a store to open.
"""

from layerwise.store.opening import open_store
from layerwise.store.place import default_url
from layerwise.store.store import BuildRow, Store

__all__ = ["BuildRow", "Store", "default_url", "open_store"]
