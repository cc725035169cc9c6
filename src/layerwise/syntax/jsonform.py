"""The JSON form of RUN, COPY and others: decoded as Go's ``encoding/json`` does (``parseJSON`` in line_parsers.go)."""

import json
import math
import re

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_SURROGATE = re.compile("[\ud800-\udfff]")


class NotStringsError(ValueError):
    """A JSON array with an element that is not a string: BuildKit refuses it instead of falling back to shell form."""


def decode(text: str) -> tuple[str, ...] | None:
    """Return the strings of a JSON array, or None where ``text`` is not one from its first to its last character.

    Raises:
        NotStringsError: An element is no string.
    """
    if not text.startswith("["):
        return None
    try:
        elements = _DECODER.decode(text)
    except (ValueError, RecursionError):
        return None
    if not all(isinstance(element, str) for element in elements):
        raise NotStringsError(text)
    return tuple(_SURROGATE.sub("\ufffd", element) for element in elements)


def literals(text: str) -> list[tuple[int, int]]:
    """Return where each string of a decoded array stands, quotes included."""
    return [match.span() for match in _STRING.finditer(text)]


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(digits)  # out of range for Go's float64: not decoded at all
    return number


def _refuse(constant: str) -> float:
    raise ValueError(constant)  # NaN and Infinity are Python's own extension


_DECODER = json.JSONDecoder(parse_float=_finite, parse_int=_finite, parse_constant=_refuse)
