"""Recorded builds, kept in a database.

::

    with open_store(default_url(os.environ)) as store:
        store.add(record)

None of these names loads SQLAlchemy; ``open_store`` does, once there is a store to open.
"""

from layerwise.store.place import default_url
from layerwise.store.store import BuildRow, Store, open_store

__all__ = ["BuildRow", "Store", "default_url", "open_store"]
