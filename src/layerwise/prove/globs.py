"""Patterns of absolute paths: ``*`` within a name, ``**`` for any names or none, ``{a,b}`` for one of several."""

import re
from functools import cache

_PIECES = re.compile(r"/\*\*/|/\*\*$|\*|\{[^{}]*\}|[^*{/]+|/|[{*]")


@cache
def compiled(globs: tuple[str, ...]) -> re.Pattern[str]:
    """Return a regular expression that matches the whole of a path that one of the globs does."""
    return re.compile("|".join("".join(map(_regex, _PIECES.findall(glob))) for glob in globs), re.DOTALL)


def _regex(piece: str) -> str:
    if piece == "/**/":
        return "/(?:.*/)?"
    if piece == "/**":
        return "/.+"
    if piece == "*":
        return "[^/]*"
    if piece.startswith("{") and len(piece) > 1:
        return f"(?:{'|'.join('[^/]*'.join(map(re.escape, one.split('*'))) for one in piece[1:-1].split(','))})"
    return re.escape(piece)
