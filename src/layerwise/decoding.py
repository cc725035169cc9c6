"""Decoders of JSON, made one at a time.

What msgspec must know of a type it finds out when it meets it first, and where two threads do that at once the process
crashes (0.22: a segmentation fault). A decoder that is there may be shared by threads.
"""

import threading
from typing import Any, TypeVar

import msgspec

_Kind = TypeVar("_Kind")
_ONE = threading.Lock()
_MADE: "dict[object, msgspec.json.Decoder[Any]]" = {}


def decoder(kind: type[_Kind]) -> "msgspec.json.Decoder[_Kind]":
    """Return the decoder of a type."""
    with _ONE:
        if kind not in _MADE:
            _MADE[kind] = msgspec.json.Decoder(kind)
        return _MADE[kind]
