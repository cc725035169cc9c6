"""A record as the bytes that a store keeps: its JSON, compressed.

A field that a record gained later has a default, so older documents are read as they are, and an older layerwise
skips what it does not know. ``LAYOUT`` grows when that is not enough.
"""

import json
import zlib

import msgspec

from layerwise.errors import StoreError
from layerwise.records import BuildRecord

LAYOUT = 1

_LEVEL = 3  # level 6 takes twice the time for a tenth of the size
_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(BuildRecord)


def encode(record: BuildRecord) -> bytes:
    """Return a record's document."""
    try:
        text = _ENCODER.encode(record)
    except UnicodeEncodeError:  # names of files that are not UTF-8 hold lone surrogates, which msgspec refuses
        text = json.dumps(msgspec.to_builtins(record)).encode()
    return zlib.compress(text, _LEVEL)


def decode(build: str, layout: int, document: bytes) -> BuildRecord:
    """Return the record of a document.

    Raises:
        StoreError: A newer layerwise wrote it, or it is damaged.
    """
    if layout > LAYOUT:
        raise StoreError(f"build {build} was recorded by a newer layerwise: update this one to read it")
    try:
        return _record(zlib.decompress(document))
    except (zlib.error, msgspec.MsgspecError, ValueError) as error:
        raise StoreError(
            f"the record of build {build} can't be read ({error}): remove it or update layerwise"
        ) from error


def _record(text: bytes) -> BuildRecord:
    try:
        return _DECODER.decode(text)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        return msgspec.convert(json.loads(text), BuildRecord)
