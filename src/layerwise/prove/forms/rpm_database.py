"""The form of a database of rpm: the packages, and what rpm knows of each but the moment of its installation.

Two installations of the same packages differ in the time and the number of the transaction, which is a time as well, in
the order of the packages, thus in the numbers by which an index calls them, and in the layout of the file. The header
that came with a package is compared byte for byte. What rpm added to it, as the state of each file, is compared tag by
tag; so is each index, with a digest of the header in place of a number.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping

from layerwise.prove.rpm import berkeley, header, ndb, sqlite
from layerwise.prove.rpm.database import UNREADABLE

_OF_THE_MOMENT = (1008, 1128)
"""The tags INSTALLTIME and INSTALLTID."""
_NUMBER = "hnum"
_BY_TRANSACTION = "Installtid"


def form(content: bytes) -> bytes | None:
    """Return a text of the packages and of what points to them; None where the content can't be read."""
    for made in (_sqlite, _ndb, _berkeley):
        try:
            return made(content)
        except UNREADABLE:
            continue
    return None


def _sqlite(content: bytes) -> bytes:
    packages = {number: _package(blob) for number, blob in sqlite.packages(content).items()}
    others = sqlite.others(content)
    tables = [(one.name, sorted(_rows(one, packages))) for one in others.tables]
    return repr((sorted(packages.values()), others.schema, tables)).encode()


def _rows(table: sqlite.Table, packages: Mapping[int, bytes]) -> Iterator[str]:
    """Yield the rows of an index; that of transactions without their numbers."""
    for row in table.rows:
        values = dict(zip(table.columns, row, strict=True))
        if table.name == _BY_TRANSACTION:
            values.pop("key", None)
        number = values.get(_NUMBER)
        if isinstance(number, int):
            values[_NUMBER] = packages.get(number, number)
        yield repr(values)


def _ndb(content: bytes) -> bytes:
    return _alone(ndb.headers(content))


def _berkeley(content: bytes) -> bytes:
    return _alone(berkeley.headers(content))


def _alone(headers: Iterable[bytes]) -> bytes:
    return repr(sorted(map(_package, headers))).encode()


def _package(blob: bytes) -> bytes:
    """Return a digest of a header without the time and the transaction of its installation."""
    found = header.read(blob)
    if found is None:
        raise ValueError(blob[:8])
    added = sorted((tag, value) for tag, value in found.added if tag not in _OF_THE_MOMENT)
    return hashlib.sha256(repr((found.package, added)).encode()).digest()
