"""The form of /etc/ld.so.cache: which library each name leads to, in the order in which the loader tries them.

The format is glibc's since 2.2 (sysdeps/generic/dl-cache.h): a header, entries that point to strings, and since 2.33 an
extension that names directories of glibc-hwcaps. What generated the cache, and the layout of its strings, mean nothing.
"""

import struct
from collections import defaultdict
from collections.abc import Iterator

_MAGIC = b"glibc-ld.so.cache1.1"
_HEADER = "IIB3xI3I"
_ENTRY = "iIIIQ"
_BIG_ENDIAN = 3
_EXTENSION_MAGIC = 0xEAA42174
_HWCAPS_TAG = 1
_HWCAP_EXTENSION = 1 << 62
_MOST_ENTRIES = 1 << 20


def form(content: bytes) -> bytes | None:
    """Return the libraries by name; None where the content is no such cache."""
    start = content.find(_MAGIC)
    if start < 0:
        return None
    cache = content[start:]
    try:
        by_name: defaultdict[str, list[object]] = defaultdict(list)
        for name, library in _entries(cache):
            by_name[name].append(library)
    except (struct.error, ValueError, IndexError):
        return None
    return repr(sorted(by_name.items())).encode()


def _entries(cache: bytes) -> Iterator[tuple[str, object]]:
    order = ">" if cache[len(_MAGIC) + 8] & 3 == _BIG_ENDIAN else "<"
    count, _, _, extension, *_ = struct.unpack_from(order + _HEADER, cache, len(_MAGIC))
    if count > _MOST_ENTRIES:
        raise ValueError(count)
    hwcaps = _hwcaps(cache, order, extension) if extension else []
    first = len(_MAGIC) + struct.calcsize(order + _HEADER)
    for index in range(count):
        place = first + index * struct.calcsize(order + _ENTRY)
        flags, key, value, os_version, hwcap = struct.unpack_from(order + _ENTRY, cache, place)
        needs: object = hwcap
        if hwcap & _HWCAP_EXTENSION:
            needs = (hwcap >> 32, hwcaps[hwcap & 0xFFFFFFFF])
        yield _string(cache, key), (flags, _string(cache, value), os_version, needs)


def _hwcaps(cache: bytes, order: str, offset: int) -> list[str]:
    magic, count = struct.unpack_from(order + "II", cache, offset)
    if magic != _EXTENSION_MAGIC or count > _MOST_ENTRIES:
        raise ValueError(magic)
    for index in range(count):
        tag, _, start, size = struct.unpack_from(order + "IIII", cache, offset + 8 + 16 * index)
        if tag == _HWCAPS_TAG:
            return [_string(cache, at) for (at,) in struct.iter_unpack(order + "I", cache[start : start + size])]
    return []


def _string(cache: bytes, start: int) -> str:
    if start >= len(cache):
        raise ValueError(start)
    return cache[start : cache.index(b"\0", start)].decode("utf-8", "surrogateescape")
