"""What the parts of a build are called: pieces of a sentence, some of which are code."""

import re
from dataclasses import dataclass
from typing import TypeAlias

from layerwise.records import Outcome
from layerwise.report.units import cut, seconds, share
from layerwise.summary.bottlenecks import BASE, PULL, STEP, Cell, Row
from layerwise.summary.totals import Total
from layerwise.syntax.display import one_line


@dataclass(frozen=True, slots=True)
class Code:
    """A piece of a sentence that is an instruction, on one line and with nothing that a terminal would obey."""

    text: str


Words: TypeAlias = "tuple[str | Code, ...]"

_OVERHEADS = {
    "definition": "Dockerfile and metadata of bases",
    "context": "context transfer",
    "cache-key": "reading what is copied, for cache keys",
    "cache-import": "cache import",
    "cache-export": "cache export",
    "export": "export of layers",
    "unpack": "unpacking into the local store",
    "push": "push",
    "load": "loading into docker",
    "auth": "authentication",
    "other": "other work",
}
_BEFORE = {STEP: "", BASE: "", PULL: "pull of "}
_FLAG = re.compile(r"--(?:mount|network|security|device)=\S+ +")
_NOISE = re.compile(r"@sha256:[0-9a-f]{64}|(?<=FROM )docker\.io/library/")


def spoken(words: Words) -> str:
    """Return a sentence for a terminal, code between backticks."""
    return "".join(f"`{piece.text}`" if isinstance(piece, Code) else piece for piece in words)


def shown(words: Words) -> str:
    """Return a cell of a table, where code needs no marks."""
    return "".join(piece.text if isinstance(piece, Code) else piece for piece in words)


def instruction(text: str, width: int = 80) -> Code:
    """Return an instruction in at most ``width`` characters, without its mounts and the digest of a base."""
    return Code(cut(_NOISE.sub("", _FLAG.sub("", one_line(text))), width))


def label(row: Row, width: int = 80) -> Words:
    """Return what a row of the bottlenecks is about, in at most ``width`` characters."""
    if row.kind not in _BEFORE:
        return (cut(overhead(row.kind), width),)
    before = _BEFORE[row.kind]
    return (before, instruction(row.instruction, max(8, width - len(before))))


def overhead(kind: str) -> str:
    """Return what an overhead is called."""
    return _OVERHEADS.get(kind, one_line(kind))


def brief(platform: str) -> str:
    """Return a platform's name without its system where that is Linux."""
    return one_line(platform.removeprefix("linux/")) or "?"


def sum_of(total: Total) -> str:
    """Return a sum, with a mark where a part of it is not known, and nothing where there is nothing to add."""
    if not total.known and not total.unknown:
        return ""
    if not total.known:
        return "?"
    return f"{seconds(total.seconds)} + ?" if total.unknown else seconds(total.seconds)


def did(cell: Cell) -> str:
    """Return what became of a step on a platform: its seconds, or why it has none."""
    if cell.outcome in (None, Outcome.EXECUTED):
        return "?" if cell.seconds is None else seconds(cell.seconds)
    if cell.outcome in (Outcome.CACHED, Outcome.SKIPPED) and cell.seconds is not None:
        return seconds(cell.seconds)
    return cell.outcome.value if cell.seconds is None else f"{cell.outcome.value} {seconds(cell.seconds)}"


def took(value: float | None) -> str:
    """Return seconds, and "?" for those that nobody knows."""
    return "?" if value is None else seconds(value)


def share_of(value: float | None) -> str:
    """Return a share, and nothing for one that is nothing or not known."""
    return share(value) if value else ""
