"""Reads a progress stream (``--progress=rawjson``): one ``SolveStatus`` of BuildKit a line.

The vertices come from ``events.Gathering``, which every source of events feeds.
"""

from collections.abc import Iterable, Iterator

import msgspec

from layerwise.builder.events import Gathering, SolveStatus
from layerwise.builder.observed import Observed

_DECODER = msgspec.json.Decoder(SolveStatus)


def read_rawjson(lines: Iterable[bytes]) -> Observed | None:
    """Return the build of a stream, None where no line is an event.

    Lines that don't begin with ``{`` are buildx's own words about a failure; a line that is cut off ends the stream.
    """
    gathering = Gathering()
    for status in _events(lines, gathering):
        gathering.take(status)
    return gathering.observed()


def read_event(line: bytes) -> SolveStatus | None:
    """Return the events of one line, None where it is none."""
    try:
        return _DECODER.decode(line) if line.startswith(b"{") else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _events(lines: Iterable[bytes], gathering: Gathering) -> Iterator[SolveStatus]:
    broken = ""
    for number, line in enumerate(lines, 1):
        if not line.startswith(b"{"):
            if line.endswith(b"\n"):
                gathering.say(line.decode(errors="replace").rstrip())
            else:  # half a message says something else than the whole
                gathering.cut()
            continue
        if broken:  # something follows, so the broken line was no cut-off end
            gathering.note(broken)
            broken = ""
        try:
            yield _DECODER.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            broken = f"line {number} is no event and was left out"
    if broken:
        gathering.cut()
