"""The lines of a diff, each with what it is, and with nothing that a terminal or a browser would obey."""

import re
from collections.abc import Iterator

_HUNK = re.compile(r"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")
_KINDS = {"+": "add", "-": "del"}
_TAB = 8


def diff_lines(diff: str) -> Iterator[tuple[str, str]]:
    """Yield what each line is (``file``, ``hunk``, ``add``, ``del``, or ``same``), and the line as it may be shown.

    Counted by the hunks: a line that goes may begin like the name of a file.
    """
    old = new = 0
    for line in diff.removesuffix("\n").split("\n") if diff else ():
        if hunk := _HUNK.match(line) if old + new <= 0 else None:
            old, new = (1 if count is None else int(count) for count in hunk.groups())
            kind = "hunk"
        elif old + new <= 0:
            kind = "same" if line.startswith("\\") else "file"
        else:
            kind = _KINDS.get(line[:1], "same")
            old -= line[:1] in ("-", " ")
            new -= line[:1] in ("+", " ")
        yield kind, _printable(line.removesuffix("\r"))


def _printable(line: str) -> str:
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in line.expandtabs(_TAB))
