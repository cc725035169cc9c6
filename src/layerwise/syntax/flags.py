"""The ``--name=value`` words right after a keyword (``extractBuilderFlags`` in split_command.go, ``BFlags.Parse``)."""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from layerwise.syntax.keywords import Takes, known_flags
from layerwise.syntax.tree import Flag

_SPACES = "\t\n\v\f\r \x85\xa0"
_PLAIN = re.compile(r"--[^\t\n\v\f\r \x85\xa0'\"\\`]*")

_SECONDS = {"ns": 1e-9, "us": 1e-6, "\u00b5s": 1e-6, "\u03bcs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_AMOUNT = re.compile(rf"([0-9]+\.?[0-9]*|\.[0-9]+)({'|'.join(_SECONDS)})")
_DURATION = re.compile(rf"[-+]?(?:(?:{_AMOUNT.pattern})+|0)")


class FlagWord(NamedTuple):
    """A flag's text without its quotes, and where it stands."""

    text: str
    start: int
    end: int


def scan(text: str, start: int, escape: str) -> tuple[list[FlagWord], int]:
    """Read the flags that begin at ``start``; return them and where what follows them begins.

    BuildKit reads flags byte by byte, so the bytes of a character outside ASCII come out as one character each, and
    the bytes 85 and A0 of it part words.
    """
    if text.isascii():
        return _scan(text, start, escape)
    raw = text.encode("utf-8", "surrogateescape")
    begin = len(text[:start].encode("utf-8", "surrogateescape"))
    words, rest = _scan(raw.decode("latin-1"), begin, escape)

    return (
        [FlagWord(word.text, _character(text, word.start), _character(text, word.end)) for word in words],
        _character(text, rest),
    )


def _character(text: str, byte: int) -> int:
    size = 0
    for index, char in enumerate(text):
        if size >= byte:
            return index
        size += len(char.encode("utf-8", "surrogateescape"))
    return len(text)


def _scan(text: str, position: int, escape: str) -> tuple[list[FlagWord], int]:
    words: list[FlagWord] = []
    while True:
        while position < len(text) and text[position] in _SPACES:
            position += 1
        if not text.startswith("--", position):
            return words, position
        start = position
        plain = _PLAIN.match(text, position)
        assert plain is not None, "two dashes were just seen"
        position = plain.end()
        if position == len(text) or text[position] in _SPACES:
            word = plain[0]
        else:
            word, position = _word(text, start, escape)
        if word == "--":
            return words, position
        words.append(FlagWord(word, start, position))


def _word(text: str, position: int, escape: str) -> tuple[str, int]:
    """Read a flag with quotes or escapes in it: both quotes group, and an escape works within either."""
    out: list[str] = []
    quote = ""
    while position < len(text):
        char = text[position]
        if not quote and char in _SPACES:
            break
        position += 1
        if char == quote:
            quote = ""
        elif not quote and char in "'\"":
            quote = char
        elif char == escape:
            out.append(text[position : position + 1])
            position += 1
        else:
            out.append(char)
    return "".join(out), min(position, len(text))


def mistakes(keyword: str, flags: tuple[Flag, ...]) -> Iterator[tuple[Flag, str]]:
    """Yield each flag that BuildKit refuses and why; flags unknown to us are left to a newer BuildKit."""
    known, seen = known_flags(keyword), set()
    for flag in flags:
        takes = known.get(flag.name)
        if takes is None:
            continue
        if flag.name in seen and takes is not Takes.LIST:
            yield flag, f"--{flag.name} is given twice: keep one"
        elif message := _wrong_value(flag, takes) or _CHECKS.get((keyword, flag.name), _anything)(flag.value or ""):
            yield flag, message
        seen.add(flag.name)


def _wrong_value(flag: Flag, takes: Takes) -> str:
    if takes is not Takes.BOOLEAN:
        return f"--{flag.name} needs a value: --{flag.name}=VALUE" if flag.value is None else ""
    if flag.value is None or flag.value.lower() in {"true", "false"}:
        return ""
    return f"--{flag.name} takes true or false, not {flag.value!r}"


def _anything(_value: str) -> str:
    return ""


def _network(value: str) -> str:
    return "" if value in {"default", "none", "host"} else f"--network is default, none or host, not {value!r}"


def _security(value: str) -> str:
    return "" if value in {"sandbox", "insecure"} else f"--security is sandbox or insecure, not {value!r}"


def _mount(value: str) -> str:
    fields = csv_fields(value)
    if fields is None:
        return f"--mount={value} is not valid CSV: quote a whole field, as in '\"source=a,b\"'"
    for field in fields:
        key, _, setting = field.partition("=")
        dollar = setting.find("$")
        if key.lower() == "from" and 0 <= dollar < len(setting) - 1:
            return "from= of a mount takes no variable: name a stage, FROM $IMAGE AS name, and mount from=name"
    return ""


def _device(value: str) -> str:
    return "" if csv_fields(value) is not None else f"--device={value} is not valid CSV"


def _interval(value: str) -> str:
    if not value:
        return ""
    if not _DURATION.fullmatch(value):
        return f"{value!r} is no duration: write it like 30s or 1m30s"
    seconds = sum(float(number) * _SECONDS[unit] for number, unit in _AMOUNT.findall(value))
    if seconds and (value.startswith("-") or seconds < _SECONDS["ms"]):
        return f"{value!r} is shorter than the shortest duration, 1ms"
    return ""


def _retries(value: str) -> str:
    if not value or (re.fullmatch(r"\+?[0-9]+", value) and int(value) < 1 << 31) or re.fullmatch(r"-0+", value):
        return ""
    return f"--retries takes a whole number from 0, not {value!r}"


_CHECKS: dict[tuple[str, str], Callable[[str], str]] = {
    ("RUN", "network"): _network,
    ("RUN", "security"): _security,
    ("RUN", "mount"): _mount,
    ("RUN", "device"): _device,
    ("HEALTHCHECK", "interval"): _interval,
    ("HEALTHCHECK", "timeout"): _interval,
    ("HEALTHCHECK", "start-period"): _interval,
    ("HEALTHCHECK", "start-interval"): _interval,
    ("HEALTHCHECK", "retries"): _retries,
}

_FIELD = re.compile(r'"((?:[^"]|"")*)"(?=,|\Z)|([^",]*)(?=,|\Z)')


def csv_fields(value: str) -> tuple[str, ...] | None:
    """Split the value of ``--mount`` or ``--device`` at its commas; None where it is not valid CSV, or empty."""
    fields: list[str] = []
    position = 0
    while value and (field := _FIELD.match(value, position)):
        whole = field[1]
        fields.append(field[2] if whole is None else whole.replace('""', '"'))
        if field.end() == len(value):
            return tuple(fields)
        position = field.end() + 1
    return None
