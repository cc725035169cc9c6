"""Edits on spans of a Dockerfile's text: bytes that no edit names cannot change.

A comment belongs to the instruction directly below it and moves with it; a directive line belongs to none.
The functions that make edits give spans that do not overlap as long as no two of them take the same instruction away,
so the edits of several calls can be applied together.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from layerwise.syntax import directives
from layerwise.syntax.lines import SPACES
from layerwise.syntax.tree import Dockerfile, Instruction, Pair, Pairs, Span

_EMPTY_LINES = re.compile(r"(?:[ \t\r]*\n)+")
_EMPTY_LINE_ABOVE = re.compile(r"(?:\A|\n)[ \t\r]*\n\Z")
_LINE_ENDS = re.compile(r"[\r\n]*\Z")


class Edit(NamedTuple):
    """One replaced span.

    Attributes:
        span: What goes; empty for an insertion.
        text: What comes.
        reason: Why, for the reader of the diff.
    """

    span: Span
    text: str
    reason: str = ""


def apply(dockerfile: Dockerfile, edits: Iterable[Edit]) -> str:
    """Return the text with the edits made; insertions at one place come in the order given.

    The text ends as it did: with its line end or without, and with no empty lines that were not there.
    """
    text = dockerfile.text
    out: list[str] = []
    done = 0
    for edit in sorted(edits, key=_span):
        assert done <= edit.span.start <= edit.span.end <= len(text), f"edits overlap at {edit.span}"
        out += [text[done : edit.span.start], edit.text]
        done = edit.span.end
    changed = "".join([*out, text[done:]])
    before, after = _final_line_ends(text), _final_line_ends(changed)
    return changed if len(after) <= len(before) else changed[: len(changed) - len(after)] + before


def _span(edit: Edit) -> Span:
    return edit.span


def _final_line_ends(text: str) -> str:
    match = _LINE_ENDS.search(text)
    assert match is not None, "the pattern matches the empty string"
    return match[0]


def line_end(dockerfile: Dockerfile) -> str:
    """Return the line end that the file uses: that of its first line."""
    first = dockerfile.text.partition("\n")[0]
    return "\r\n" if first.endswith("\r") else "\n"


def replace(span: Span, text: str, reason: str = "") -> Edit:
    """Replace a span."""
    return Edit(span, text, reason)


def insert_before(dockerfile: Dockerfile, instruction: Instruction, text: str, reason: str = "") -> Edit:
    """Insert lines above an instruction and its comments; ``text`` has line feeds and needs none at its end."""
    start = instruction.block.start
    lines, end = _lines(dockerfile, text)
    if directives.would_begin(dockerfile, start, lines):
        lines = end + lines
    return Edit(Span(start, start), lines + end, reason)


def insert_after(dockerfile: Dockerfile, instruction: Instruction, text: str, reason: str = "") -> Edit:
    """Insert lines below an instruction; ``text`` has line feeds and needs none at its end.

    Below a file's last line that continues into nothing, the continuation goes.
    """
    lines, end = _lines(dockerfile, text)
    last = instruction.block.end
    if (cut := _dangling(dockerfile, instruction)) is not None:
        return Edit(Span(cut, last), end + lines + end, reason)
    if dockerfile.text[last - 1] != "\n":
        return Edit(Span(last, last), end + lines, reason)
    return Edit(Span(last, last), lines + end, reason)


def _dangling(dockerfile: Dockerfile, instruction: Instruction) -> int | None:
    """Return where a continuation into nothing begins, at the end of the file; None where there is none."""
    if instruction.heredocs:
        return None
    end = instruction.source_offset(len(instruction.text))
    return end if dockerfile.text[end : instruction.span.end].strip(SPACES) else None


def _lines(dockerfile: Dockerfile, text: str) -> tuple[str, str]:
    end = line_end(dockerfile)
    return text.replace("\r\n", "\n").rstrip("\n").replace("\n", end), end


def remove(dockerfile: Dockerfile, instruction: Instruction, reason: str = "") -> Edit:
    """Remove an instruction with its comments; of empty lines above and below it, those above are kept."""
    return Edit(_with_gap(dockerfile, *instruction.block), "", reason)


def remove_all(dockerfile: Dockerfile, instructions: Iterable[Instruction], reason: str = "") -> tuple[Edit, ...]:
    """Remove instructions; those that stand directly below each other go as one, with the empty lines of one."""
    spans: list[Span] = []
    for instruction in instructions:
        if spans and spans[-1].end == instruction.block.start:
            spans[-1] = Span(spans[-1].start, instruction.block.end)
        else:
            spans.append(instruction.block)
    return tuple(Edit(_with_gap(dockerfile, *span), "", reason) for span in spans)


def _with_gap(dockerfile: Dockerfile, start: int, end: int) -> Span:
    """Return the span of whole lines to remove, so that no two runs of empty lines meet."""
    below = _EMPTY_LINES.match(dockerfile.text, end)
    if below is not None and (start == 0 or _EMPTY_LINE_ABOVE.search(dockerfile.text[:start])):
        end = below.end()
    return Span(start, end)


def move(
    dockerfile: Dockerfile,
    instruction: Instruction,
    *,
    before: Instruction | None = None,
    after: Instruction | None = None,
    reason: str = "",
) -> tuple[Edit, Edit]:
    """Move an instruction and its comments above or below another one."""
    block = dockerfile.text[instruction.block.start : _dangling(dockerfile, instruction) or instruction.block.end]
    if before is not None:
        assert after is None, "one place only"
        inserted = insert_before(dockerfile, before, block, reason)
    else:
        assert after is not None, "a place is needed"
        inserted = insert_after(dockerfile, after, block, reason)
    removed = remove(dockerfile, instruction, reason)
    assert not removed.span.start < inserted.span.start < removed.span.end, "it can't move into itself"
    return removed, inserted


def remove_pair(dockerfile: Dockerfile, instruction: Pairs, pair: Pair, reason: str = "") -> tuple[Edit, ...]:
    """Take one pair out of an ENV, ARG or LABEL; the last one takes the instruction with it."""
    return remove_pairs(dockerfile, instruction, (pair,), reason)


def remove_pairs(
    dockerfile: Dockerfile, instruction: Pairs, pairs: Iterable[Pair], reason: str = ""
) -> tuple[Edit, ...]:
    """Take pairs out of an ENV, ARG or LABEL, with the comments above their lines and continuations left over.

    Where none is left, the instruction goes as a whole.
    """
    gone = set(pairs)
    if gone.issuperset(instruction.pairs):
        return (remove(dockerfile, instruction, reason),)
    edits: list[Edit] = []
    leading = True
    for index, pair in enumerate(instruction.pairs):
        if pair not in gone:
            leading = False
        elif leading:
            following = instruction.pairs[index + 1]
            span = Span(pair.span.start, following.span.start)
            edits.append(Edit(span if following in gone else _short_of_comment(dockerfile, pair, span), "", reason))
        else:
            edits.append(Edit(Span(instruction.pairs[index - 1].span.end, pair.span.end), "", reason))
    return tuple(edits)


def _short_of_comment(dockerfile: Dockerfile, pair: Pair, span: Span) -> Span:
    """Cut a span from a pair to the next one short where a comment on the next one stands between."""
    between = dockerfile.text[pair.span.end : span.end]
    if "#" not in between:
        return span
    return Span(span.start, span.end - len(between.lstrip(" \t")))
