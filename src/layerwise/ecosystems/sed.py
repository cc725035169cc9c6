"""sed scripts: whether one only edits its input, or also runs commands or touches other files.

The grammar is that of GNU sed (info sed, sections "sed scripts" and "Commands Requiring a newline").
"""

import re

_ADDRESS = re.compile(r"\s*(?:(\d+(?:~\d+)?|\$|[+~]\d+)|(/)|\\(.))")
_PLAIN = frozenset("{}=dDgGhHlnNpPqQxzF#")
_TEXT = frozenset("aic")
_LABEL = frozenset("btT:")
_FLAGS = re.compile(r"[gpiImM0-9]*")


def sed_is_plain(script: str) -> bool:
    """Whether every command of the script is understood and reads, writes and runs nothing else.

    ``w``, ``r`` and ``e``, the flags of the same names and what is not understood make it not plain.
    """
    position = 0
    while position < len(script):
        if script[position] in " \t\n;":
            position += 1
            continue
        after = _command(script, _addresses(script, position))
        if after is None:
            return False
        position = after
    return True


def _addresses(script: str, position: int) -> int:
    while match := _ADDRESS.match(script, position):
        position = match.end()
        if match[2] or match[3]:
            end = _delimited(script, position, match[2] or match[3])
            position = len(script) if end is None else end
            while script[position : position + 1] in {"I", "M"}:
                position += 1
        position = _skip(script, position, " \t,")
    return _skip(script, position, " \t!")


def _skip(script: str, position: int, characters: str) -> int:
    while position < len(script) and script[position] in characters:
        position += 1
    return position


def _command(script: str, position: int) -> int | None:
    """Return where the command at ``position`` ends, None where it is not plain."""
    name = script[position : position + 1]
    if name in {"s", "y"}:
        return _substitute(script, position)
    if name in _TEXT or name == "#":
        return _line_end(script, position)
    if name in _LABEL:
        return min(_line_end(script, position), *(script.find(one, position) % (len(script) + 1) for one in ";}"))
    if name and name in _PLAIN:
        return _skip(script, position + 1, "0123456789")
    return None


def _line_end(script: str, position: int) -> int:
    """Return the end of a line; a backslash in front of its end continues it."""
    while (end := script.find("\n", position)) != -1:
        if script[end - 1] != "\\":
            return end
        position = end + 1
    return len(script)


def _substitute(script: str, position: int) -> int | None:
    delimiter = script[position + 1 : position + 2]
    if not delimiter or delimiter in "\n\\":
        return None
    middle = _delimited(script, position + 2, delimiter)
    end = None if middle is None else _delimited(script, middle, delimiter)
    if end is None:
        return None
    flags = _FLAGS.match(script, end)
    after = flags.end() if flags else end
    return after if script[after : after + 1] in {"", ";", "}", "\n", " ", "\t", "#"} else None


def _delimited(script: str, position: int, delimiter: str) -> int | None:
    """Return where the text up to an unescaped delimiter ends, the delimiter included."""
    while position < len(script):
        character = script[position]
        if character == "\\":
            position += 2
            continue
        if character == delimiter:
            return position + 1
        position += 1
    return None
