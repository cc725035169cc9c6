r"""What a CI system puts before each line of a job's log: time stamps, names of jobs, colours.

GitHub Actions puts a stamp (``2025-09-29T18:06:43.7305020Z #7 DONE``), and ``gh run view --log`` job and step before
it, with tabs. GitLab puts a stamp, the stream and a flag (``..Z 01O #7``), whose ``+`` says that the line continues the
one before; without stamps only ``section_start:..\r`` and colours. Jenkins puts a stamp in brackets or the clock alone,
act and docker compose ``name  | ``.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

_COLOURS = r"(?:\x1b\[[0-9;]*[A-Za-z])"
_CLOCK = r"\d\d:\d\d:\d\d(?:[.,]\d{1,9})?"
_LEAD = re.compile(
    rf"""
    \ufeff? (?P<job>[^\t\r\n]*\t[^\t\r\n]*\t)? \ufeff? {_COLOURS}*
    \[? (?:(?P<stamp>\d{{4}}-\d\d-\d\dT{_CLOCK}(?:Z|[+-]\d\d:\d\d)) | {_CLOCK})? \]?
    (?:\ \d\d[OE][ +])? \ * {_COLOURS}*
    (?:section_(?:start|end):\d+:[^\r\n]*\r {_COLOURS}*)*
    (?P<name>(?:[^|#\t\r\n]*\|\ )*) {_COLOURS}*
    """,
    re.VERBOSE,
)
_CONTINUES = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z \d\d[OE]\+")
_FLAG = 31
"""Where GitLab's flag stands in a line."""
_COLOUR = re.compile(_COLOURS)


class Lead(NamedTuple):
    """What stands before the text of a line.

    Attributes:
        width: In characters.
        stamp: The time stamp as written, "" for none.
        origin: What the lines of one job have in common, "" for nothing.
    """

    width: int
    stamp: str
    origin: str


def lead(line: str) -> Lead:
    """Return what a CI system put before a line."""
    match = _LEAD.match(line)
    assert match, "every part of the pattern may be missing"
    return Lead(match.end(), match["stamp"] or "", (match["job"] or "") + match["name"])


def whole(lines: Iterable[str]) -> Iterator[str]:
    """Yield the lines, those that GitLab cut in pieces as one."""
    held = ""
    pieces: list[str] = []
    for line in lines:
        if line[_FLAG : _FLAG + 1] == "+" and _CONTINUES.match(line):
            pieces.append(line[_FLAG + 1 :])
            continue
        if pieces:
            held = _joined(held, pieces)
            pieces = []
        if held:
            yield held
        held = line
    yield _joined(held, pieces)


def _joined(first: str, pieces: Iterable[str]) -> str:
    return "".join(piece.rstrip("\r\n") for piece in (first, *pieces))


def bare(text: str) -> str:
    """Return a text without colours and line end."""
    text = text.rstrip("\r\n")
    return _COLOUR.sub("", text) if "\x1b" in text else text


def seconds(stamp: str) -> float | None:
    """Return a stamp in seconds since the epoch, None where it names no time."""
    try:
        return datetime.fromisoformat(stamp).timestamp()
    except ValueError:  # "" for no stamp, and days such as the 31st of February
        return None
