"""A record, or an input manifest, as the bytes that a store keeps: its JSON, compressed.

A field that a record gained later has a default, so older documents are read as they are, and an older layerwise
skips what it does not know. The layout's number grows when that is not enough.
"""

import json
import zlib
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from layerwise.errors import StoreError
from layerwise.inputs.manifest import StepInputs, Versions
from layerwise.records import BuildRecord

LAYOUT = 1
INPUTS_LAYOUT = 1

_LEVEL = 3  # level 6 takes twice the time for a tenth of the size
_ENCODER = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class Inputs:
    """An input manifest without its trees, which are kept by themselves."""

    steps: tuple[StepInputs, ...]
    versions: Versions
    notes: tuple[str, ...]


_Kept = TypeVar("_Kept", BuildRecord, Inputs)
_RECORDS = msgspec.json.Decoder(BuildRecord)
_INPUTS = msgspec.json.Decoder(Inputs)


def encode(value: BuildRecord | Inputs) -> bytes:
    """Return a document."""
    try:
        text = _ENCODER.encode(value)
    except UnicodeEncodeError:  # names of files that are not UTF-8 hold lone surrogates, which msgspec refuses
        text = json.dumps(msgspec.to_builtins(value)).encode()
    return zlib.compress(text, _LEVEL)


def decode(build: str, layout: int, document: bytes) -> BuildRecord:
    """Return the record of a document.

    Raises:
        StoreError: A newer layerwise wrote it, or it is damaged.
    """
    if layout > LAYOUT:
        raise StoreError(f"build {build} was recorded by a newer layerwise: update this one to read it")
    return _decoded(_RECORDS, document, f"the record of build {build}")


def decode_inputs(build: str, layout: int, document: bytes) -> Inputs:
    """Return the input manifest of a document.

    Raises:
        StoreError: A newer layerwise wrote it, or it is damaged.
    """
    if layout > INPUTS_LAYOUT:
        raise StoreError(f"the inputs of build {build} were written by a newer layerwise: update this one to read them")
    return _decoded(_INPUTS, document, f"the input manifest of build {build}")


def _decoded(decoder: msgspec.json.Decoder[_Kept], document: bytes, name: str) -> _Kept:
    try:
        text = zlib.decompress(document)
        try:
            return decoder.decode(text)
        except msgspec.ValidationError:
            raise
        except msgspec.DecodeError:
            return msgspec.convert(json.loads(text), decoder.type)
    except (zlib.error, msgspec.MsgspecError, ValueError) as error:
        raise StoreError(f"{name} can't be read ({error}): remove it or update layerwise") from error
