"""What differs in two text files, as the first lines of a diff."""

import difflib
import itertools

LARGEST = 1 << 16
"""Bytes of a file beyond which nobody reads its diff in a report."""

_LINES = 8
_WIDTH = 160
_MOST_LINES = 3000


def excerpt(left: bytes, right: bytes) -> tuple[str, ...]:
    """Return the first lines of a unified diff, none where a file is no text or too long."""
    texts = [_text(content) for content in (left, right)]
    if any(text is None for text in texts):
        return ()
    mine, yours = (text.splitlines() for text in texts if text is not None)
    if max(len(mine), len(yours)) > _MOST_LINES:
        return ()
    diff = itertools.islice(difflib.unified_diff(mine, yours, n=1, lineterm=""), 2, None)
    found = list(itertools.islice(diff, _LINES + 1))
    shown = [line if len(line) <= _WIDTH else f"{line[: _WIDTH - 1]}…" for line in found[:_LINES]]
    return (*shown, "...") if len(found) > _LINES else tuple(shown)


def _text(content: bytes) -> str | None:
    if b"\0" in content:
        return None
    try:
        return content.decode()
    except UnicodeDecodeError:
        return None
