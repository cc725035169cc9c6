"""Decodes the log of an engine's build record: ``StatusResponse`` messages of BuildKit's control.proto.

A record holds them one after another, each behind its length as four bytes, little-endian
(solver/llbsolver/history.go).
Only the fields that ``events`` has are read; others are passed over, as protobuf wants.
"""

import base64
import struct
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from layerwise.builder.events import Group, LogEvent, SolveStatus, StatusEvent, VertexEvent

_LENGTH = struct.Struct("<I")
_EPOCH = datetime.fromtimestamp(0, UTC)
_UINT64 = (1 << 64) - 1
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5

Field: TypeAlias = tuple[str, int, Callable[[Any], object], bool]
"""Where a field goes, its kind on the wire, how its raw value is read, and whether it repeats."""


class WireError(ValueError):
    """The bytes are no such message."""


def read_statuses(data: bytes) -> Iterator[SolveStatus]:
    """Yield the messages of a record's log.

    Raises:
        WireError: They end in the middle, or are something else.
    """
    place = 0
    while place < len(data):
        if place + _LENGTH.size > len(data):
            raise WireError("the log ends in the middle of a length")
        (length,) = _LENGTH.unpack_from(data, place)
        place += _LENGTH.size
        if place + length > len(data):
            raise WireError("the log ends in the middle of a message")
        try:
            status = SolveStatus(**_message(data[place : place + length], _STATUS_RESPONSE))
        except TypeError as error:  # an event without the field that says of what
            raise WireError(str(error)) from error
        yield status
        place += length


def _message(data: bytes, fields: Mapping[int, Field]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for number, kind, value in _fields(data):
        if number not in fields:
            continue
        name, expected, read, repeats = fields[number]
        if kind != expected:
            raise WireError(f"field {name} is of kind {kind}, not {expected}")
        if repeats:
            found.setdefault(name, []).append(read(value))
        else:
            found[name] = read(value)
    return found


def _fields(data: bytes) -> Iterator[tuple[int, int, int | bytes]]:
    """Yield the number, kind and raw value of each field."""
    place = 0
    while place < len(data):
        tag, place = _varint(data, place)
        number, kind = tag >> 3, tag & 7
        if kind == _VARINT:
            value, place = _varint(data, place)
            yield number, kind, value
            continue
        if kind == _BYTES:
            length, place = _varint(data, place)
        elif kind in (_FIXED64, _FIXED32):
            length = 8 if kind == _FIXED64 else 4
        else:
            raise WireError(f"a field of kind {kind} is not known")
        if place + length > len(data):
            raise WireError("a field ends behind its message")
        yield number, kind, data[place : place + length]
        place += length


def _varint(data: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while place < len(data):
        byte = data[place]
        value |= (byte & 0x7F) << shift
        place += 1
        if byte < 0x80:  # noqa: PLR2004 - the highest bit says that more follows
            return value & _UINT64, place
        shift += 7
    raise WireError("a number ends behind its message")


def _signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value


def _text(value: bytes) -> str:
    return value.decode(errors="replace")


def _time(value: bytes) -> datetime | None:
    parts = _message(value, _TIMESTAMP)
    if not parts:
        return None
    try:
        return _EPOCH + timedelta(seconds=parts.get("seconds", 0), microseconds=round(parts.get("nanos", 0) / 1000))
    except OverflowError as error:
        raise WireError("a time is none") from error


def _vertex(value: bytes) -> VertexEvent:
    return VertexEvent(**_message(value, _VERTEX))


def _status(value: bytes) -> StatusEvent:
    return StatusEvent(**_message(value, _STATUS))


def _log(value: bytes) -> LogEvent:
    return LogEvent(**_message(value, _LOG))


def _group(value: bytes) -> Group:
    return Group(**_message(value, _GROUP))


def _encoded(value: bytes) -> str:
    return base64.b64encode(value).decode()


_TIMESTAMP: Mapping[int, Field] = {
    1: ("seconds", _VARINT, _signed, False),
    2: ("nanos", _VARINT, _signed, False),
}
_GROUP: Mapping[int, Field] = {1: ("id", _BYTES, _text, False)}
_VERTEX: Mapping[int, Field] = {
    1: ("digest", _BYTES, _text, False),
    2: ("inputs", _BYTES, _text, True),
    3: ("name", _BYTES, _text, False),
    4: ("cached", _VARINT, bool, False),
    5: ("started", _BYTES, _time, False),
    6: ("completed", _BYTES, _time, False),
    7: ("error", _BYTES, _text, False),
    8: ("progress_group", _BYTES, _group, False),
}
_STATUS: Mapping[int, Field] = {
    1: ("id", _BYTES, _text, False),
    2: ("vertex", _BYTES, _text, False),
    4: ("current", _VARINT, _signed, False),
    5: ("total", _VARINT, _signed, False),
    6: ("timestamp", _BYTES, _time, False),
    7: ("started", _BYTES, _time, False),
    8: ("completed", _BYTES, _time, False),
}
_LOG: Mapping[int, Field] = {
    1: ("vertex", _BYTES, _text, False),
    2: ("timestamp", _BYTES, _time, False),
    3: ("stream", _VARINT, _signed, False),
    4: ("data", _BYTES, _encoded, False),
}
_STATUS_RESPONSE: Mapping[int, Field] = {
    1: ("vertexes", _BYTES, _vertex, True),
    2: ("statuses", _BYTES, _status, True),
    3: ("logs", _BYTES, _log, True),
}
